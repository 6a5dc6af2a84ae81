local require = ...
local fail = require('fail')

-- Rows of names: where sanjuuni's players keep them, so that monitors are touched once for all.
local SETTING = 'sanjuuni.multimonitor'

local function has(names, wanted)
  for _, name in ipairs(names) do
    if name == wanted then return true end
  end
  return false
end

local function namedWall(asked, names)
  if #asked.names ~= asked.wide * asked.high then
    fail(('--monitors %dx%d takes %d names, and %d are given'):format(asked.wide, asked.high, asked.wide * asked.high, #asked.names))
  end
  for index, name in ipairs(asked.names) do
    if not has(names, name) then fail('There is no advanced monitor ' .. name .. '. There are ' .. table.concat(names, ', ')) end
    for before = 1, index - 1 do
      if asked.names[before] == name then fail('The monitor ' .. name .. ' is named twice') end
    end
  end
  return asked.names
end

-- What was calibrated before; nil where it was another wall.
local function knownWall(asked, names)
  local rows, known = settings.get(SETTING), {}
  if type(rows) ~= 'table' or #rows ~= asked.high then return nil end
  for _, row in ipairs(rows) do
    if type(row) ~= 'table' or #row ~= asked.wide then return nil end
    for _, name in ipairs(row) do
      if not has(names, name) or has(known, name) then return nil end
      table.insert(known, name)
    end
  end
  return known
end

local function mark(name, text)
  local monitor = peripheral.wrap(name)
  monitor.clear()
  monitor.setCursorPos(1, 1)
  monitor.write(text)
end

local function touched(names, taken)
  while true do
    local _, name = os.pullEvent('monitor_touch')
    if has(names, name) and not has(taken, name) then return name end
  end
end

local function calibrate(asked, names)
  local rows, taken = {}, {}
  for row = 1, asked.high do
    rows[row] = {}
    for column = 1, asked.wide do
      print(('Touch the monitor in column %d of row %d, seen from the front, from the top left on'):format(column, row))
      local name = touched(names, taken)
      mark(name, column .. ',' .. row)
      rows[row][column] = name
      table.insert(taken, name)
    end
  end
  settings.set(SETTING, rows)
  settings.save()
  return taken
end

-- The wall that --monitors asks for, {wide, high, names} row by row: of the names it gives, else as calibrated, which is
-- done now where it has not been. `names` are of the monitors that there are.
return function(asked, names)
  local count = asked.wide * asked.high
  if #names < count then
    fail(('--monitors %dx%d takes %d advanced monitors; this computer has %d'):format(asked.wide, asked.high, count, #names))
  end
  local chosen = asked.names and namedWall(asked, names) or knownWall(asked, names) or calibrate(asked, names)
  return { wide = asked.wide, high = asked.high, names = chosen }
end
