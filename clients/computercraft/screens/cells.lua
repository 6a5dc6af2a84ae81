local PALETTE_BYTES = 48

local function readU16(data, at)
  local low, high = data:byte(at, at + 1)
  return high and low + high * 256
end

-- Where in a frame of cells the characters, colours and palette of each monitor are; nil where it is no such frame.
return function(frame)
  local wide, high = frame:byte(1, 2)
  if not high or wide * high == 0 then return nil end
  local cells, at = { wide = wide, high = high }, 3
  for index = 1, wide * high do
    local columns, rows = readU16(frame, at), readU16(frame, at + 2)
    if not rows then return nil end
    local count = columns * rows
    cells[index] = { columns = columns, rows = rows, characters = at + 4, colors = at + 4 + count, palette = at + 4 + 2 * count }
    at = cells[index].palette + PALETTE_BYTES
  end
  return at == #frame + 1 and cells or nil
end
