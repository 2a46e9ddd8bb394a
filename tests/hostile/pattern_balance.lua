-- expect: 运行超过
string.rep("(", 900000):gsub("%b()", "")
