-- expect:
string.dump(function() end)
