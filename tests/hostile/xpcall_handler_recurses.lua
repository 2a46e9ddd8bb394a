-- expect:
local function handler(e) return xpcall(error, handler, e) end
while true do xpcall(error, handler) end
