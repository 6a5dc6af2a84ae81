local require = ...
local fail = require('fail')
local readCells = require('screens/cells')

local CELL_WIDTH, CELL_HEIGHT = 2, 3
local PALETTE_AND_SIZE_BYTES = 52

-- A screen of characters in 16 colours: `wall` is {wide, high, canvases}, row by row, all of one size. See screens.lua.
return function(wall)
  local first, count = wall.canvases[1], wall.wide * wall.high
  local screen = {
    format = 'cells',
    frameBytes = 2 + count * (PALETTE_AND_SIZE_BYTES + 2 * first.columns * first.rows),
  }

  function screen.size() return wall.wide * first.columns * CELL_WIDTH, wall.high * first.rows * CELL_HEIGHT end

  function screen.show(frame)
    local cells = readCells(frame)
    if not cells then error('it is no picture of characters', 0) end
    if cells.wide ~= wall.wide or cells.high ~= wall.high then
      local size = cells.wide .. 'x' .. cells.high
      fail('These pictures are for ' .. size .. ' monitors: play them with --monitors ' .. size)
    end
    for _, canvas in ipairs(wall.canvases) do canvas.check() end
    for index, canvas in ipairs(wall.canvases) do canvas.draw(frame, cells[index]) end
  end

  function screen.close()
    for _, canvas in ipairs(wall.canvases) do pcall(canvas.restore) end
  end

  return screen
end
