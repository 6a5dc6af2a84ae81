local require = ...

-- The best one first. A screen is opened with the command line's options:
-- open(options) -> screen, or nil and why
-- screen.size() -> width and height of its frames
-- screen.format: the name by which the hub knows its frames
-- screen.show(frame): raises where the bytes are no such frame
-- screen.close()
local SCREENS = { require('screens/gpu') }

-- The first that there is; or nil and why there is none.
return function(options)
  local reasons = {}
  for _, open in ipairs(SCREENS) do
    local screen, reason = open(options)
    if screen then return screen end
    table.insert(reasons, reason)
  end
  return nil, table.concat(reasons, '. ')
end
