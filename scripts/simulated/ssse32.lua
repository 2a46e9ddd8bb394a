-- Stands in for devices/ssse32.lua with --sim or `simulate = true`: a card with its two files, command by command.
local file

local FILES = {
  EF05 = { [1] = "0110350200" .. ("0"):rep(26), [3] = "0304332E3030", [7] = "0709" .. "445858585858585858" },
  EF06 = { [1] = "0812" .. ("58"):rep(18), [2] = "091E" .. "585858" .. ("00"):rep(27) },
}

local function card(command)
  local select = command:match("^00A4020002(%x%x%x%x)$")
  if select then
    file = FILES[select]
    return file and "9000" or "6A82"
  end
  local record = command:match("^00B2(%x%x)0400$")
  if record then
    local data = file and file[tonumber(record, 16)]
    return data and data .. "9000" or "6A83"
  end
  return "9000"
end

return mps.simulation {
  title = "模拟社会保障卡读写器",
  functions = {
    ICC_Reader_Open        = { returns = 1 },
    ICC_Reader_Close       = { returns = 0 },
    ICC_Reader_GetStatus   = { returns = 0 },
    ICC_Reader_PowerOn     = { returns = 5, atr = "3B6D0000A7" },
    ICC_Reader_PowerOff    = { returns = 0 },
    ICC_Reader_Application = function(_, _, command)
      local answer = card(command)
      return { returns = #answer // 2, answer = answer }
    end,
  },
}
