-- expect: coroutine.yield
coroutine.yield(value)
