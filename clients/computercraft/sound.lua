local require = ...
local seconds = require('seconds')

local function pathsFor(speakers, sounds)
  local paths = {}
  for _, speaker in ipairs(speakers) do paths[speaker.channel] = sounds[speaker.channel] or sounds.mono end
  return paths
end

-- The sound of one showing from `start` seconds on, where `sounds` are the paths of its channels; nil where the job or the
-- computer has none.
return function(sounds, speakers, start)
  if not sounds.mono or #speakers == 0 then return nil end
  local sound = { paths = pathsFor(speakers, sounds), chunks = {}, start = start, isLoaded = false }
  local sent, ends, isOver = 0, 0, false

  -- How far into the video it has been heard; behind its end the clock goes on for pictures that are longer.
  function sound.heard()
    if ends == 0 then return start end
    local left = ends - seconds()
    return start + sent - (isOver and left or math.max(0, left))
  end

  function sound.isReady() return sound.isLoaded or #sound.chunks > 0 end

  -- Plays what is loaded, and waits for pictures that are behind.
  function sound.play(film)
    local makeDecoder = require('cc.audio.dfpwm').make_decoder
    local decoders = {}
    for channel in pairs(sound.paths) do decoders[channel] = makeDecoder() end
    while not (sound.isLoaded and #sound.chunks == 0) do
      local isBehind = not film.last and film.received < sound.heard() * film.fps
      if #sound.chunks == 0 or not film.isPlaying or isBehind then
        sleep(0.05)
      else
        local chunk, samples = table.remove(sound.chunks, 1), {}
        for channel, bytes in pairs(chunk.channels) do samples[channel] = decoders[channel](bytes) end
        speakers.play(samples)
        ends = math.max(seconds(), ends) + chunk.seconds
        sent = sent + chunk.seconds
      end
    end
    if ends == 0 then ends = seconds() end
    isOver = true
    while seconds() < ends do sleep(0.05) end
  end

  return sound
end
