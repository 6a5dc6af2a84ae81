-- Each bit becomes a sample: what was played can be put together again and compared with what was sent.
local decoders = 0
local dfpwm = {}

function dfpwm.make_decoder()
  decoders = decoders + 1
  local decoder = decoders
  return function(data)
    local samples, count = { decoder = decoder }, 0
    for at = 1, #data do
      local byte = data:byte(at)
      for _ = 1, 8 do
        count = count + 1
        samples[count] = byte % 2 == 1 and 127 or -128
        byte = math.floor(byte / 2)
      end
    end
    return samples
  end
end

return dfpwm
