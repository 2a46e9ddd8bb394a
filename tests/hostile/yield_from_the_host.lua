-- expect: outside a coroutine
coroutine.yield(value)
