-- Loads a Lua table of blit tables, or a function body that returns an image and its palette, and writes what is in it as
-- JSON. Strings become arrays of bytes.
local kind, path = ...
local file = assert(io.open(path, "rb"))
local source = file:read("*a")
file:close()
-- Without any globals, as players load it.
local chunk = assert(loadstring(kind == "expression" and "return " .. source or source))
local values = { setfenv(chunk, {})() }

local function write(value)
    if type(value) == "string" then
        io.write("{\"bytes\":[", table.concat({ value:byte(1, -1) }, ","), "]}")
    elseif type(value) == "table" then
        io.write("{")
        local isFirst = true
        for key, entry in pairs(value) do
            io.write(isFirst and "" or ",", "\"", tostring(key), "\":")
            isFirst = false
            write(entry)
        end
        io.write("}")
    else
        io.write(tostring(value))
    end
end

io.write("[")
for index, value in ipairs(values) do
    io.write(index > 1 and "," or "")
    write(value)
end
io.write("]")
