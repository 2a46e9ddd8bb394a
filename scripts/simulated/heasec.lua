-- Stands in for devices/heasec.lua with --sim or `simulate = true`.
return mps.simulation {
  title = "模拟医保读卡动态库",
  functions = {
    Init        = { returns = 0 },
    ReadCardBas = { returns = 0,
      text = "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|XXX|XXXXXX|3.00|20210118|20310118|000000000000|XXXX|" },
    ReadSFZ     = { returns = 0, text = "XXX|男|汉|19980101|某市某区|XXXXXXXXXXXXXXXXXX|20210118|20310118|某市公安局|" },
    VerifyPIN   = { returns = 0 },
    ChangePIN   = { returns = 0 },
    EcQuery     = { returns = 0,
      answer = '{"code":0,"data":{"idNo":"XXXXXXXX","userName":"XXX","ecToken":"XXXX"},"message":"success"}' },
    GetPersonInfo = { returns = 0, answer = '{"code":0,"data":{}}' },
  },
}
