-- JSON as textutils has it: an empty table is written {}, null is read as nil.
local json = {}

local ESCAPES = { ['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t' }

local function quote(text)
  return '"' .. text:gsub('[%z\1-\31"\\\127-\255]', function(c) return ESCAPES[c] or ('\\u%04X'):format(c:byte()) end) .. '"'
end

function json.encode(value)
  if type(value) == 'string' then return quote(value) end
  if type(value) == 'number' then return value == math.floor(value) and ('%.0f'):format(value) or ('%.17g'):format(value) end
  if type(value) ~= 'table' then return tostring(value) end
  local parts = {}
  if #value > 0 then
    for index = 1, #value do parts[index] = json.encode(value[index]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in pairs(value) do parts[#parts + 1] = quote(tostring(key)) .. ':' .. json.encode(item) end
  return '{' .. table.concat(parts, ',') .. '}'
end

local function utf8Char(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64) end
  return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

local READ = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }

local function readString(text, at)
  local parts = {}
  while true do
    local stop = text:find('["\\]', at) or error('Unfinished string', 0)
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == 'u' then
      parts[#parts + 1] = utf8Char(tonumber(text:sub(stop + 2, stop + 5), 16))
      at = stop + 6
    else
      parts[#parts + 1] = READ[letter] or letter
      at = stop + 2
    end
  end
end

local readValue

local function skip(text, at)
  return text:find('[^ \t\r\n]', at) or #text + 1
end

local function readList(text, at)
  local list, count = {}, 0
  at = skip(text, at)
  if text:sub(at, at) == ']' then return list, at + 1 end
  while true do
    count = count + 1
    list[count], at = readValue(text, at)
    at = skip(text, at)
    local mark = text:sub(at, at)
    at = at + 1
    if mark == ']' then return list, at end
    if mark ~= ',' then error('Malformed list', 0) end
  end
end

local function readObject(text, at)
  local object = {}
  at = skip(text, at)
  if text:sub(at, at) == '}' then return object, at + 1 end
  while true do
    local key
    at = skip(text, at)
    if text:sub(at, at) ~= '"' then error('Malformed object', 0) end
    key, at = readString(text, at + 1)
    at = skip(text, at)
    if text:sub(at, at) ~= ':' then error('Malformed object', 0) end
    object[key], at = readValue(text, at + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    at = at + 1
    if mark == '}' then return object, at end
    if mark ~= ',' then error('Malformed object', 0) end
  end
end

function readValue(text, at)
  at = skip(text, at)
  local first = text:sub(at, at)
  if first == '"' then return readString(text, at + 1) end
  if first == '{' then return readObject(text, at + 1) end
  if first == '[' then return readList(text, at + 1) end
  local word = text:match('^[%w%.%+%-]+', at) or error('Malformed JSON', 0)
  if word == 'true' then return true, at + 4 end
  if word == 'false' then return false, at + 5 end
  if word == 'null' then return nil, at + 4 end
  return tonumber(word) or error('Malformed JSON', 0), at + #word
end

-- nil and a reason where it is no JSON.
function json.decode(text)
  local ok, value = pcall(readValue, text, 1)
  if ok then return value end
  return nil, value
end

return json
