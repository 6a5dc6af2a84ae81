local require = ...
local fail = require('fail')

local USAGE = 'Usage: player URL|JOB_ID [--hub URL] [--screen gpu|monitor|term] [--scale N] [--monitors WxH[=NAME,...]] '
  .. '[--fps N] [--volume N] [--start SECONDS] [--loop] [--key KEY]'
local SCREENS = { gpu = true, monitor = true, term = true }
local MOST_MONITORS = 8 -- side by side

local function number(from, to)
  return function(name, text)
    local value = tonumber(text)
    if not value or value < from or value > to then fail(('%s takes a number from %s to %s'):format(name, from, to)) end
    return value
  end
end

local function address(_, text)
  return (text:find('^https?://') and '' or 'http://') .. text:gsub('/+$', '')
end

local function asItIs(_, text) return text end

local function textScale(name, text)
  local value = tonumber(text)
  if not value or value < 0.5 or value > 5 or value * 2 % 1 ~= 0 then fail(name .. ' takes 0.5 to 5 in steps of 0.5') end
  return value
end

local function screenName(name, text)
  return SCREENS[text] and text or fail(name .. ' takes gpu, monitor or term')
end

local function wall(name, text)
  local wide, high, list = text:match('^(%d+)x(%d+)=?(.*)$')
  wide, high = tonumber(wide), tonumber(high)
  if not wide or wide < 1 or high < 1 or wide > MOST_MONITORS or high > MOST_MONITORS then
    fail(name .. ' takes how many there are side by side and one above the other: 2x1, or 2x1=monitor_0,monitor_1')
  end
  if list == '' then return { wide = wide, high = high } end
  local names = {}
  for one in list:gmatch('[^,]+') do table.insert(names, one) end
  return { wide = wide, high = high, names = names }
end

local TAKES = {
  ['--hub'] = { field = 'hub', read = address },
  ['--key'] = { field = 'key', read = asItIs },
  ['--fps'] = { field = 'fps', read = number(0.1, 120) },
  ['--volume'] = { field = 'volume', read = number(0, 3) },
  ['--start'] = { field = 'start', read = number(0, 86400) },
  ['--screen'] = { field = 'screen', read = screenName },
  ['--scale'] = { field = 'scale', read = textScale },
  ['--monitors'] = { field = 'monitors', read = wall },
}

-- What the words of the command line ask for.
return function(words, defaultHub)
  local options = { hub = defaultHub, fps = 20, volume = 1, start = 0, scale = 0.5, isLooped = false }
  local index = 1
  while index <= #words do
    local word, following = words[index], words[index + 1]
    local taken = TAKES[word]
    if taken then
      if not following then fail(word .. ' takes a value. ' .. USAGE) end
      options[taken.field] = taken.read(word, following)
      index = index + 1
    elseif word == '--loop' then
      options.isLooped = true
    elseif word:sub(1, 2) == '--' or options.source then
      fail('"' .. word .. '" is not known. ' .. USAGE)
    else
      options.source = word
    end
    index = index + 1
  end
  if not options.source then fail(USAGE) end
  local isElsewhere = options.screen and options.screen ~= 'monitor'
  if options.monitors and isElsewhere then fail('--monitors does not go with --screen ' .. options.screen) end
  return options
end
