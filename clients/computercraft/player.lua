local DEFAULT_HUB = 'http://127.0.0.1:8080' -- the hub that serves this file writes its own address here

-- Plays a video from a reeltime hub: the picture on a GPU of Tom's Peripherals, the sound on every speaker.
--   player URL|JOB_ID [--hub URL] [--fps N] [--volume N] [--loop]

local HELD_FRAMES = 40       -- received and not yet shown, at most
local BATCH_FRAMES = 10
local MESSAGE_BYTES = 120000 -- a computer takes no websocket message over 128 KiB
local CHUNK_BYTES = 6000     -- a second of DFPWM, one channel
local PIECE_BYTES = 60000    -- of sound, for each request
local QUEUED_CHUNKS = 20
local ATTEMPTS = 8
local BELOW = 9              -- the first row below what is drawn
local EVENT_TYPES = 'status,progress,new_logs,result,error,end'
local HAS_ENDED = { completed = true, failed = true, cancelled = true, error = true }

local unpack = table.unpack or unpack

local options = { hub = DEFAULT_HUB, fps = 20, volume = 1, isLooped = false }
local job = { status = 'submitted', result = {} }
local gpu, speakers = nil, {}
local film  -- the frames of this showing
local sound -- its sound, nil where there is none
local notice  -- of what passes
local missing -- of what this computer lacks
local socketsAllowed = http.websocket ~= nil
local openSockets = {}

-- Failures ------------------------------------------------------------------------------------------------------

local function fail(sentence)
  error({ sentence = sentence }, 0)
end

local function seconds()
  return os.epoch('utc') / 1000
end

local function parse(text)
  local ok, value = pcall(textutils.unserializeJSON, text)
  return ok and type(value) == 'table' and value or {}
end

-- Asking the hub ------------------------------------------------------------------------------------------------

local function explain(refusal, reason)
  local body = parse(refusal.readAll() or '')
  local sentence = body.message or body.detail or body.error
  if type(sentence) ~= 'string' then sentence = 'The hub says: ' .. tostring(reason) end
  if type(body.hint) == 'string' then sentence = sentence .. '. ' .. body.hint end
  return sentence
end

-- The body and the answer's headers; or nil and {sentence, code, isPassing}.
local function ask(path, wanted)
  local request = { url = options.hub .. path, headers = wanted.headers, body = wanted.body, binary = true, timeout = wanted.timeout or 20 }
  local send = wanted.body and http.post or http.get
  local answer, reason, refusal = send(request)
  if answer then
    local body, headers = answer.readAll() or '', answer.getResponseHeaders()
    answer.close()
    return body, headers
  end
  if not refusal then
    return nil, { sentence = 'The hub at ' .. options.hub .. ' cannot be reached: ' .. tostring(reason), isPassing = true }
  end
  local code = refusal.getResponseCode()
  local sentence = explain(refusal, reason)
  refusal.close()
  return nil, { sentence = sentence, code = code, isPassing = code >= 500 or code == 429 or code == 408 }
end

-- Asks again while the hub is away for a moment; fails with its sentence where that does not help.
local function insist(path, wanted)
  for attempt = 1, ATTEMPTS do
    local body, headers = ask(path, wanted)
    if body then
      notice = nil
      return body, headers
    end
    local problem = headers
    if not problem.isPassing or attempt == ATTEMPTS then fail(problem.sentence) end
    notice = problem.sentence
    sleep(math.min(attempt, 5))
  end
end

-- nil where there is none; whether to look for another way then is in `socketsAllowed`.
local failedSockets = 0
local function openSocket(path)
  if not socketsAllowed then return nil end
  local called, socket = pcall(http.websocket, (options.hub:gsub('^http', 'ws')) .. path)
  -- What the computer's settings forbid raises; what a proxy or an older hub refuses is answered.
  if not called then
    if socket == 'Terminated' then error(socket, 0) end
    socketsAllowed = false
    return nil
  end
  if not socket then
    failedSockets = failedSockets + 1
    socketsAllowed = failedSockets < 4
    return nil
  end
  failedSockets = 0
  openSockets[socket] = true
  return socket
end

local function closeSocket(socket)
  openSockets[socket] = nil
  pcall(socket.close)
end

