local require = ...
local fail = require('fail')
local fetchFrames = require('frames')
local frameAt = require('frame-at')
local loadSound = require('sound-load')
local newFilm = require('film')
local newSound = require('sound')
local showPicture = require('picture')
local silentClock = require('silent-clock')

local unpack = table.unpack or unpack

local FRAMES_AHEAD = 40

local function fpsOf(job, options) return tonumber(job.result.fps) or options.fps end

local function untilPlayable(job, options)
  while true do
    local frames, first = job.frames(), frameAt(options.start, fpsOf(job, options))
    if job.hasEnded() then
      if frames >= first then return end
      if job.hasFailed() then fail(job.failure()) end
      if frames == 0 then fail('The job ' .. job.id .. ' has no frames: it is of neither video_frame nor sanjuuni') end
      fail(('--start %s is behind the end: the video has %.1f s'):format(options.start, frames / fpsOf(job, options)))
    end
    if frames >= first - 1 + FRAMES_AHEAD then return end
    sleep(0.1)
  end
end

-- A single picture would be gone as soon as it is there.
local function untilSeen(view)
  view.say('Press a key or touch the monitor to end')
  repeat
    local event = os.pullEvent()
  until event == 'key' or event == 'monitor_touch'
  view.say(nil)
end

local function showOnce(player)
  local job, options, say = player.job, player.options, player.view.say
  local fps = fpsOf(job, options)
  local film = newFilm(frameAt(options.start, fps), { fps = fps, frameBytes = player.screen and player.screen.frameBytes or 1 })
  local sound = newSound(job.sounds(), player.speakers, options.start)
  if not player.screen and not sound then fail('This video has no sound, and there is no screen to show it on') end
  film.played = sound and sound.heard or silentClock(film, options.start)
  player.film, player.view.film = film, film

  local parts = {
    function()
      while not film.isReady() or sound and not sound.isReady() do sleep(0.05) end
      film.isPlaying = true
    end,
  }
  if player.screen then
    table.insert(parts, function() fetchFrames(film, { hub = player.hub, job = job, say = say }) end)
    table.insert(parts, function() showPicture(film, player.screen, say) end)
  else
    film.last = film.received
  end
  if sound then
    table.insert(parts, function() loadSound(sound, player) end)
    table.insert(parts, function() sound.play(film) end)
  end
  parallel.waitForAny(
    function() parallel.waitForAll(unpack(parts)) end,
    -- The sound is made first, and may be whole where the pictures are not.
    function()
      while not (player.screen and film.isOver() and job.hasFailed()) do sleep(0.25) end
    end
  )
  if film.last == 1 and film.drawn == 1 and not sound then untilSeen(player.view) end
end

-- Plays the job's video as soon as enough of it is there, once or over and over; fails where the job does.
return function(player)
  local job = player.job
  untilPlayable(job, player.options)
  job.poll() -- only the hub's own answer has the addresses of the sound
  repeat
    showOnce(player)
    if not job.hasEnded() then job.poll() end
    if job.hasFailed() then fail(job.failure()) end
  until not player.options.isLooped
end
