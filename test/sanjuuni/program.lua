-- Runs a program of the game on screens that are tables, and writes what each of them shows at each `sleep` and `read`,
-- and at the end: a line of JSON each.
local path, columns, rows = ...
local touched = 0
table.unpack = unpack

local function newScreen()
    local self = { lines = {}, palette = {}, y = 1 }
    self.setCursorPos = function(_, y) self.y = y end
    self.blit = function(text, foreground, background)
        assert(#text == #foreground and #text == #background)
        self.lines[self.y] = { text, foreground, background }
    end
    self.setPaletteColor = function(color, r, g, b) self.palette[math.log(color) / math.log(2) + 1] = { r, g, b } end
    self.nativePaletteColor = function() return 0.5, 0.5, 0.5 end
    self.clear = function() self.lines = {} end
    self.setTextScale = function(scale) self.scale = scale end
    self.setTextColor = function() end
    self.setBackgroundColor = function() end
    return self
end

term = newScreen()
local screens = { term }
local monitors = {}
if tonumber(columns) > 0 then
    screens = {}
    for number = 1, columns * rows do
        screens[number] = newScreen()
        monitors["monitor_" .. number] = screens[number]
    end
end

local function tell(event)
    io.write("{\"event\":\"", event, "\",\"screens\":[")
    for number, screen in ipairs(screens) do
        io.write(number > 1 and "," or "", "{\"scale\":", screen.scale or 0, ",\"palette\":[")
        for index, color in ipairs(screen.palette) do io.write(index > 1 and "," or "", "[", table.concat(color, ","), "]") end
        io.write("],\"lines\":[")
        for y, line in ipairs(screen.lines) do
            io.write(y > 1 and "," or "", "[[", table.concat({ line[1]:byte(1, -1) }, ","), "],\"", line[2], "\",\"", line[3], "\"]")
        end
        io.write("]}")
    end
    io.write("]}\n")
end

function sleep(seconds) tell("sleep " .. seconds) end
function read() tell("read") end
local stored = {}
settings = { get = function(name) return stored[name] end, set = function(name, value) stored[name] = value end, save = function() end }
peripheral = { wrap = function(name) return assert(monitors[name]) end }
colors = { black = 32768, white = 1 }
print = function() end
-- Each monitor is touched twice, as a player in the game may.
os.pullEvent = function(event)
    assert(event == "monitor_touch")
    touched = touched + 0.5
    return event, "monitor_" .. math.ceil(touched)
end

assert(loadfile(path))()
tell("end")
