-- expect:
while true do pcall(mps.text.split, string.rep("|", 1000000), "|") end
