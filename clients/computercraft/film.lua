local HELD_FRAMES = 40 -- received and not yet shown, at most
local HELD_BYTES = 8 * 1024 * 1024
local BATCH_FRAMES = 10

-- The frames of one showing from number `first` on, each of about `frameBytes`: what has come and has still to be shown.
return function(first, options)
  local held = math.max(2, math.min(HELD_FRAMES, math.floor(HELD_BYTES / options.frameBytes)))
  local film = { at = first, received = first - 1, dropped = 0, drawn = 0, fps = options.fps, isPlaying = false }
  -- As many as are fetched at once.
  film.batch = math.min(BATCH_FRAMES, math.floor(held / 2))

  function film.room() return held - (film.received - film.at + 1) end

  function film.isOver() return film.last ~= nil and film.at > film.last end

  function film.isReady() return film.last ~= nil or film.room() <= held / 4 end

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
