local require = ...
local fail = require('fail')
local newBackoff = require('backoff')

-- The best one first. A source is opened with {hub, job, from, room, batch}, where `room()` is how many frames may come,
-- and `batch` how many of them at once:
-- open(options) -> source, or nil and why
-- source.receive() -> {frames, isLast, news}, where `news` is what it says of the job; or nil and {sentence, isEarly},
--   after which it is of no more use, and `isEarly` where the frames are still to be made
-- source.release(count): so many frames are done with
-- source.close()
local SOURCES = { require('sources/push'), require('sources/framepack') }

local STILL_SECONDS = 120

local function openFirst(options)
  local reason
  for _, open in ipairs(SOURCES) do
    local source
    source, reason = open(options)
    if source then return source end
  end
  return nil, { sentence = reason }
end

-- For how long frames are waited for: briefly where the hub is away, and longer where it has none yet and the job
-- stands still. A job that waits or moves is waited for as long as it takes.
local function newPatience(job, say)
  local patience = {}
  local away = newBackoff({ first = 0.5, longest = 5, total = 30 })
  local early = newBackoff({ first = 0.2, longest = 5, total = STILL_SECONDS })
  local seen = job.changes

  local function endure(problem)
    if job.changes ~= seen or job.queue_position then early.extend() end
    seen = job.changes
    if early.pause() then return end
    fail(('The job does not move: no frame has come for %d s. %s'):format(STILL_SECONDS, problem.sentence))
  end

  function patience.bear(problem)
    if problem.isEarly then
      away.reset()
      return endure(problem)
    end
    say(problem.sentence)
    if not away.pause() then fail(problem.sentence) end
  end

  function patience.renew()
    away.reset()
    early.reset()
    say(nil)
  end

  return patience
end

-- Fills the film as it empties, until it has its last frame.
return function(film, options)
  local job = options.job
  local patience = newPatience(job, options.say)
  while not film.last do
    local source, problem = openFirst({ hub = options.hub, job = job, from = film.received + 1, room = film.room, batch = film.batch })
    film.source = source
    while source and not film.last do
      local batch
      batch, problem = source.receive()
      if not batch then break end
      if #batch.frames > 0 then patience.renew() end
      film.add(batch.frames)
      if batch.news then job.merge(batch.news) end
      if batch.isLast then film.last = film.received end
    end
    film.source = nil
    if source then source.close() end
    if not film.last then patience.bear(problem) end
  end
end
