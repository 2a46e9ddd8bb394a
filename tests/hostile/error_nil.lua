-- expect:
error()