-- The job -------------------------------------------------------------------------------------------------------

local function submit(source)
  local width, height = 64, 36
  if gpu then width, height = gpu.getSize() end
  local body = textutils.serializeJSON({
    video_url = source, w = width, h = height, fps = options.fps, force_resolution = false, pad_to_target = true,
  })
  local answer = parse(insist('/api/video_frame/async', { headers = { ['Content-Type'] = 'application/json' }, body = body }))
  if not answer.task_id then fail(tostring(answer.message or 'The hub did not accept the video')) end
  job.id = answer.task_id
end

local function merge(news)
  for _, key in ipairs({ 'status', 'progress', 'phase', 'queue_position' }) do
    if news[key] ~= nil then job[key] = news[key] end
  end
  if news.status and news.status ~= 'queued' and news.status ~= 'pending' then job.queue_position = nil end
  for key, value in pairs(news.result or {}) do job.result[key] = value end
  local lines = news.new_logs or {}
  if #lines > 0 then job.line = lines[#lines] end
  local reason = type(news.error) == 'table' and news.error.message or news.error
  if type(reason) == 'string' then job.reason = reason end
end

-- Answers are told apart by their URL, and two may be under way.
local polls = 0
local function poll()
  polls = polls + 1
  merge(parse((insist('/api/task/' .. job.id .. '?poll=' .. polls, {}))))
end

local function followBySocket()
  local after = job.offset and '&after=' .. textutils.urlEncode(job.offset) or '&tail=1'
  local socket = openSocket('/api/jobs/' .. job.id .. '/events?types=' .. EVENT_TYPES .. after)
  if not socket then return end
  while not HAS_ENDED[job.status] or job.status == 'failed' and not job.reason do
    local message = socket.receive(40) -- the hub is never silent for longer than 15 s
    if not message then break end
    local event = parse(message)
    if event.offset then job.offset = event.offset end
    if event.data then merge(event.data) end
    if event.type == 'end' then break end
  end
  closeSocket(socket)
end

-- Keeps `job` as the hub has it: told by websocket, or asked each second where that cannot be.
local function follow()
  while true do
    followBySocket()
    poll()
    if HAS_ENDED[job.status] then break end
    sleep(1)
  end
  while true do os.pullEvent('reeltime_never') end
end

local function failure()
  if job.status == 'cancelled' or job.reason == 'cancelled' then return 'The job was cancelled' end
  return 'The job failed: ' .. (job.reason or 'the hub gives no reason')
end

local function untilPlayable()
  while true do
    local frames = math.min(job.result.current_frames or 0, job.result.total_frames or 0)
    if HAS_ENDED[job.status] then
      if frames > 0 then return end
      fail(job.status == 'completed' and 'The job ' .. job.id .. ' has no frames: it is not of video_frame' or failure())
    end
    if frames >= HELD_FRAMES then return end
    sleep(0.1)
  end
end

-- What the screen shows -----------------------------------------------------------------------------------------

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

local function stateLine()
  local phase = job.status == 'running' and job.phase or job.status
  if job.queue_position then phase = phase .. ', place ' .. job.queue_position .. ' in the queue' end
  if film and film.isPlaying then
    phase = phase .. (', playing %s of %s, %d late'):format(minutes(film.played()), minutes((job.result.total_frames or 0) / film.fps), film.dropped)
  end
  return phase
end

local function draw()
  local width = term.getSize()
  local percent = tonumber(job.progress)
  writeLine(1, 'reeltime ' .. (job.id or ''))
  writeLine(2, stateLine())
  writeLine(3, percent and bar(percent, math.max(4, width - 9)) .. (' %5.1f%%'):format(percent) or '')
  writeLine(4, job.line or '')
  local rest = notice or missing or ''
  for y = 5, BELOW - 1 do
    writeLine(y, rest:sub(1, width))
    rest = rest:sub(width + 1)
  end
  term.setCursorPos(1, BELOW)
end

local function watchScreen()
  while true do
    draw()
    sleep(0.25)
  end
end

-- Frames --------------------------------------------------------------------------------------------------------

local function newFilm()
  local showing = { at = 1, received = 0, dropped = 0, drawn = 0, freed = 0, fps = tonumber(job.result.fps) or options.fps }
  function showing.held() return showing.received - showing.at + 1 end
  return showing
