local response = {
  { "process", title = "进程", from = "told" },
  { "tag",     title = "标记", from = "state.tag" },
  { "count",   title = "次数", from = "state.count" },
}
return mps.funid {
  title = "出事",
  by = "calls",
  request = {
    { "calls", title = "次数", required = true, values = { ["1"] = "一次", ["2"] = "两次" } },
    { "what",  title = "什么", required = true },
  },
  ["1"] = { call = "faults.act", response = response },
  ["2"] = { call = "faults.act_twice", response = {
    { "process", title = "进程", from = "told" },
  } },
}
