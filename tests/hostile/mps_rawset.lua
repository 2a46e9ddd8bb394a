-- expect: rawset
rawset(mps, "fail", nil)