end

local function readU32(data, at)
  local a, b, c, d = data:byte(at, at + 3)
  if not d then return nil end
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- How many frames the pack had; nil where it is cut off, and then nothing of it is kept.
local function takePack(data)
  local count, at, frames = readU32(data, 1), 5, {}
  if not count then return nil end
  for index = 1, count do
    local size = readU32(data, at)
    if not size or at + 3 + size > #data then return nil end
    frames[index] = data:sub(at + 4, at + 3 + size)
    at = at + 4 + size
  end
  for _, frame in ipairs(frames) do
    film.received = film.received + 1
    if film.received >= film.at then film[film.received] = frame end
  end
  return count
end

-- Everything before frame `number` is done with. The hub may send as many more.
local function release(number)
  film.freed = film.freed + number - film.at
  for index = film.at, number - 1 do film[index] = nil end
  film.at = number
  if film.socket and film.freed >= BATCH_FRAMES then
    pcall(film.socket.send, textutils.serializeJSON({ op = 'credit', frames = film.freed }))
    film.freed = 0
  end
end

local function receiveBatches(socket)
  while not film.last do
    local message, isBinary = socket.receive(40)
    if not message then return end
    local head = not isBinary and parse(message) or {}
    if head.type == 'end' or head.type == 'error' and head.frames then -- all there is, of a job that failed too
      film.last = film.received
    elseif head.type == 'frames' then
      if head.first ~= film.received + 1 then return end
      local parts = {}
      for index = 1, head.parts do
        parts[index] = socket.receive(40)
        if not parts[index] then return end
      end
      if takePack(table.concat(parts)) ~= head.count then return end
      notice = nil
    end
  end
end

-- False where the hub or the computer has no such thing.
local function fetchByPush()
  local credit = math.max(BATCH_FRAMES, HELD_FRAMES - film.held())
  film.freed = 0
  local socket = openSocket(('/api/jobs/%s/frames?from=%d&batch=%d&max_message=%d&credit=%d')
    :format(job.id, film.received + 1, BATCH_FRAMES, MESSAGE_BYTES, credit))
  if not socket then return false end
  film.socket = socket
  receiveBatches(socket)
  film.socket = nil
  closeSocket(socket)
  return true
end

local function fetchPack()
  local first, urls = film.received + 1, {}
  for index = 1, BATCH_FRAMES do urls[index] = ('/frames/%s/frame_%06d.png'):format(job.id, first + index - 1) end
  -- Answers are told apart by their URL, so that each request has one of its own.
  local body, problem = ask('/api/framepack?' .. urls[1], {
    headers = { ['Content-Type'] = 'application/json' }, body = textutils.serializeJSON({ urls = urls }),
  })
  if body then
    notice, film.failures = nil, 0
    local count = takePack(body)
    if count and count < BATCH_FRAMES then film.last = film.received end
  elseif not problem.isPassing then
    fail(problem.sentence)
  elseif problem.code ~= 503 then
    film.failures = (film.failures or 0) + 1
    if film.failures == ATTEMPTS then fail(problem.sentence) end
    notice = problem.sentence
    sleep(math.min(film.failures, 5))
  else
    sleep(0.2)
  end
end

local function fetchFrames()
  while not film.last do
    if film.held() > HELD_FRAMES - BATCH_FRAMES then
      sleep(0.05)
    elseif not fetchByPush() then
      fetchPack()
    elseif not film.last then
      notice = 'The connection was lost; going on at frame ' .. film.received + 1
      sleep(0.5)
    else
      notice = nil
    end
  end
end

local function toBytes(data)
  local bytes = {}
  -- In slices: no Lua takes any number of results at once.
  for from = 1, #data, 2048 do
    local slice = { data:byte(from, from + 2047) }
    for index = 1, #slice do bytes[from + index - 1] = slice[index] end
  end
  return bytes
end

local function drawFrame(data)
  local ok, image = pcall(function() return gpu.decodeImage(unpack(toBytes(data))) end)
  if not ok then
    notice = 'A frame could not be drawn: ' .. tostring(image)
    return
  end
  gpu.drawImage(0, 0, image.ref())
  gpu.sync()
  image.free()
  film.drawn = film.drawn + 1
end

