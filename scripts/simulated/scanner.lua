-- Stands in for devices/scanner.lua with --sim or `simulate = true`: an invented credential's code.
return mps.simulation {
  title = "模拟扫码枪",
  functions = {
    scan   = { returns = "0", text = "3501XXXXXXXXXXXXXXXXXXXXXXXXXXXX" },
    cancel = { returns = "0" },
  },
}
