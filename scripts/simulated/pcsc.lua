-- Stands in for devices/pcsc.lua with --sim or `simulate = true`: an invented card of the second generation.
return mps.simulation {
  title = "模拟PC/SC社会保障卡",
  functions = {
    connect    = { returns = "0", reader = "模拟读卡器", atr = "3B6800005353434152443031" },
    disconnect = { returns = "0" },
    read_card  = { returns = "0",
      id = "XXXXXXXXXXXXXXXXXX", cardnum = "DGXXXXXXX", name = "XXX",
      cardCode = "350200D156000005XXXXXXXXXXXXXXXX", area = "350200",
      sex = "1", nation = "01", birthplace = "350200", birthday = "19000101",
      class = "3", version = "2.00", institution = "000000000000000000000000", issued = "20200101", expires = "20300101" },
    read_item  = { returns = "0", hex = "312E3030", text = "1.00" },
    cancel     = { returns = "0" },
    transmit   = { returns = "0", data = "", sw = "9000" },
  },
}
