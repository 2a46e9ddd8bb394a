-- expect:
return string.rep("x", 1000000)
