-- A ComputerCraft computer as programs see it. What it is attached to, its clock and its network are the process at
-- the other end of stdin and stdout: one call, one answer, each a line of JSON and so many bytes as it says.
local directory = arg[1]
local json = dofile(directory .. '/json.lua')
local dfpwm = dofile(directory .. '/dfpwm.lua')
local newTextScreen = dofile(directory .. '/text-screen.lua')

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

-- What there is to see

local changed = {}

local function onChange(state) changed[state] = true end

-- The players see their screens as they are when the program waits.
local function showScreens()
  for state in pairs(changed) do
    local picture = { op = 'picture', screen = state.name, columns = state.columns, rows = state.rows }
    picture.scale, picture.blits, picture.paints = state.scale, state.blits, state.paints
    call(picture, state.picture())
    state.blits, state.paints = 0, 0
  end
  changed = {}
end

-- The program

local setup = call({ op = 'boot' })
local http, handles = dofile(directory .. '/http.lua')({ call = call, pullEvent = pullEvent, startTimer = startTimer })
local peripheral, happen = dofile(directory .. '/peripherals.lua')(setup, call, onChange)
local term = newTextScreen({ name = 'term', columns = 51, rows = 19, isColor = setup.isAdvanced }, onChange)
local stored = setup.settings

local write, clear = term.write, term.clear

function term.write(text)
  local _, row = term.getCursorPos()
  call({ op = 'write', row = row, text = text })
  write(text)
end

function term.clear()
  call({ op = 'clear' })
  clear()
end

local globals = {
  http = http, parallel = dofile(directory .. '/parallel.lua'), term = term, peripheral = peripheral, sleep = sleep,
  print = function(text) call({ op = 'print', text = tostring(text) }) end,
  settings = {
    get = function(name) return stored[name] end,
    set = function(name, value) stored[name] = value end,
    save = function() call({ op = 'save', settings = stored }) end,
  },
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
  ipairs = ipairs, pairs = pairs, next = next, select = select, tonumber = tonumber, tostring = tostring, type = type,
  setmetatable = setmetatable,
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
  if name == 'http_success' then return name, url, handles.toHandle(answer) end
  if name == 'http_failure' then return name, url, answer.reason, answer.code and handles.toHandle(answer) or nil end
  if name == 'websocket_success' then return name, url, handles.toSocket(answer.id, url) end
  if name == 'websocket_failure' then return name, url, answer.reason end
  if name == 'websocket_message' then return name, url, answer.body, answer.isBinary end
  if name == 'websocket_closed' then return name, url, answer.reason, answer.code end
  if name == 'timer' then return name, answer.id end
  return name, answer.device
end

local thread = coroutine.create(wgetRun)
local ok, filter = coroutine.resume(thread)
while coroutine.status(thread) ~= 'dead' do
  showScreens()
  local answer = call({ op = 'next', heapKilobytes = collectgarbage('count') })
  happen(answer)
  if not filter or answer.name == filter or answer.name == 'terminate' then ok, filter = coroutine.resume(thread, toEvent(answer)) end
end
showScreens()
call({ op = 'exit', ok = ok, problem = ok and '' or tostring(filter) })
