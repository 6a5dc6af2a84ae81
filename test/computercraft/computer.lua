-- A ComputerCraft computer as programs see it. What it is attached to, its clock and its network are the process at
-- the other end of stdin and stdout: one call, one answer, each a line of JSON and so many bytes as it says.
local directory = arg[1]
local json = dofile(directory .. '/json.lua')

local function call(request, bytes)
  request.bytes = bytes and #bytes or 0
  io.stdout:write(json.encode(request), '\n', bytes or '')
  io.stdout:flush()
  local line = io.stdin:read('*l')
  if not line then os.exit(1) end
  local answer = json.decode(line)
  answer.body = answer.bytes > 0 and io.stdin:read(answer.bytes) or ''
  if answer.raise then error(answer.raise, 0) end
  return answer
end

-- Events

local function pullEventRaw(filter)
  return coroutine.yield(filter)
end

local function pass(name, ...)
  if name == 'terminate' then error('Terminated', 0) end
  return name, ...
end

local function pullEvent(filter)
  return pass(pullEventRaw(filter))
end

local function startTimer(seconds)
  return call({ op = 'timer', seconds = seconds }).id
end

local function sleep(seconds)
  local timer = startTimer(seconds or 0)
  repeat
    local _, id = pullEvent('timer')
  until id == timer
end

-- HTTP

local function toHandle(answer)
  local handle, isClosed = {}, false
  function handle.readAll()
    if isClosed then error('attempt to use a closed file', 2) end
    return answer.body
  end
  function handle.getResponseCode() return answer.code, answer.reason end
  function handle.getResponseHeaders() return answer.headers end
  function handle.close() isClosed = true end
  return handle
end

local http = {}

function http.request(request)
  call({ op = 'http', url = request.url, method = request.body and 'POST' or 'GET', headers = request.headers, timeout = request.timeout }, request.body)
  return true
end

local function exchange(request)
  http.request(request)
  while true do
    local event, url, first, second = pullEvent()
    if event == 'http_success' and url == request.url then return first end
    if event == 'http_failure' and url == request.url then return nil, first, second end
  end
end

function http.get(request)
  return exchange(type(request) == 'string' and { url = request } or { url = request.url, headers = request.headers, timeout = request.timeout })
end

http.post = exchange

local function toSocket(id, url)
  local socket, isClosed = {}, false
  local function assertOpen()
    if isClosed then error('attempt to use a closed file', 3) end
  end
  function socket.receive(seconds)
    assertOpen()
    local timer = seconds and startTimer(seconds)
    while true do
      local event, from, content, isBinary = pullEvent()
      if event == 'websocket_message' and from == url then return content, isBinary end
      if event == 'websocket_closed' and from == url then
        isClosed = true
        return nil
      end
      if event == 'timer' and from == timer then return nil end
    end
  end
  function socket.send(message)
    assertOpen()
    call({ op = 'send', id = id }, message)
  end
  function socket.close()
    if not isClosed then call({ op = 'close', id = id }) end
    isClosed = true
  end
  return socket
end

function http.websocket(url)
  call({ op = 'open', url = url })
  while true do
    local event, from, result = pullEvent()
    if event == 'websocket_success' and from == url then return result end
    if event == 'websocket_failure' and from == url then return false, result end
  end
end

-- Peripherals


local function packBytes(list)
  local parts = {}
  for index = 1, #list do parts[index] = string.char(list[index]) end
  return table.concat(parts)
end

local function gpuOf(width, height)
  local gpu = {}
  function gpu.refreshSize() end
  function gpu.setSize() end
  function gpu.getSize() return width, height, 1, 1, 64 end
  function gpu.decodeImage(...)
    local id = call({ op = 'decode' }, packBytes({ ... })).id
    return { ref = function() return id end, free = function() call({ op = 'free', id = id }) end }
  end
  function gpu.drawImage(x, y, id) call({ op = 'draw', x = x, y = y, id = id }) end
  function gpu.sync() call({ op = 'sync' }) end
  return gpu
end

local function speakerOf(name)
  local speaker = {}
  function speaker.playAudio(samples, volume)
    if #samples == 0 or #samples > 128 * 1024 then error('Audio data is of the wrong size', 2) end
    local bytes = {}
    for index = 1, #samples do
      local sample = samples[index]
      if sample < -128 or sample > 127 or sample ~= math.floor(sample) then error('A sample is out of range', 2) end
      bytes[index] = string.char(sample + 128)
    end
    return call({ op = 'play', name = name, volume = volume or 1, decoder = samples.decoder }, table.concat(bytes)).taken
  end
  function speaker.stop() call({ op = 'silence', name = name }) end
  return speaker
end

