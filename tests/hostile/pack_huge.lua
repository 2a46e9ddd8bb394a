-- expect:
while true do pcall(string.pack, "c2147483647", "") end
