-- SSSE32: the card specification's own interface to a reader (终端规范补充说明, appendix B), 32-bit on Windows. It only passes
-- commands to the card; reading the card is done here, in the card's own words (APDU, hexadecimal).
local SELECT_CARD = "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"   -- the application sx1.sh.社会保障
local SELECT_FILE = "00A4020002"

-- What the card says of a command, where that is not 9000.
local STATUS = {
  ["6281"] = "数据可能有错，请重新读卡",
  ["6982"] = "卡片要求安全认证，三代卡请改用SSCardDriver和PSAM卡",
  ["6983"] = "卡片已锁定，请持卡人到发卡机构解锁",
  ["6A81"] = "卡片已锁定，请持卡人到发卡机构解锁",
  ["6A82"] = "不是社会保障卡，请插入社会保障卡",
  ["6A83"] = "卡上没有这一项，请持卡人到发卡机构检查",
  ["6D00"] = "不是社会保障卡，请插入社会保障卡",
}

-- Sends a command; the result is what the card answered, without its status.
local function ask(lib, command, again)
  local answer = lib.ICC_Reader_Application(lib.opened.returns, lib.settings.slot, command).answer
  local data, status = answer:sub(1, -5), answer:sub(-4)
  local kind, length = status:sub(1, 2), status:sub(3)
  if status == "9000" then
    return data
  elseif kind == "61" and not again then                   -- so many bytes are ready
    return ask(lib, "00C00000" .. length, true)
  elseif kind == "6C" and not again then                   -- so many bytes should have been asked for
    return ask(lib, command:sub(1, 8) .. length, true)
  end
  mps.fail("读卡失败[" .. status .. "]:" .. (STATUS[status] or "卡片不接受这个命令，请重新插卡"))
end

-- The value of one record: a tag, a length, and so many bytes.
local function item(lib, record, tag)
  local data = ask(lib, ("00B2%02X0400"):format(record))
  if data:sub(1, 2) ~= tag then
    return ""
  end
  return data:sub(5, 4 + 2 * (tonumber(data:sub(3, 4), 16) or 0))
end

local function text(hex)
  return mps.text.trim(mps.text.decode(mps.hex.decode(hex), "GBK"))
end

return mps.library {
  title = "社会保障卡读写器（SSSE32）",
  file = { windows = "SSSE32.dll", linux = "libSSSE32.so" },
  convention = "stdcall",
  charset = "GBK",
  timeout = 30,
  settings = {
    port = { title = "端口，四个字符：USB1到USB9、COM1到COM9、AUTO", default = "AUTO" },
    slot = { title = "卡座：1用户卡，17起是PSAM卡", default = 1 },
  },

  functions = {
    ICC_Reader_Open        = { "str device", returns = "long", ok = ">0" },
    ICC_Reader_Close       = { "long handle", returns = "long", ok = 0 },
    ICC_Reader_GetStatus   = { "long handle", "u8 slot", returns = "long", ok = ">=0" },
    ICC_Reader_PowerOn     = { "long handle", "u8 slot", "out[64] atr as=hex length=return", returns = "long", ok = ">0" },
    ICC_Reader_PowerOff    = { "long handle", "u8 slot", returns = "long", ok = 0 },
    ICC_Reader_Application = { "long handle", "u8 slot", "long len(command)", "bytes command",
                               "out[300] answer as=hex length=return", returns = "long", ok = ">0" },
  },

  errors = {
    [-1]  = { "卡插反或无效卡", advice = "请将芯片朝上重新插卡" },
    [-2]  = { "无卡", advice = "请插入社会保障卡" },
    [-3]  = { "卡片上电失败", advice = "请拔出卡，擦净芯片后重新插入" },
    [-4]  = { "卡片无应答", advice = "请重新插卡；换一张卡能读时，请持卡人到发卡机构检查" },
    [-11] = { "读写器连接失败", advice = "请检查读写器的USB或串口连接，核对mps.toml中的port" },
    [-12] = { "读写器未连接", advice = "请重新插上读写器" },
    [-13] = { "读写器不支持这个指令", advice = "请向厂商要新的驱动" },
    [-14] = { "参数错误", advice = "请核对mps.toml中的port和slot" },
    [-15] = { "校验错误", advice = "请重新读卡" },
  },

  open  = { "ICC_Reader_Open", { setting = "port" } },
  close = { "ICC_Reader_Close", { open = "returns" } },
  probe = { "ICC_Reader_GetStatus", { open = "returns" }, { setting = "slot" } },

  methods = {
    read_card = function(lib)
      local handle, slot = lib.opened.returns, lib.settings.slot
      local reset = lib.ICC_Reader_PowerOn(handle, slot).atr
      ask(lib, SELECT_CARD)
      ask(lib, SELECT_FILE .. "EF05")                       -- 发卡机构数据
      local code, version, number = item(lib, 1, "01"), item(lib, 3, "03"), item(lib, 7, "07")
      ask(lib, SELECT_FILE .. "EF06")                       -- 持卡人基本信息
      local id, name = item(lib, 1, "08"), item(lib, 2, "09")
      if #name == 60 and not name:find("[02]0$") then       -- full to the last byte: it goes on (姓名扩展, from 2.0 on)
        name = name .. item(lib, 3, "4E")
      end
      lib.ICC_Reader_PowerOff(handle, slot)
      return {
        area = code:sub(1, 6), id = text(id), cardnum = text(number), cardCode = code, name = text(name),
        version = text(version), reset = reset,
      }
    end,
  },
}
