local require = ...
local newCanvas = require('screens/canvas')
local newCellScreen = require('screens/cell-screen')

-- The computer's own terminal. See screens.lua.
return function()
  if not term.isColour() then return nil, 'This computer shows no colours; an advanced one does' end
  local canvas = newCanvas(term, 'terminal')
  local screen = newCellScreen({ wide = 1, high = 1, canvases = { canvas } })
  local show, close = screen.show, screen.close

  function screen.show(frame)
    screen.ownsTerminal = true
    show(frame)
  end

  function screen.close()
    if screen.ownsTerminal then close() end
    screen.ownsTerminal = false
  end

  return screen
end