-- The newest frame that is due is shown, the first before the clock goes; those before it are late and dropped.
local function showFrames()
  while not (film.last and film.at > film.last) do
    local due = math.floor(film.played() * film.fps + 0.001) + 1
    local newest = math.min(due, film.received)
    if newest >= film.at then
      film.dropped = film.dropped + newest - film.at
      drawFrame(film[newest])
      release(newest + 1)
    end
    sleep(0.05)
  end
end

-- Sound ---------------------------------------------------------------------------------------------------------

-- By the side of the computer it stands at; two that stand elsewhere are left and right in the order of their names.
local function channelOf(index, names)
  local name = names[index]
  if #names > 1 and (name == 'left' or name == 'right') then return name end
  if #names == 2 then return index == 1 and 'left' or 'right' end
  return 'mono'
end

local function findSpeakers()
  local names = {}
  for _, speaker in ipairs({ peripheral.find('speaker') }) do table.insert(names, peripheral.getName(speaker)) end
  table.sort(names)
  for index, name in ipairs(names) do
    speakers[index] = { name = name, device = peripheral.wrap(name), channel = channelOf(index, names) }
  end
end

local function newSound()
  local urls = job.result.audio_urls
  if not urls or #speakers == 0 then return nil end
  local paths = {}
  for _, speaker in ipairs(speakers) do
    local path = speaker.channel ~= 'mono' and urls['audio_dfpwm_' .. speaker.channel .. '_url']
    paths[speaker.channel] = path or urls.audio_dfpwm_url
  end
  return { paths = paths, chunks = {}, sent = 0, ends = 0 }
end

-- Seconds of sound that have been heard; behind its end the clock goes on for pictures that are longer.
local function heard()
  if sound.ends == 0 then return 0 end
  local left = sound.ends - seconds()
  return sound.isOver and sound.sent - left or sound.sent - math.max(0, left)
end

local function loadPiece(path, from)
  local body, headers = insist(path, { headers = { Range = ('bytes=%d-%d'):format(from, from + PIECE_BYTES - 1) } })
  local total
  for name, value in pairs(headers) do
    if name:lower() == 'content-range' then total = tonumber(value:match('/(%d+)$')) end
  end
  -- Where ranges are not known the whole came at once.
  if total then return body, total end
  return body:sub(from + 1, from + PIECE_BYTES), #body
end

local function loadSound()
  local from, total = 0, 1
  while from < total do
    if #sound.chunks > QUEUED_CHUNKS then
      sleep(0.25)
    else
      local pieces, length = {}, 0
      for channel, path in pairs(sound.paths) do
        pieces[channel], total = loadPiece(path, from)
        length = #pieces[channel]
      end
      if length == 0 then break end
      for at = 1, length, CHUNK_BYTES do
        local chunk = {}
        for channel, piece in pairs(pieces) do chunk[channel] = piece:sub(at, at + CHUNK_BYTES - 1) end
        table.insert(sound.chunks, chunk)
      end
      from = from + length
    end
  end
  sound.isLoaded = true
end

-- Resolves when every speaker has taken its part; one that is full says when it no longer is.
local function playChunk(samples)
  local waiting = {}
  for _, speaker in ipairs(speakers) do waiting[speaker] = true end
  while true do
    for speaker in pairs(waiting) do
      if speaker.device.playAudio(samples[speaker.channel], options.volume) then waiting[speaker] = nil end
    end
    if not next(waiting) then return end
    -- The timer is for an event that was dropped from a full queue.
    local timer = os.startTimer(0.5)
    repeat
      local event, id = os.pullEvent()
    until event == 'speaker_audio_empty' or event == 'timer' and id == timer
    os.cancelTimer(timer)
  end
end

