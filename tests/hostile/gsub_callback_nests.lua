-- expect:
local function nest() return (string.gsub("a", "a", nest)) end
while true do pcall(nest) end
