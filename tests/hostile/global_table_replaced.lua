-- expect: 全局变量
_G.string = {}
