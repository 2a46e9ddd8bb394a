-- expect:
local s = string.rep("x", 900000)
while true do local t = s .. "y" end
