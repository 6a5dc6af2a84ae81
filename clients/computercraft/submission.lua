local CELL_FORMAT = '32vid'

-- The game's own measure: a block is 64 units, and a monitor's frame takes 20 of them.
local function blocks(characters, units) return math.floor(characters * units / 64 + 20 / 64 + 0.5) end

local function monitorSize(width, height, wall)
  local columns, rows = width / 2 / wall.wide, height / 3 / wall.high
  return ('%dx%d@%s'):format(blocks(columns, 6 * wall.scale), blocks(rows, 9 * wall.scale), tostring(wall.scale))
end

-- The job that makes a video's frames for a screen, {tool, input}; without one it is made for its sound alone.
return function(options, screen)
  local width, height = 64, 36
  if screen then width, height = screen.size() end
  if not screen or screen.format == 'png' then
    local input = { source = options.source, width = width, height = height, fps = options.fps, fit = 'pad', format = 'png' }
    return { tool = 'video_frame', input = input }
  end
  local input = { source = options.source, output_format = CELL_FORMAT, width = width, height = height, fps = options.fps, fit = 'pad' }
  if screen.wall then input.monitors = monitorSize(width, height, screen.wall) end
  return { tool = 'sanjuuni', input = input }
end
