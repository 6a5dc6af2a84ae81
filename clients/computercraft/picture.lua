local require = ...
local frameAt = require('frame-at')

local function endsAll(problem) return problem == 'Terminated' or type(problem) == 'table' and problem.sentence ~= nil end

-- Shows the newest frame that is due, the first before the clock goes; those before it are late and dropped. What one
-- frame is wrong with is said, and what the screen is wrong with ends it.
return function(film, screen, say)
  while not film.isOver() do
    local newest = math.min(frameAt(film.played(), film.fps), film.received)
    if newest >= film.at then
      film.dropped = film.dropped + newest - film.at
      local ok, problem = pcall(screen.show, film[newest])
      if ok then
        film.drawn = film.drawn + 1
      elseif endsAll(problem) then
        error(problem, 0)
      else
        say('A frame could not be drawn: ' .. tostring(problem))
      end
      film.release(newest + 1)
    end
    sleep(0.05)
  end
end
