-- expect: 运行超过
local function f() return f() end
return f()
