-- Stands in for devices/credential.lua with --sim or `simulate = true`: the credential of the specification's sample.
return mps.simulation {
  title = "模拟电子医保凭证",
  functions = {
    NationEcTrans = { returns = "0000", answer = [[
{
    "code": "0",
    "data": {
        "aac002": "XXXXXXXX",
        "aaz500": "XXXXXX",
        "actCardNo": "1",
        "bab520": "350200",
        "bkz543": "XXXXXXXXXXXXXXXXXX",
        "businessType": "01101",
        "certfCodg": "XXXXXXXXXXXXXXXX",
        "deviceType": "SelfService",
        "ecIndexNo": "4ECB11CE34F6955A5ABF72BEC694C94F",
        "ecToken": "350000ec7ed79i1c4n0a83460a0000d425f060",
        "id0000": "35000001XXXXXXXXXXXXX01",
        "idNo": "XXXXXXXXXXXX",
        "idType": "01",
        "identity_token": "TaXUJtOFNLtgRmwxpfrtkd0/Cxln0pDbxsRvZUw29fV8MzAYdnKyvZqPs6WpRRVlaDQE9JnVydSdC6C9Oru1kFikjoks6KkoXfcmkVCQHGvhNyLjCVA0MjT4moA1yJt/LezHmjSUoLFahqBtvb+RsNITXYtLU1etRybfU+gYHI0RzOVphIyMaZVbVJ5mEQk2Lv2ZSO6MnFg8tA5G8RGE9YFK8TR5bjmRTCYRVbtbzho4gJmcfkK6pt8l3DWmeS2CaHZrekPKBBzHPsiMjmHQxUg35daCnx0NRUw5G6rIEc90t9Rxaun9Nsic/dMhL1VlFU1zAwmWO3+xJ4FsxjrDhPT8da0ybJ6qsLSe3bcmouD0V9e0TYmsWI+YC2K+nwlvw8oXazfCfo/+5D8AYNbe1g==",
        "officeId": "",
        "officeName": "",
        "operatorId": "zzjH350XXXXXXXX",
        "operatorName": "DDJS",
        "orgId": "H350XXXXXX",
        "userName": "XXXXX"
    },
    "infno": null,
    "message": "success",
    "orgId": "H350XXXXXXXXX",
    "transType": "ec.query"
}]] },
  },
}
