local require = ...
local json = require('json')
local readPack = require('read-pack')
local seconds = require('seconds')

local MESSAGE_BYTES = 120000 -- a computer takes no websocket message over 128 KiB
local SILENCE = 40           -- seconds; a connection that is gone may not say so

-- Frames that the hub pushes as they are made, never more than there is room for. See frames.lua.
return function(options)
  local source = {}
  local at, batch, freed = options.from, options.batch, 0
  local path = ('/api/jobs/%s/frames?from=%d&batch=%d&max_message=%d&credit=%d')
    :format(options.job.id, at, batch, MESSAGE_BYTES, math.max(batch, options.room()))
  local socket, reason = options.hub.sockets.open(path)
  if not socket then return nil, reason end

  local function broken(since)
    if seconds() - since >= SILENCE then return nil, { sentence = 'Frame ' .. at .. ' has not come', isEarly = true } end
    return nil, { sentence = 'The connection was lost; going on at frame ' .. at }
  end

  local function receiveBatch(head, since)
    if head.first ~= at then return broken(since) end
    local parts = {}
    for index = 1, head.parts do
      parts[index] = socket.receive(SILENCE)
      if not parts[index] then return broken(seconds()) end
    end
    local frames = readPack(table.concat(parts))
    if not frames or #frames ~= head.count then return broken(since) end
    at = at + #frames
    return { frames = frames }
  end

  function source.receive()
    while true do
      local since = seconds()
      local message, isBinary = socket.receive(SILENCE)
      if not message then return broken(since) end
      local head = not isBinary and json.parse(message) or {}
      if head.type == 'frames' then return receiveBatch(head, since) end
      if head.type == 'end' then return { frames = {}, isLast = true } end
      if head.type == 'error' and head.frames then
        return { frames = {}, isLast = true, news = { status = head.status, error = head.data } }
      end
    end
  end

  function source.release(count)
    freed = freed + count
    if freed < batch then return end
    pcall(socket.send, json.write({ op = 'credit', frames = freed }))
    freed = 0
  end

  function source.close() options.hub.sockets.close(socket) end

  return source
end
