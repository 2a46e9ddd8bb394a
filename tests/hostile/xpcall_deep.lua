-- expect:
local function deep() return 1 + deep() end
while true do xpcall(deep, function(e) return deep() end) end
