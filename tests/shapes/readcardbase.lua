-- A returned string is the answer: the library's own, or one that a function takes back.
return mps.library {
  title = "工伤读卡",
  file = { windows = "SSCardDriverGS.dll", linux = "libSSCardDriverGS.so" },
  functions = {
    ReadCardBase = { returns = "str" },
    DoDebit      = { "str? input", returns = "str", free = "FreeString" },
  },
  methods = {
    read  = { "ReadCardBase", split = { "returns", "|", "area", "id", "card_no", "card_code", "name" } },
    debit = function(lib)
      local first = lib.DoDebit("一").code
      return { first = first, second = lib.DoDebit("二").code }
    end,
  },
}
