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

local function openDevices(player)
  local reason
  player.speakers = newSpeakers(player.options.volume)
  player.screen, reason = openScreen(player.options)
  if player.screen then return end
  if #player.speakers == 0 then fail(reason .. '. There is no speaker either, so that nothing can be played') end
  player.view.missing = reason .. '. Only the sound plays'
end

local function submit(job, options, screen)
  local width, height = 64, 36
  if screen then width, height = screen.size() end
  job.submit({
    source = options.source, width = width, height = height, fps = options.fps, fit = 'pad', format = screen and screen.format or 'png',
  })
end

local function play(player)
  local options, view = player.options, player.view
  openDevices(player)
  term.clear()
  player.hub = newHub(options.hub, view.say)
  local job = newJob(player.hub)
  player.job = job
  local isVideo = options.source:find('^%w+://') or options.source:find('^upload:')
  if isVideo then submit(job, options, player.screen) else job.id = options.source end
  job.poll()
  parallel.waitForAny(function() show(player) end, function() follow(player.hub, job) end, function() view.watch(job) end)
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
  if player.screen then player.screen.close() end
  if ok then return end
  if player.speakers then player.speakers.silence() end
  player.view.leave()
  if problem == 'Terminated' then
    print('Stopped')
  else
    error(type(problem) == 'table' and problem.sentence or 'The player broke down: ' .. tostring(problem), 0)
  end
end
