return mps.simulation {
  title = "模拟广州社会保障卡",
  functions = {
    Init          = { returns = 0 },
    ReadCardBasGZ = { returns = 0, info = "440600|XXXXXXXX|XXXXXX|XXXX|XXX|", sign = "WFhYWA==" },
  },
}
