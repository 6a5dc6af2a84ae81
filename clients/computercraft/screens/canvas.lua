local require = ...
local fail = require('fail')

local unpack = table.unpack or unpack

local WHITE, BLACK = 1, 32768
local HEX = '0123456789abcdef'
local FOREGROUND, BACKGROUND = {}, {}
for byte = 0, 255 do
  local foreground, background = byte % 16 + 1, math.floor(byte / 16) + 1
  FOREGROUND[string.char(byte)] = HEX:sub(foreground, foreground)
  BACKGROUND[string.char(byte)] = HEX:sub(background, background)
end

-- A monitor or terminal to draw pictures of characters on. `name` says which it is.
return function(device, name)
  local columns, rows = device.getSize()
  local canvas = { columns = columns, rows = rows }
  local native, palette, drawn, isCleared = {}, {}, {}, false
  for index = 0, 15 do native[index] = { device.getPaletteColour(2 ^ index) } end

  local function clear()
    device.setBackgroundColour(BLACK)
    device.setTextColour(WHITE)
    device.setCursorBlink(false)
    device.clear()
    device.setCursorPos(1, 1)
  end

  local function setPalette(frame, from)
    for index = 0, 15 do
      local at = from + 3 * index
      local color = frame:sub(at, at + 2)
      if palette[index] ~= color then
        local red, green, blue = color:byte(1, 3)
        device.setPaletteColour(2 ^ index, (red * 256 + green) * 256 + blue)
        palette[index] = color
      end
    end
  end

  -- What is there already is not drawn again.
  local function drawRow(row, text, colors, left)
    local line = drawn[row]
    if line and line.text == text and line.colors == colors then return end
    drawn[row] = { text = text, colors = colors }
    device.setCursorPos(left + 1, row)
    device.blit(text, (colors:gsub('.', FOREGROUND)), (colors:gsub('.', BACKGROUND)))
  end

  -- A monitor that is gone answers nothing at all.
  function canvas.check()
    local width, height = device.getSize()
    if not width then fail('The ' .. name .. ' is gone') end
    if width == columns and height == rows then return end
    fail(('The %s has become another size, %dx%d characters and not %dx%d: start the player again')
      :format(name, width, height, columns, rows))
  end

  -- Draws a part of a frame, as screens/cells tells of it, in the middle.
  function canvas.draw(frame, part)
    if part.columns > columns or part.rows > rows then
      fail(('These pictures are of %dx%d characters, and the %s has room for %dx%d'):format(part.columns, part.rows, name, columns, rows))
    end
    local left, top = math.floor((columns - part.columns) / 2), math.floor((rows - part.rows) / 2)
    if not isCleared then clear() end
    isCleared = true
    setPalette(frame, part.palette)
    for row = 1, part.rows do
      local from = (row - 1) * part.columns
      local to = from + part.columns - 1
      drawRow(top + row, frame:sub(part.characters + from, part.characters + to), frame:sub(part.colors + from, part.colors + to), left)
    end
  end

  -- As it was before, and empty.
  function canvas.restore()
    for index = 0, 15 do device.setPaletteColour(2 ^ index, unpack(native[index])) end
    clear()
  end

  return canvas
end
