-- expect:
error({ code = 1 })
