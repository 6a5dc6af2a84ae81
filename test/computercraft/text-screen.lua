-- A terminal or monitor as programs draw on it. `setup` is {name, columns, rows, isColor}; `onChange` is told that there
-- is something to see.
local PALETTE = {
  0xf0f0f0, 0xf2b233, 0xe57fd8, 0x99b2f2, 0xdede6c, 0x7fcc19, 0xf2b2cc, 0x4c4c4c,
  0x999999, 0x4c99b2, 0xb266e5, 0x3366cc, 0x7f664c, 0x57a64e, 0xcc4c4c, 0x111111,
}

local function indexOf(color)
  for index = 0, 15 do
    if color == 2 ^ index then return index end
  end
  error('Invalid color (got ' .. tostring(color) .. ')', 3)
end

local function hexOf(index) return ('%x'):format(index) end

local function toByte(value)
  return string.char(math.floor(math.max(0, math.min(1, value)) * 255 + 0.5))
end

local function toHex(bytes)
  return (bytes:gsub('.', function(byte) return ('%02x'):format(byte:byte()) end))
end

return function(setup, onChange)
  local screen, state = {}, { name = setup.name, blits = 0, paints = 0 }
  local lines, palette, x, y, foreground, background = {}, {}, 1, 1, 0, 15
  for index = 0, 15 do
    local rgb = PALETTE[index + 1]
    palette[index] = { math.floor(rgb / 65536) / 255, math.floor(rgb / 256) % 256 / 255, rgb % 256 / 255 }
  end

  local function blank()
    local function fill(character) return character:rep(state.columns) end
    return { text = fill(' '), foreground = fill(hexOf(foreground)), background = fill(hexOf(background)) }
  end

  local function put(text, fore, back)
    local line = lines[y]
    if line then
      local from, to = math.max(1, x), math.min(state.columns, x + #text - 1)
      if from <= to then
        local function splice(old, new) return old:sub(1, from - 1) .. new:sub(from - x + 1, to - x + 1) .. old:sub(to + 1) end
        line.text, line.foreground, line.background = splice(line.text, text), splice(line.foreground, fore), splice(line.background, back)
      end
    end
    x = x + #text
  end

  function state.resize(columns, rows)
    state.columns, state.rows = columns, rows
    for row = 1, math.max(#lines, rows) do lines[row] = row <= rows and blank() or nil end
    onChange(state)
  end

  -- All that there is to see, as bytes: characters, colours in hexadecimal, palette.
  function state.picture()
    local texts, fores, backs, colors = {}, {}, {}, {}
    for row = 1, state.rows do texts[row], fores[row], backs[row] = lines[row].text, lines[row].foreground, lines[row].background end
    for index = 0, 15 do colors[index + 1] = toByte(palette[index][1]) .. toByte(palette[index][2]) .. toByte(palette[index][3]) end
    return table.concat(texts) .. table.concat(fores) .. table.concat(backs) .. toHex(table.concat(colors))
  end

  function screen.getSize() return state.columns, state.rows end
  function screen.isColour() return setup.isColor end
  function screen.setCursorPos(column, row) x, y = math.floor(column), math.floor(row) end
  function screen.getCursorPos() return x, y end
  function screen.setCursorBlink() end
  function screen.setTextColour(color) foreground = indexOf(color) end
  function screen.setBackgroundColour(color) background = indexOf(color) end
  function screen.getPaletteColour(color)
    local found = palette[indexOf(color)]
    return found[1], found[2], found[3]
  end
  function screen.setPaletteColour(color, red, green, blue)
    if not green then red, green, blue = math.floor(red / 65536) / 255, math.floor(red / 256) % 256 / 255, red % 256 / 255 end
    palette[indexOf(color)] = { red, green, blue }
    state.paints = state.paints + 1
    onChange(state)
  end
  function screen.clear()
    for row = 1, state.rows do lines[row] = blank() end
    onChange(state)
  end
  function screen.write(text)
    put(tostring(text), hexOf(foreground):rep(#text), hexOf(background):rep(#text))
    onChange(state)
  end
  function screen.blit(text, fore, back)
    if #text ~= #fore or #text ~= #back then error('Arguments must be the same length', 2) end
    if (fore .. back):find('[^0-9a-f]') then error('Invalid color', 2) end
    put(text, fore, back)
    state.blits = state.blits + 1
    onChange(state)
  end

  state.resize(setup.columns, setup.rows)
  return screen, state
end
