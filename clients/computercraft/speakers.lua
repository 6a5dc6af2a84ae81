-- By the side of the computer it stands at; two that stand elsewhere are left and right in the order of their names.
local function channelOf(index, names)
  local name = names[index]
  if #names > 1 and (name == 'left' or name == 'right') then return name end
  if #names == 2 then return index == 1 and 'left' or 'right' end
  return 'mono'
end

local function find()
  local names, found = {}, {}
  for _, device in ipairs({ peripheral.find('speaker') }) do table.insert(names, peripheral.getName(device)) end
  table.sort(names)
  for index, name in ipairs(names) do
    found[index] = { device = peripheral.wrap(name), channel = channelOf(index, names) }
  end
  return found
end

-- Every speaker there is, each with the channel that it plays.
return function(volume)
  local speakers = find()

  -- Returns when each has taken the samples of its channel; one that is full says when it no longer is.
  function speakers.play(samples)
    local waiting = {}
    for _, speaker in ipairs(speakers) do waiting[speaker] = true end
    while true do
      for speaker in pairs(waiting) do
        if speaker.device.playAudio(samples[speaker.channel], volume) then waiting[speaker] = nil end
      end
      if not next(waiting) then return end
      -- The timer is for an event that was dropped from a full queue.
      local timer = os.startTimer(0.5)
      repeat
        local event, id = os.pullEvent()
      until event == 'speaker_audio_empty' or event == 'timer' and id == timer
      os.cancelTimer(timer)
    end
  end

  function speakers.silence()
    for _, speaker in ipairs(speakers) do pcall(speaker.device.stop) end
  end

  return speakers
end
