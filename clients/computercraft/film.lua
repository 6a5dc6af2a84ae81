local HELD_FRAMES = 40 -- received and not yet shown, at most
local READY_FRAMES = 30

-- The frames of one showing from number `first` on: what has come and has still to be shown.
return function(first, fps)
  local film = { at = first, received = first - 1, dropped = 0, drawn = 0, fps = fps, isPlaying = false }

  function film.room() return HELD_FRAMES - (film.received - film.at + 1) end

  function film.isOver() return film.last ~= nil and film.at > film.last end

  function film.isReady() return film.last ~= nil or film.room() <= HELD_FRAMES - READY_FRAMES end

  function film.add(frames)
    for _, frame in ipairs(frames) do
      film.received = film.received + 1
      film[film.received] = frame
    end
  end

  -- Everything before frame `number` is done with.
  function film.release(number)
    local count = number - film.at
    for index = film.at, number - 1 do film[index] = nil end
    film.at = number
    if film.source then film.source.release(count) end
  end

  return film
end
