-- Stands in for devices/card.lua with --sim or `simulate = true`: the card of the specification's sample.
return mps.simulation {
  title = "模拟社会保障卡",
  functions = {
    SSC_Open     = { returns = 0 },
    SSC_ReadCard = { returns = 0, info = "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|XXX|" },
    SSC_Close    = { returns = 0 },
  },
}
