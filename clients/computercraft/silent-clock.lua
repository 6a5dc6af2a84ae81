local require = ...
local seconds = require('seconds')

-- Without sound the pictures go by the time of day, and the clock stands still while the next one has not come.
return function(film, start)
  local startedAt
  return function()
    if not film.isPlaying then return start end
    local played = startedAt and seconds() - startedAt or start
    if not film.last then played = math.min(played, film.received / film.fps) end
    startedAt = seconds() - played
    return played
  end
end
