-- expect: invalid conversion
string.format("%99999999s", "x")
