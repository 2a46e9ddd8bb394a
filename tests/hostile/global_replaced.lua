-- expect: 全局变量
pcall = nil
