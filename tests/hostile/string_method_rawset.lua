-- expect: rawset
rawset(string, "format", nil)
