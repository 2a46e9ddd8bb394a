-- expect: string
string.x = 1
