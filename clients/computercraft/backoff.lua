local require = ...
local seconds = require('seconds')

-- Pauses that double from `limits.first` to `limits.longest` seconds, for `limits.total` seconds from the first one on.
return function(limits)
  local backoff = {}
  local length, since = limits.first, nil

  -- False, at once, when the time is up.
  function backoff.pause()
    since = since or seconds()
    if seconds() - since >= limits.total then return false end
    sleep(length)
    length = math.min(length * 2, limits.longest)
    return true
  end

  -- The time begins again, and the pauses stay as long as they have become.
  function backoff.extend() since = nil end

  function backoff.reset() length, since = limits.first, nil end

  return backoff
end
