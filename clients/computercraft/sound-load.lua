local CHUNK_BYTES = 6000 -- a second of DFPWM, one channel
local PIECE_BYTES = 60000
local QUEUED_CHUNKS = 20
local BEHIND_THE_END = 416
local IS_GONE = { [404] = true, [410] = true }

local function loadPiece(path, from, options)
  local body, headers = options.hub.insist(path, {
    headers = { Range = ('bytes=%d-%d'):format(from, from + PIECE_BYTES - 1) },
    -- A job that failed keeps its pictures only, and why it failed is said behind them.
    tolerates = function(code) return code == BEHIND_THE_END or IS_GONE[code] and options.job.hasFailed() end,
    -- A job that is done over makes its sound again.
    isEarly = function(code) return IS_GONE[code] and not options.job.hasEnded() end,
  })
  if not body then return '', 0 end
  for name, value in pairs(headers) do
    local total = name:lower() == 'content-range' and tonumber(value:match('/(%d+)$'))
    if total then return body, total end
  end
  -- Where ranges are not known the whole came at once.
  return body:sub(from + 1, from + PIECE_BYTES), #body
end

-- Fills `sound.chunks` as it empties: for each second the bytes of each channel.
return function(sound, options)
  local from = math.floor(sound.start * CHUNK_BYTES)
  local total = from + 1
  while from < total do
    if #sound.chunks > QUEUED_CHUNKS then
      sleep(0.25)
    else
      local pieces, length = {}, 0
      for channel, path in pairs(sound.paths) do
        pieces[channel], total = loadPiece(path, from, options)
        length = #pieces[channel]
      end
      if length == 0 then break end
      for at = 1, length, CHUNK_BYTES do
        local chunk = { seconds = math.min(CHUNK_BYTES, length - at + 1) / CHUNK_BYTES, channels = {} }
        for channel, piece in pairs(pieces) do chunk.channels[channel] = piece:sub(at, at + CHUNK_BYTES - 1) end
        table.insert(sound.chunks, chunk)
      end
      from = from + length
    end
  end
  sound.isLoaded = true
end
