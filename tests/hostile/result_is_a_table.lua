-- expect:
return {}
