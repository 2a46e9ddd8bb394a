-- A library that does to its process whatever the request says.
return mps.library {
  title = "会出事的动态库",
  file = { windows = "faults.dll", linux = "libfaults.so" },
  isolate = true,
  structs = {
    State = { "char[3] tag", "handle self", "long count" },
  },
  functions = {
    Open  = { returns = "handle", ok = ">0" },
    Act   = { "handle reader", "str what", "out[64] told", "struct State state", returns = "long", ok = 0 },
    Close = { "handle reader", returns = "long", ok = 0 },
  },
  open    = { "Open" },
  close   = { "Close", { open = "returns" } },
  methods = {
    act = { "Act", { open = "returns" }, { request = "what" } },
    -- Two calls of one session.
    act_twice = function(lib, request)
      lib.Act(lib.opened.returns, request.what)
      return { told = lib.Act(lib.opened.returns, "fine").told }
    end,
  },
}
