return mps.simulation {
  title = "模拟珠海社会保障卡",
  functions = {
    OpenDevice   = { returns = 1 },
    SsseReadCard = { returns = 0, info = "XXXX:1:3.00:XX:20210118:20310118:XXXXXX:XXXXXXXX:XXX::1:01:XX:19980101" },
    CloseDevice  = { returns = 0 },
  },
}
