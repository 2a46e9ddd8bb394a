-- expect:
kept[#kept + 1] = string.rep("x", 500000)
return ""
