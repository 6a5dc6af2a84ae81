local MOST_REFUSALS = 4

-- Websockets to the hub, for as long as it and the computer's settings allow any.
return function(address)
  local sockets = {}
  local refusals, isForbidden, open = 0, http.websocket == nil, {}

  -- nil and why where there is none.
  function sockets.open(path)
    if isForbidden or refusals >= MOST_REFUSALS then return nil, 'There are no websockets here' end
    -- What the computer's settings forbid raises; what a proxy or an older hub refuses is answered.
    local called, socket, reason = pcall(http.websocket, (address:gsub('^http', 'ws')) .. path)
    if not called then
      if socket == 'Terminated' then error(socket, 0) end
      isForbidden = true
      return nil, tostring(socket)
    end
    if not socket then
      refusals = refusals + 1
      return nil, tostring(reason)
    end
    refusals = 0
    open[socket] = true
    return socket
  end

  function sockets.close(socket)
    open[socket] = nil
    pcall(socket.close)
  end

  function sockets.closeAll()
    for socket in pairs(open) do pcall(socket.close) end
  end

  -- The hub itself was away: that it took no socket meanwhile says nothing of its sockets.
  function sockets.forgive() refusals = 0 end

  return sockets
end