local function playSound()
  local makeDecoder = require('cc.audio.dfpwm').make_decoder
  local decoders = {}
  for channel in pairs(sound.paths) do decoders[channel] = makeDecoder() end
  while not (sound.isLoaded and #sound.chunks == 0) do
    local isBehind = not film.last and film.received < heard() * film.fps
    if #sound.chunks == 0 or not film.isPlaying or isBehind then
      sleep(0.05)
    else
      local chunk, samples, length = table.remove(sound.chunks, 1), {}, 0
      for channel, bytes in pairs(chunk) do
        samples[channel] = decoders[channel](bytes)
        length = #bytes / CHUNK_BYTES
      end
      playChunk(samples)
      sound.ends = math.max(seconds(), sound.ends) + length
      sound.sent = sound.sent + length
    end
  end
  if sound.ends == 0 then sound.ends = seconds() end
  sound.isOver = true
  while seconds() < sound.ends do sleep(0.05) end
end

-- A showing -----------------------------------------------------------------------------------------------------

-- Without sound the pictures go by the time of day, and the clock stands still while the next one has not come.
local function silentClock()
  local startedAt
  return function()
    if not film.isPlaying then return 0 end
    local played = startedAt and seconds() - startedAt or 0
    if not film.last then played = math.min(played, film.received / film.fps) end
    startedAt = seconds() - played
    return played
  end
end

local function startWhenReady()
  while not film.last and film.held() < HELD_FRAMES - BATCH_FRAMES or sound and not sound.isLoaded and #sound.chunks == 0 do
    sleep(0.05)
  end
  film.isPlaying = true
end

local function show()
  untilPlayable()
  poll() -- the task's own answer has the addresses of the sound
  repeat
    film = newFilm()
    sound = newSound()
    film.played = sound and heard or silentClock()
    if not gpu then film.last = 0 end
    if not gpu and not sound then fail('This video has no sound, and there is no GPU to show it on') end
    local parts = { fetchFrames, showFrames, startWhenReady }
    if sound then
      table.insert(parts, loadSound)
      table.insert(parts, playSound)
    end
    parallel.waitForAll(unpack(parts))
  until not options.isLooped
  if HAS_ENDED[job.status] and job.status ~= 'completed' then fail(failure()) end
end

-- The command line ----------------------------------------------------------------------------------------------

local USAGE = 'Usage: player URL|JOB_ID [--hub URL] [--fps N] [--volume N] [--loop]'

local function readNumber(name, text, from, to)
  local number = tonumber(text)
  if not number or number < from or number > to then fail(('%s takes a number from %d to %d'):format(name, from, to)) end
  return number
end

local function readWords(words)
  local source
  local index = 1
  while index <= #words do
    local word, following = words[index], words[index + 1]
    index = index + 1
    if word == '--loop' then
      options.isLooped = true
    elseif word == '--hub' or word == '--fps' or word == '--volume' then
      if not following then fail(word .. ' takes a value. ' .. USAGE) end
      if word == '--hub' then options.hub = (following:find('^https?://') and '' or 'http://') .. following:gsub('/+$', '') end
      if word == '--fps' then options.fps = readNumber(word, following, 0.1, 120) end
      if word == '--volume' then options.volume = readNumber(word, following, 0, 3) end
      index = index + 1
    elseif word:sub(1, 2) == '--' or source then
      fail('"' .. word .. '" is not known. ' .. USAGE)
    else
      source = word
    end
  end
  if not source then fail(USAGE) end
  return source
end

local function findDevices()
  gpu = peripheral.find('tm_gpu')
  findSpeakers()
  if gpu then
    gpu.refreshSize()
    gpu.setSize(64)
    return
  end
  missing = "There is no GPU of Tom's Peripherals (tm_gpu) at this computer. "
    .. "Pictures on plain monitors come with the hub's converter"
  if #speakers == 0 then fail(missing .. '. There is no speaker either, so that nothing can be played') end
  missing = missing .. '. Only the sound plays'
end

local function main(words)
  local source = readWords(words)
  findDevices()
  term.clear()
  if source:find('^%w+://') or source:find('^upload:') then submit(source) else job.id = source end
  poll()
  parallel.waitForAny(show, follow, watchScreen)
  draw()
  if missing then print(missing) end
  print(('The end: %d frames shown, %d late'):format(film.drawn, film.dropped))
end

local ok, problem = pcall(main, { ... })
for socket in pairs(openSockets) do pcall(socket.close) end
if not ok then
  for _, speaker in ipairs(speakers) do pcall(speaker.device.stop) end
  term.setCursorPos(1, BELOW)
  if problem == 'Terminated' then
    print('Stopped')
  else
    error(type(problem) == 'table' and problem.sentence or 'The player broke down: ' .. tostring(problem), 0)
  end
end
