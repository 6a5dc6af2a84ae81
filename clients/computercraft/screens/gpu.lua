local unpack = table.unpack or unpack

local function toBytes(data)
  local bytes = {}
  -- In slices: no Lua takes any number of results at once.
  for from = 1, #data, 2048 do
    local slice = { data:byte(from, from + 2047) }
    for index = 1, #slice do bytes[from + index - 1] = slice[index] end
  end
  return bytes
end

-- A GPU of Tom's Peripherals. See screens.lua.
return function()
  local gpu = peripheral.find('tm_gpu')
  if not gpu then
    return nil, "There is no GPU of Tom's Peripherals (tm_gpu) at this computer"
  end
  gpu.refreshSize()
  gpu.setSize(64)
  local screen = { format = 'png' }

  function screen.size()
    local width, height = gpu.getSize()
    return width, height
  end

  function screen.show(frame)
    local image = gpu.decodeImage(unpack(toBytes(frame)))
    gpu.drawImage(0, 0, image.ref())
    gpu.sync()
    image.free()
  end

  function screen.close() end

  return screen
end
