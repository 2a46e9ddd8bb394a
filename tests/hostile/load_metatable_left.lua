-- expect:
-- at: load
mps = nil
