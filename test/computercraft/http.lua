-- HTTP and websockets, as programs see them: machine has call, pullEvent and startTimer.
return function(machine)
  local call, pullEvent, startTimer = machine.call, machine.pullEvent, machine.startTimer

  local function toHandle(answer)
    local handle, isClosed = {}, false
    function handle.readAll()
      if isClosed then error('attempt to use a closed file', 2) end
      return answer.body
    end
    function handle.getResponseCode() return answer.code, answer.reason end
    function handle.getResponseHeaders() return answer.headers end
    function handle.close() isClosed = true end
    return handle
  end

  local http = {}

  function http.request(request)
    local method = request.body and 'POST' or 'GET'
    call({ op = 'http', url = request.url, method = method, headers = request.headers, timeout = request.timeout }, request.body)
    return true
  end

  local function exchange(request)
    http.request(request)
    while true do
      local event, url, first, second = pullEvent()
      if event == 'http_success' and url == request.url then return first end
      if event == 'http_failure' and url == request.url then return nil, first, second end
    end
  end

  function http.get(request)
    if type(request) == 'string' then return exchange({ url = request }) end
    return exchange({ url = request.url, headers = request.headers, timeout = request.timeout })
  end

  http.post = exchange

  local function toSocket(id, url)
    local socket, isClosed = {}, false
    local function assertOpen()
      if isClosed then error('attempt to use a closed file', 3) end
    end
    function socket.receive(seconds)
      assertOpen()
      local timer = seconds and startTimer(seconds)
      while true do
        local event, from, content, isBinary = pullEvent()
        if event == 'websocket_message' and from == url then return content, isBinary end
        if event == 'websocket_closed' and from == url then
          isClosed = true
          return nil
        end
        if event == 'timer' and from == timer then return nil end
      end
    end
    function socket.send(message)
      assertOpen()
      call({ op = 'send', id = id }, message)
    end
    function socket.close()
      if not isClosed then call({ op = 'close', id = id }) end
      isClosed = true
    end
    return socket
  end

  function http.websocket(url)
    call({ op = 'open', url = url })
    while true do
      local event, from, result = pullEvent()
      if event == 'websocket_success' and from == url then return result end
      if event == 'websocket_failure' and from == url then return false, result end
    end
  end

  return http, { toHandle = toHandle, toSocket = toSocket }
end
