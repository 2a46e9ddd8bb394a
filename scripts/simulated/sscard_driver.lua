-- Stands in for devices/sscard_driver.lua with --sim or `simulate = true`.
local CARD = "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|XXX|XXXXXX|3.00|20210118|20310118|000000000000|XXXX|"

return mps.simulation {
  title = "模拟社会保障卡读写终端",
  functions = {
    iReadCardBas           = { returns = 0, info = CARD },
    iReadCardBas_HSM_Step1 = { returns = 0, info = "350200|XXXXXX|03|XXXX|XXXX|XXXX|XXXX|XXXX|" },
    iReadCardBas_HSM_Step2 = { returns = 0, info = CARD },
    iReadCard              = { returns = 0, info = "SSSEEF06|XXXXXXXX|XXX|1|01|19980101|$" },
    iVerifyPIN             = { returns = 0 },
    iChangePIN             = { returns = 0 },
  },
}
