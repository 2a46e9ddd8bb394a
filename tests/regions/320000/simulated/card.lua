return mps.simulation {
  title = "模拟江苏社会保障卡",
  functions = {
    Init        = { returns = 0 },
    ReadCardBas = { returns = 0, pCardInfo = "320100|XXXXXXXX|XXXXXX|XXXX|XXX|XX|3.00|20210118|20310118|XX|XX|" },
  },
}
