-- Several functions at once, each resumed with the events that it waits for.
local function runTogether(functions, isOver)
  local threads, filters = {}, {}
  for index, fn in ipairs(functions) do threads[index] = coroutine.create(fn) end
  local event, living = { n = 0 }, #threads
  while true do
    for index = 1, #functions do
      local thread = threads[index]
      if thread and (not filters[index] or filters[index] == event[1] or event[1] == 'terminate') then
        local ok, filter = coroutine.resume(thread, unpack(event, 1, event.n))
        if not ok then error(filter, 0) end
        filters[index] = filter
        if coroutine.status(thread) == 'dead' then
          threads[index] = nil
          living = living - 1
          if isOver(living, #functions) then return index end
        end
      end
    end
    local function keep(...) return { n = select('#', ...), ... } end
    event = keep(coroutine.yield())
  end
end

return {
  waitForAny = function(...) return runTogether({ ... }, function() return true end) end,
  waitForAll = function(...) return runTogether({ ... }, function(living) return living == 0 end) end,
}
