-- Plays a video from a reeltime hub: the picture on a screen, the sound on every speaker.
local require = ...
local fail = require('fail')
local follow = require('follow')
local newHub = require('hub')
local newJob = require('job')
local newSpeakers = require('speakers')
local newView = require('view')
local openScreen = require('screens')
local readArgs = require('args')
local show = require('showing')
local submission = require('submission')

local FORMATS = { video_frame = 'png', sanjuuni = 'cells' } -- of the frames that a tool makes

local function openDevices(player, format)
  local reason
  player.speakers = newSpeakers(player.options.volume)
  player.screen, reason = openScreen(player.options, format)
  player.view.screen = player.screen
  if player.screen then return end
  if #player.speakers == 0 then fail(reason .. '. There is no speaker either, so that nothing can be played') end
  player.view.missing = reason .. '. Only the sound plays'
end

local function closeScreen(player)
  if player.screen then player.screen.close() end
end

local function play(player)
  local options, view = player.options, player.view
  player.hub = newHub(options.hub, view.say)
  local job = newJob(player.hub)
  player.job = job
  term.clear()
  term.setCursorPos(1, 1)
  if options.source:find('^%w+://') or options.source:find('^upload:') then
    openDevices(player)
    job.submit(submission(options, player.screen), options.key)
    job.poll()
  else
    job.id = options.source
    job.poll()
    openDevices(player, FORMATS[job.tool])
  end
  parallel.waitForAny(function() show(player) end, function() follow(player.hub, job) end, function() view.watch(job) end)
  closeScreen(player)
  view.draw(job)
  if view.missing then print(view.missing) end
  print(('The end: %d frames shown, %d late'):format(player.film.drawn, player.film.dropped))
end

return function(defaultHub, words)
  local player = { view = newView() }
  local ok, problem = pcall(function()
    player.options = readArgs(words, defaultHub)
    play(player)
  end)
  if player.hub then player.hub.sockets.closeAll() end
  if ok then return end
  closeScreen(player)
  if player.speakers then player.speakers.silence() end
  player.view.leave()
  if problem == 'Terminated' then
    print('Stopped')
  else
    error(type(problem) == 'table' and problem.sentence or 'The player broke down: ' .. tostring(problem), 0)
  end
end
