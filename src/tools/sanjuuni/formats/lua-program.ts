import type { MonitorWall } from '../converter-options.ts'

const SHOW = `local function show(number, frame)
    local screen = screens[number]
    local image, palette = frame()
    for i = 0, #palette do screen.setPaletteColor(2 ^ i, table.unpack(palette[i])) end
    for y, row in ipairs(image) do
        screen.setCursorPos(1, y)
        screen.blit(table.unpack(row))
    end
end
`

export const ONE_SCREEN = `local screens = { term }
term.clear()
${SHOW}`

/** Finds the monitors of a wall where sanjuuni's players keep their names, or asks for them and keeps them there. */
export function wallPrologue({ columns, rows, textScale }: MonitorWall): string {
  return `local columns, rows, scale = ${columns}, ${rows}, ${textScale}
local names = settings.get("sanjuuni.multimonitor")
if not names or #names < rows or #names[1] < columns then
    names = {}
    local isTaken = {}
    for y = 1, rows do
        names[y] = {}
        for x = 1, columns do
            print(("Touch the monitor in column %d of row %d"):format(x, y))
            local name
            repeat
                local _, touched = os.pullEvent("monitor_touch")
                name = touched
            until not isTaken[name]
            isTaken[name] = true
            names[y][x] = name
        end
    end
    settings.set("sanjuuni.multimonitor", names)
    settings.save()
end
local screens = {}
for y = 1, rows do
    for x = 1, columns do
        local monitor = peripheral.wrap(names[y][x])
        monitor.setTextScale(scale)
        monitor.clear()
        screens[#screens + 1] = monitor
    end
end
${SHOW}`
}

export const RESET_SCREEN = `for _, screen in ipairs(screens) do
    for i = 0, 15 do screen.setPaletteColor(2 ^ i, term.nativePaletteColor(2 ^ i)) end
    screen.setBackgroundColor(colors.black)
    screen.setTextColor(colors.white)
    screen.setCursorPos(1, 1)
    screen.clear()
end
`
