local BELOW = 9 -- the first row below what is drawn

local function writeLine(y, text)
  local width = term.getSize()
  term.setCursorPos(1, y)
  term.write((tostring(text):gsub('[^\32-\126]', '?'):sub(1, width) .. (' '):rep(width)):sub(1, width))
end

local function bar(percent, width)
  local filled = math.floor(math.max(0, math.min(100, percent)) / 100 * width)
  return '[' .. ('='):rep(filled) .. (' '):rep(width - filled) .. ']'
end

local function minutes(length)
  return ('%d:%02d'):format(math.floor(length / 60), math.floor(length % 60))
end

local function stateOf(job, film)
  local state = job.status == 'running' and job.phase or job.status
  if job.queue_position then state = state .. ', place ' .. job.queue_position .. ' in the queue' end
  if film and film.isPlaying then
    local whole = (job.result.total_frames or 0) / film.fps
    state = state .. (', playing %s of %s, %d late'):format(minutes(film.played()), minutes(whole), film.dropped)
  end
  return state
end

-- The computer's own terminal: how the job and the showing go, unless `screen` has it. `missing` is what this computer
-- lacks.
return function()
  local view = {}
  local notice

  function view.say(sentence) notice = sentence end

  function view.draw(job)
    if view.screen and view.screen.ownsTerminal then return end
    local width = term.getSize()
    local percent = tonumber(job.progress)
    writeLine(1, 'reeltime ' .. (job.id or ''))
    writeLine(2, stateOf(job, view.film))
    writeLine(3, percent and bar(percent, math.max(4, width - 9)) .. (' %5.1f%%'):format(percent) or '')
    writeLine(4, job.line or '')
    local rest = notice or view.missing or ''
    for y = 5, BELOW - 1 do
      writeLine(y, rest:sub(1, width))
      rest = rest:sub(width + 1)
    end
    view.leave()
  end

  function view.leave() term.setCursorPos(1, BELOW) end

  function view.watch(job)
    while true do
      view.draw(job)
      sleep(0.25)
    end
  end

  return view
end
