-- Each way is one thing that a device or a script may do.
return mps.funid {
  title = "耐久测试",
  request = {
    { "way", title = "方式", required = true, values = {
      fine = "fine", refused = "refused", silent = "silent", overrun = "overrun", cut = "cut", garbage = "garbage", slow = "slow", mapped = "mapped", json = "json", nojson = "nojson", raised = "raised", loops = "loops", late = "late", absent = "absent",
    } },
  },
  by = "way",
  fine = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  refused = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  silent = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  overrun = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  cut = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  garbage = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  slow = { call = "soak.read", response = { { "number", from = "number", title = "号" } } },
  mapped = { call = "soak.read", response = { { "number", from = "number", title = "号", map = function(value) return value:lower() end } } },
  json = { call = "soak.json", response = { { "json", from = "json", title = "全文", block = true } } },
  nojson = { call = "soak.json", response = { { "json", from = "json", title = "全文", block = true } } },
  raised = { call = "soak.raise", response = { { "nothing", value = "", title = "无" } } },
  loops = { call = "soak.loop", response = { { "nothing", value = "", title = "无" } } },
  late = { call = "late.read", response = { { "number", from = "number", title = "号" } } },
  absent = { call = "absent.read", response = { { "number", from = "number", title = "号" } } },
}
