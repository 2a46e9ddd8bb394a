-- expect: index
getmetatable("").__index = {}
