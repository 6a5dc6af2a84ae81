local newTextScreen = dofile(arg[1] .. '/text-screen.lua')

local function packBytes(list)
  local parts = {}
  for index = 1, #list do parts[index] = string.char(list[index]) end
  return table.concat(parts)
end

local function gpuOf(call, width, height)
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

local function speakerOf(call, name)
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

-- Of 64 units a block has, the frame takes 20; a character has six by nine of them at scale 1.
local function characters(blocks, scale, units)
  return math.max(1, math.floor((blocks - 20 / 64) / (scale * units / 64) + 0.5))
end

local function monitorOf(call, setup, onChange)
  local blocks, scale = setup.blocks, setup.scale
  local function size() return characters(blocks[1], scale, 6), characters(blocks[2], scale, 9) end
  local columns, rows = size()
  local screen, state = newTextScreen({ name = setup.name, columns = columns, rows = rows, isColor = setup.isAdvanced }, onChange)
  state.scale = scale

  local function rebuild()
    state.scale = scale
    local newColumns, newRows = size()
    if newColumns == state.columns and newRows == state.rows then return false end
    state.resize(newColumns, newRows)
    return true
  end

  function screen.getTextScale() return scale end
  function screen.setTextScale(value)
    if value < 0.5 or value > 5 then error('Expected number in range 0.5-5', 2) end
    scale = math.floor(value * 2) / 2
    if rebuild() then call({ op = 'queue', name = 'monitor_resize', device = setup.name }) end
  end
  function state.build(newBlocks)
    blocks = newBlocks
    rebuild()
  end
  return screen, state
end

-- The peripheral API of a computer set up so, and what happens to its devices from outside.
return function(setup, call, onChange)
  local devices, states = {}, {}
  if setup.gpu then devices.tm_gpu_0 = { kind = 'tm_gpu', device = gpuOf(call, setup.gpu[1], setup.gpu[2]) } end
  for _, name in ipairs(setup.speakers) do devices[name] = { kind = 'speaker', device = speakerOf(call, name) } end
  for _, monitor in ipairs(setup.monitors) do
    local device, state = monitorOf(call, monitor, onChange)
    devices[monitor.name], states[monitor.name] = { kind = 'monitor', device = device }, state
  end

  -- What is called of a device that is gone answers nothing.
  local function wrapped(name)
    if not devices[name] then return nil end
    local methods = {}
    for method, fn in pairs(devices[name].device) do
      methods[method] = function(...)
        if devices[name] then return fn(...) end
      end
    end
    return setmetatable(methods, { name = name })
  end

  local peripheral = { wrap = wrapped }
  function peripheral.find(kind)
    local found = {}
    for name, entry in pairs(devices) do
      if entry.kind == kind then found[#found + 1] = wrapped(name) end
    end
    return unpack(found)
  end
  function peripheral.getName(device) return getmetatable(device).name end

  local function happen(event)
    if event.name == 'monitor_resize' and event.blocks then states[event.device].build(event.blocks) end
    if event.name == 'peripheral_detach' then devices[event.device] = nil end
  end
  return peripheral, happen
end
