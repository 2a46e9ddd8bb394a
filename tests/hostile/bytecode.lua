-- expect: load
load("\27Lua")
