-- expect: 层数过多|handling
local ok, message = xpcall(error, function() error("again") end)
error(tostring(message) .. " handling")
