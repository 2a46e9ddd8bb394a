return mps.simulation {
  title = "模拟丽水社会保障卡",
  functions = {
    cpinterface = function(code, input)
      return { returns = 0, output = code .. input:sub(5) .. "0000^^^^331100|XXXXXXXX|XXXXXX|XXXX|XXX|^" }
    end,
  },
}
