local require = ...
local fail = require('fail')

local USAGE = 'Usage: player URL|JOB_ID [--hub URL] [--fps N] [--volume N] [--start SECONDS] [--loop]'

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

local TAKES = {
  ['--hub'] = { field = 'hub', read = address },
  ['--fps'] = { field = 'fps', read = number(0.1, 120) },
  ['--volume'] = { field = 'volume', read = number(0, 3) },
  ['--start'] = { field = 'start', read = number(0, 86400) },
}

-- What the words of the command line ask for.
return function(words, defaultHub)
  local options = { hub = defaultHub, fps = 20, volume = 1, start = 0, isLooped = false }
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
  return options
end
