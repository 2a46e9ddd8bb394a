-- expect: debug
debug.sethook()
