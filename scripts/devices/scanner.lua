-- 扫码枪 on a serial port, or on a USB port that shows itself as one.
return mps.library {
  title = "串口扫码枪",
  builtin = "serial",                                       -- its functions: scan, cancel
  timeout = 65,                                             -- seconds, more than `wait`
  settings = {
    port    = { title = "串口，例如COM3或ttyUSB0", required = true },
    baud    = { title = "波特率", default = 9600 },
    suffix  = { title = "结束符：CR、LF、CRLF、any（CR或LF）、none（没有）", default = "any" },
    charset = { title = "字符集", default = "UTF-8" },
    wait    = { title = "等待扫码的秒数", default = 60 },
  },
  failure = "扫码失败：${error}，${advice}",

  methods = {
    -- text: the code as the scanner sent it, without the suffix
    scan = { "scan", { setting = "port" }, { setting = "baud" }, { setting = "suffix" },
      { setting = "charset" }, { setting = "wait" } },
    -- Ends the waiting of a `scan` that another thread of the hospital's program began.
    cancel = { "cancel" },
  },
}
