-- expect: 层数过多
local ok, message = xpcall(error, function() error("again") end)
error(tostring(message) .. " handling")
