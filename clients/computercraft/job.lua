local require = ...
local fail = require('fail')
local json = require('json')

local TOLD = { 'status', 'progress', 'phase', 'queue_position' }
local HAS_ENDED = { completed = true, failed = true, cancelled = true }
local CHANNELS = { ['audio.dfpwm'] = 'mono', ['audio_left.dfpwm'] = 'left', ['audio_right.dfpwm'] = 'right' }

-- A job of the hub as far as the hub has told of it.
return function(hub)
  local job = { status = 'submitted', result = {}, artifacts = {}, changes = 0 }
  local polls = 0

  local function set(fields, key, value)
    if fields[key] ~= value and type(value) ~= 'table' then job.changes = job.changes + 1 end
    fields[key] = value
  end

  -- Takes {tool, input}, and the key that the hub may want.
  function job.submit(submission, key)
    local headers = { ['Content-Type'] = 'application/json', ['X-API-Key'] = key }
    local answer = json.parse((hub.insist('/api/jobs', { headers = headers, body = json.write(submission) })))
    if not answer.id then fail('The hub did not accept the video') end
    job.id = answer.id
  end

  function job.merge(news)
    for _, key in ipairs(TOLD) do
      if news[key] ~= nil then set(job, key, news[key]) end
    end
    if news.status and news.status ~= 'queued' and news.status ~= 'pending' then job.queue_position = nil end
    for key, value in pairs(news.result or {}) do set(job.result, key, value) end
    local lines = news.new_logs or {}
    if #lines > 0 then set(job, 'line', lines[#lines]) end
    local reason = type(news.error) == 'table' and news.error.message or news.error
    if type(reason) == 'string' then job.reason = reason end
  end

  -- Answers are told apart by their URL, and two may be under way.
  function job.poll()
    polls = polls + 1
    local answer = json.parse((hub.insist('/api/jobs/' .. job.id .. '?poll=' .. polls, {})))
    job.tool, job.artifacts = answer.tool, answer.artifacts or {}
    job.merge(answer)
  end

  function job.hasEnded() return HAS_ENDED[job.status] or false end

  function job.hasFailed() return job.hasEnded() and job.status ~= 'completed' end

  function job.frames() return math.min(job.result.current_frames or 0, job.result.total_frames or 0) end

  -- The path of each channel's sound, as far as it had been made when the hub was last asked.
  function job.sounds()
    local paths = {}
    for _, artifact in ipairs(job.artifacts) do
      if CHANNELS[artifact.name] then paths[CHANNELS[artifact.name]] = artifact.url end
    end
    return paths
  end

  -- Why it came to nothing.
  function job.failure()
    if job.status == 'cancelled' then return 'The job was cancelled' end
    return 'The job failed: ' .. (job.reason or 'the hub gives no reason')
  end

  return job
end
