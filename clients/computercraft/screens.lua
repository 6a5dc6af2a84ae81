local require = ...
local fail = require('fail')

-- The best one first. A screen is opened with the command line's options:
-- open(options) -> screen, or nil and why
-- screen.format: the name by which the hub knows its frames
-- screen.size() -> width and height of its frames in pixels
-- screen.wall: {wide, high, scale} where it is of several monitors
-- screen.frameBytes: of one frame, where all are of one size
-- screen.ownsTerminal: for as long as nothing else may be written there
-- screen.show(frame): raises where the bytes are no such frame, and fails where the screen is no longer what it was
-- screen.close(): may be called again
local SCREENS = {
  { name = 'gpu', format = 'png', open = require('screens/gpu') },
  { name = 'monitor', format = 'cells', open = require('screens/monitor') },
  { name = 'term', format = 'cells', open = require('screens/terminal') },
}

-- The first that there is, of frames of `format` where that is given; or nil and why there is none. One that was asked
-- for by its name is there, or the program ends.
return function(options, format)
  local wanted = options.monitors and 'monitor' or options.screen
  local reasons = {}
  for _, kind in ipairs(SCREENS) do
    if (wanted or kind.name) == kind.name then
      local screen, reason
      if (format or kind.format) == kind.format then
        screen, reason = kind.open(options)
      elseif wanted then
        reason = ('The frames of this job are not for --screen %s'):format(wanted)
      end
      if screen then return screen end
      table.insert(reasons, reason)
    end
  end
  local reason = table.concat(reasons, '. ')
  if format == 'png' then reason = reason .. ', and the frames of this job are for one' end
  if wanted then fail(reason) end
  return nil, reason
end
