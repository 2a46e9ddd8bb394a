-- CsHis: Big5, a length that goes in as the capacity and comes back as what was written, columns of so many bytes.
return mps.library {
  title = "健保卡讀卡機",
  file = { windows = "CsHis.dll", linux = "libCsHis.so" },
  charset = "Big5",
  settings = { port = { title = "串口", default = 1 } },
  functions = {
    csOpenCom       = { "i32 port", returns = "i32", ok = 0 },
    csCloseCom      = { returns = "i32", ok = 0 },
    hisGetBasicData = { "out[72] data length=len as=raw", "inout i32 len", returns = "i32", ok = 0 },
    csGetVersionEx  = { "str path", "out[64] text", returns = "i32", ok = 0 },
  },
  errors = { [4000] = { "讀卡機逾時" }, [4013] = { "未置入健保卡", advice = "請插入健保卡" } },
  open  = { "csOpenCom", { setting = "port" } },
  close = { "csCloseCom" },
  methods = {
    read = function(lib)
      local r = lib.hisGetBasicData()
      -- Cut by bytes; what is decoded comes after.
      return { card_no = r.data:sub(1, 12), id = r.data:sub(33, 42), birthday = r.data:sub(43, 49), bytes = #r.data, len = r.len }
    end,
    shown   = { "hisGetBasicData" },
    version = { "csGetVersionEx", "路" },
    wrong   = { "csGetVersionEx", "x" },
    lacking = { "csGetVersionEx", "镕" },
  },
}
