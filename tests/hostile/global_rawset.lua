-- expect: rawset
rawset(_G, "string", {})
