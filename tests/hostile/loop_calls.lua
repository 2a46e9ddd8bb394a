-- expect: 运行超过
local function f() end
while true do f() end
