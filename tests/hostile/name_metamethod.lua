-- expect:
error(setmetatable({}, { __name = string.rep("x", 1000000) }))
