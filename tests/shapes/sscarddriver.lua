-- SSCardDriver: pipes; a reader without a security module asks the region's server between two steps.
local names = { "area", "id", "card_no", "card_code", "name" }
return mps.library {
  title = "社保卡标准驱动",
  file = { windows = "SSCardDriver.dll", linux = "libSSCardDriver.so" },
  functions = {
    iReadCardBas           = { "i32 type", "out[1024] info", returns = "long", ok = 0, error = "info" },
    iReadCardBas_HSM_Step1 = { "i32 type", "out[1024] info", returns = "long", ok = 0, error = "info" },
    iReadCardBas_HSM_Step2 = { "str key", "out[1024] info", returns = "long", ok = 0, error = "info" },
  },
  errors = { [-15] = { "MAC校验错误" } },
  methods = {
    read    = { "iReadCardBas", 1, split = { "info", "|", "area", "id", "card_no", "card_code", "name" } },
    no_card = { "iReadCardBas", 9 },
    steps   = function(lib)
      local r = lib.iReadCardBas(3)
      if r.code == -2201 then
        lib.iReadCardBas_HSM_Step1(3)
        r = lib.iReadCardBas_HSM_Step2("AAAA|BBBB|")
      end
      return mps.text.split(r.info, "|", names)
    end,
  },
}
