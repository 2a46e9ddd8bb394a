-- 350200: cards are read by PC/SC, without a vendor's library.
local f = mps.base()
f["03"].call = "pcsc.read_card"
return f
