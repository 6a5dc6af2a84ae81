local function readU32(data, at)
  local a, b, c, d = data:byte(at, at + 3)
  if not d then return nil end
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- The frames of a pack; nil where it is cut off.
return function(data)
  local count, at, frames = readU32(data, 1), 5, {}
  if not count then return nil end
  for index = 1, count do
    local size = readU32(data, at)
    if not size or at + 3 + size > #data then return nil end
    frames[index] = data:sub(at + 4, at + 3 + size)
    at = at + 4 + size
  end
  return frames
end
