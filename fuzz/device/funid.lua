return mps.funid {
  title = "会说话的动态库",
  request = {
    { "way", title = "方式", required = true,
      values = { a = "a", b = "b", c = "c", d = "d", e = "e", f = "f", g = "g", h = "h" } },
  },
  by = "way",
  a = { call = "fuzz.split", response = { { "a", from = "a", title = "a" }, { "c", from = "c", title = "c", block = true } } },
  b = { call = "fuzz.json", response = {
    { "whole", from = "whole", title = "全文", block = true }, { "id", from = "data.idNo", title = "号" },
  } },
  c = { call = "fuzz.length", response = { { "text", from = "text", title = "文本" } } },
  d = { call = "fuzz.told", response = { { "text", from = "text", title = "文本" }, { "told", from = "told", title = "长" } } },
  e = { call = "fuzz.numbers", response = { { "small", from = "small", title = "小" }, { "large", from = "large", title = "大" } } },
  f = { call = "fuzz.record", response = {
    { "name", from = "record.name", title = "名" }, { "count", from = "record.count", title = "数" },
    { "wide", from = "record.wide", title = "宽" }, { "uid", from = "record.uid", title = "号" },
  } },
  g = { call = "fuzz.text", response = { { "a", from = "a", title = "a" }, { "b", from = "b", title = "b" } } },
  h = { call = "fuzz.wide", response = {
    { "text", from = "text", title = "文本", map = function(value) return mps.text and value:upper() or value end },
  } },
}
