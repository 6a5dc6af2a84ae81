local require = ...
local fail = require('fail')
local json = require('json')
local newBackoff = require('backoff')
local newSockets = require('sockets')

-- In front of a hub that is started again there may be a proxy, which answers so.
local IS_AWAY = { [502] = true, [504] = true }

local function explain(refusal, reason)
  local body = json.parse(refusal.readAll() or '')
  local sentence = body.message or body.detail or body.error
  if type(sentence) ~= 'string' then sentence = 'The hub says: ' .. tostring(reason) end
  return sentence, type(body.hint) == 'string' and sentence .. '. ' .. body.hint or sentence
end

-- The hub at an address. `say` is told what is wrong for the moment, and nil when it is no longer.
return function(address, say)
  local hub = { sockets = newSockets(address) }

  -- The body and the answer's headers; or nil and {sentence, reason, code, isPassing}, where `reason` is without a hint.
  function hub.ask(path, wanted)
    local request = { url = address .. path, headers = wanted.headers, body = wanted.body, binary = true, timeout = 20 }
    local send = wanted.body and http.post or http.get
    local answer, reason, refusal = send(request)
    if answer then
      local body, headers = answer.readAll() or '', answer.getResponseHeaders()
      answer.close()
      return body, headers
    end
    if not refusal then
      hub.sockets.forgive()
      local sentence = 'The hub at ' .. address .. ' cannot be reached: ' .. tostring(reason)
      return nil, { sentence = sentence, reason = sentence, isPassing = true }
    end
    local code = refusal.getResponseCode()
    if IS_AWAY[code] then hub.sockets.forgive() end
    local plain, sentence = explain(refusal, reason)
    refusal.close()
    return nil, { sentence = sentence, reason = plain, code = code, isPassing = code >= 500 or code == 429 or code == 408 }
  end

  -- Asks again while the hub is away for a moment; fails with its sentence where that does not help. What
  -- `wanted.tolerates(code)` comes back as from `ask`, and what `wanted.isEarly(code)` may be there later.
  function hub.insist(path, wanted)
    local backoff = newBackoff({ first = 0.5, longest = 5, total = 30 })
    while true do
      local body, headers = hub.ask(path, wanted)
      if body then
        say(nil)
        return body, headers
      end
      local problem = headers
      if problem.code and wanted.tolerates and wanted.tolerates(problem.code) then return nil, problem end
      local isPassing = problem.isPassing or wanted.isEarly and wanted.isEarly(problem.code)
      if isPassing then say(problem.sentence) end
      if not isPassing or not backoff.pause() then fail(problem.sentence) end
    end
  end

  return hub
end