local function peripheralsOf(setup)
  local devices = {}
  if setup.gpu then devices.tm_gpu_0 = { kind = 'tm_gpu', device = gpuOf(setup.gpu[1], setup.gpu[2]) } end
  for _, name in ipairs(setup.speakers) do devices[name] = { kind = 'speaker', device = speakerOf(name) } end
  local peripheral = {}
  function peripheral.wrap(name) return devices[name] and devices[name].device end
  function peripheral.find(kind)
    local found = {}
    for _, entry in pairs(devices) do
      if entry.kind == kind then found[#found + 1] = entry.device end
    end
    return unpack(found)
  end
  function peripheral.getName(device)
    for name, entry in pairs(devices) do
      if entry.device == device then return name end
    end
  end
  return peripheral
end

-- Each bit becomes a sample: what was played can be put together again and compared with what was sent.
local decoders = 0
local dfpwm = {}

function dfpwm.make_decoder()
  decoders = decoders + 1
  local decoder = decoders
  return function(data)
    local samples, count = { decoder = decoder }, 0
    for at = 1, #data do
      local byte = data:byte(at)
      for _ = 1, 8 do
        count = count + 1
        samples[count] = byte % 2 == 1 and 127 or -128
        byte = math.floor(byte / 2)
      end
    end
    return samples
  end
end

-- Several functions at once

local function runTogether(functions, isOver)
  local threads, filters = {}, {}
  for index, fn in ipairs(functions) do threads[index] = coroutine.create(fn) end
  local event, living = { n = 0 }, #threads
  while true do
    for index = 1, #functions do
      local thread = threads[index]
      if thread and (not filters[index] or filters[index] == event[1] or event[1] == 'terminate') then
        local ok, filter = coroutine.resume(thread, unpack(event, 1, event.n))
        if not ok then error(filter, 0) end
        filters[index] = filter
        if coroutine.status(thread) == 'dead' then
          threads[index] = nil
          living = living - 1
          if isOver(living, #functions) then return index end
        end
      end
    end
    local function keep(...) return { n = select('#', ...), ... } end
    event = keep(pullEventRaw())
  end
end

local parallel = {
  waitForAny = function(...) return runTogether({ ... }, function() return true end) end,
  waitForAll = function(...) return runTogether({ ... }, function(living) return living == 0 end) end,
}

-- The screen

local cursor = { 1, 1 }
local term = {
  getSize = function() return 51, 19 end,
  setCursorPos = function(x, y) cursor = { x, y } end,
  getCursorPos = function() return cursor[1], cursor[2] end,
  clear = function() call({ op = 'clear' }) end,
  write = function(text) call({ op = 'write', row = cursor[2], text = text }) end,
}

-- The program

local setup = call({ op = 'boot' })

local globals = {
  http = http, parallel = parallel, term = term, peripheral = peripheralsOf(setup), sleep = sleep,
  print = function(text) call({ op = 'print', text = tostring(text) }) end,
  textutils = {
    serializeJSON = json.encode, unserializeJSON = json.decode,
    urlEncode = function(text) return (text:gsub('[^%w%-_%.]', function(c) return ('%%%02X'):format(c:byte()) end)) end,
  },
  os = {
    pullEvent = pullEvent, pullEventRaw = pullEventRaw, startTimer = startTimer,
    cancelTimer = function(id) call({ op = 'cancel', id = id }) end,
    epoch = function() return call({ op = 'epoch' }).at end,
    queueEvent = function(name) call({ op = 'queue', name = name }) end,
  },
  require = function(name) return name == 'cc.audio.dfpwm' and dfpwm or error('module ' .. name .. ' not found', 2) end,
  table = setmetatable({ unpack = unpack }, { __index = table }), string = string, math = math, pcall = pcall, error = error,
  ipairs = ipairs, pairs = pairs, next = next, select = select, tonumber = tonumber, tostring = tostring, type = type, setmetatable = setmetatable,
}

-- As the shell's `wget run URL …` does it.
local function wgetRun()
  local answer, reason = http.get(setup.program)
  if not answer then error(reason, 0) end
  local program, problem = loadstring(answer.readAll(), '=player.lua')
  if not program then error(problem, 0) end
  local known = setmetatable({}, {
    __index = function(_, name)
      if globals[name] == nil then error('There is no global ' .. name, 2) end
      return globals[name]
    end,
    __newindex = function(_, name) error('The program sets the global ' .. name, 2) end,
  })
  -- A chunk that is given no environment has the globals, as in the game.
  function globals.load(text, name, mode, environment) return load(text, name, mode, environment or known) end
  setfenv(program, known)(unpack(setup.words))
end

local function toEvent(answer)
  local name, url = answer.name, answer.url
  if name == 'http_success' then return name, url, toHandle(answer) end
  if name == 'http_failure' then return name, url, answer.reason, answer.code and toHandle(answer) or nil end
  if name == 'websocket_success' then return name, url, toSocket(answer.id, url) end
  if name == 'websocket_failure' then return name, url, answer.reason end
  if name == 'websocket_message' then return name, url, answer.body, answer.isBinary end
  if name == 'websocket_closed' then return name, url, answer.reason, answer.code end
  if name == 'timer' then return name, answer.id end
  return name, answer.device
end

local thread = coroutine.create(wgetRun)
local ok, filter = coroutine.resume(thread)
while coroutine.status(thread) ~= 'dead' do
  local answer = call({ op = 'next', heapKilobytes = collectgarbage('count') })
  if not filter or answer.name == filter or answer.name == 'terminate' then ok, filter = coroutine.resume(thread, toEvent(answer)) end
end
call({ op = 'exit', ok = ok, problem = ok and '' or tostring(filter) })
