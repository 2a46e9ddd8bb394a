-- expect:
local function nest()
  while true do
    coroutine.resume(coroutine.create(nest))
    pcall(coroutine.wrap(nest))
  end
end
nest()
