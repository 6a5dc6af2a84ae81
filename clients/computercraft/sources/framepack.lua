local require = ...
local fail = require('fail')
local json = require('json')
local readPack = require('read-pack')

local NOT_READY = 503

-- Frames that the hub is asked for, a pack at a time. See frames.lua.
return function(options)
  local source = {}
  local at, batch = options.from, options.batch

  function source.receive()
    while options.room() < batch do sleep(0.05) end
    local urls = {}
    for index = 1, batch do urls[index] = ('/frames/%s/frame_%06d.png'):format(options.job.id, at + index - 1) end
    -- Answers are told apart by their URL, so that each request has one of its own.
    local body, problem = options.hub.ask('/api/framepack?' .. urls[1], {
      headers = { ['Content-Type'] = 'application/json' }, body = json.write({ urls = urls }),
    })
    if body then
      local frames = readPack(body)
      if not frames then return nil, { sentence = 'The pack from frame ' .. at .. ' on was cut off' } end
      at = at + #frames
      return { frames = frames, isLast = #frames < batch }
    end
    if not problem.isPassing then fail(problem.sentence) end
    if problem.code == NOT_READY then return nil, { sentence = problem.reason, isEarly = true } end
    return nil, { sentence = problem.sentence }
  end

  function source.release() end
  function source.close() end

  return source
end
