local require = ...
local json = require('json')

local EVENT_TYPES = 'status,progress,new_logs,result,error,end'

local function followBySocket(hub, job)
  local after = job.offset and '&after=' .. textutils.urlEncode(job.offset) or '&tail=1'
  local socket = hub.sockets.open('/api/jobs/' .. job.id .. '/events?types=' .. EVENT_TYPES .. after)
  if not socket then return end
  while not job.hasEnded() or job.status == 'failed' and not job.reason do
    local message = socket.receive(40) -- the hub is never silent for longer than 15 s
    if not message then break end
    local event = json.parse(message)
    if event.offset then job.offset = event.offset end
    if event.data then job.merge(event.data) end
    if event.type == 'end' then break end
  end
  hub.sockets.close(socket)
end

-- Keeps `job` as the hub has it: told by websocket, or asked each second where that cannot be. Does not return.
return function(hub, job)
  while not job.hasEnded() do
    followBySocket(hub, job)
    job.poll()
    if not job.hasEnded() then sleep(1) end
  end
  while true do os.pullEvent('reeltime_never') end
end
