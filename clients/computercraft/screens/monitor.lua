local require = ...
local fail = require('fail')
local findWall = require('screens/wall')
local newCanvas = require('screens/canvas')
local newCellScreen = require('screens/cell-screen')

local function colorMonitors()
  local names, colorless = {}, nil
  for _, device in ipairs({ peripheral.find('monitor') }) do
    local name = peripheral.getName(device)
    if device.isColour() then table.insert(names, name) else colorless = name end
  end
  table.sort(names)
  return names, colorless
end

local function area(name)
  local width, height = peripheral.wrap(name).getSize()
  return width * height * peripheral.wrap(name).getTextScale() ^ 2
end

local function largest(names)
  local best
  for _, name in ipairs(names) do
    if not best or area(name) > area(best) then best = name end
  end
  return best
end

-- Sets the scale of all before any is measured, and puts it back where they cannot be used together.
local function openCanvases(wall, scale)
  local devices, scales, canvases = {}, {}, {}
  for index, name in ipairs(wall.names) do
    devices[index] = peripheral.wrap(name)
    scales[index] = devices[index].getTextScale()
    devices[index].setTextScale(scale)
  end

  local function putScaleBack()
    for index, device in ipairs(devices) do pcall(device.setTextScale, scales[index]) end
  end

  for index, name in ipairs(wall.names) do
    canvases[index] = newCanvas(devices[index], 'monitor ' .. name)
    local first, other = canvases[1], canvases[index]
    if other.columns ~= first.columns or other.rows ~= first.rows then
      putScaleBack()
      fail(('The monitors of a wall are of one size: %s has %dx%d characters, and %s has %dx%d')
        :format(wall.names[1], first.columns, first.rows, name, other.columns, other.rows))
    end
  end
  return canvases, putScaleBack
end

-- An advanced monitor, the largest there is, or the wall of several that was asked for. See screens.lua.
return function(options)
  local names, colorless = colorMonitors()
  if #names == 0 then
    return nil, colorless and 'The monitor ' .. colorless .. ' shows no colours; an advanced one does' or 'There is no advanced monitor'
  end
  local wall = options.monitors and findWall(options.monitors, names) or { wide = 1, high = 1, names = { largest(names) } }
  local canvases, putScaleBack = openCanvases(wall, options.scale)
  local screen = newCellScreen({ wide = wall.wide, high = wall.high, canvases = canvases })
  if #canvases > 1 then screen.wall = { wide = wall.wide, high = wall.high, scale = options.scale } end
  local close = screen.close

  function screen.close()
    close()
    putScaleBack()
  end

  return screen
end
