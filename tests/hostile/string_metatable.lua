-- expect: 不能取它的字段
getmetatable("").__index = {}
