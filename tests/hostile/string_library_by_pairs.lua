-- expect:
local _, hidden = pairs(string)
hidden.format = nil
assert(("%d"):format(1) == "1" and string.format("%d", 1) == "1")
error("untouched")
