/* The answer of the specification's sample. */
#define SAMPLE \
    "{\n" \
    "    \"code\": \"0\",\n" \
    "    \"data\": {\n" \
    "        \"aac002\": \"XXXXXXXX\",\n" \
    "        \"aaz500\": \"XXXXXX\",\n" \
    "        \"actCardNo\": \"1\",\n" \
    "        \"bab520\": \"350200\",\n" \
    "        \"bkz543\": \"XXXXXXXXXXXXXXXXXX\",\n" \
    "        \"businessType\": \"01101\",\n" \
    "        \"certfCodg\": \"XXXXXXXXXXXXXXXX\",\n" \
    "        \"deviceType\": \"SelfService\",\n" \
    "        \"ecIndexNo\": \"4ECB11CE34F6955A5ABF72BEC694C94F\",\n" \
    "        \"ecToken\": \"350000ec7ed79i1c4n0a83460a0000d425f060\",\n" \
    "        \"id0000\": \"35000001XXXXXXXXXXXXX01\",\n" \
    "        \"idNo\": \"XXXXXXXXXXXX\",\n" \
    "        \"idType\": \"01\",\n" \
    "        \"identity_token\": \"TaXUJtOFNLtgRmwxpfrtkd0/Cxln0pDbxsRvZUw29fV8MzAYdnKyvZqPs6WpRRVlaDQE9JnVydSdC6C9Oru1kFikjoks6KkoXfcmkVCQHGvhNyLjCVA0MjT4moA1yJt/LezHmjSUoLFahqBtvb+RsNITXYtLU1etRybfU+gYHI0RzOVphIyMaZVbVJ5mEQk2Lv2ZSO6MnFg8tA5G8RGE9YFK8TR5bjmRTCYRVbtbzho4gJmcfkK6pt8l3DWmeS2CaHZrekPKBBzHPsiMjmHQxUg35daCnx0NRUw5G6rIEc90t9Rxaun9Nsic/dMhL1VlFU1zAwmWO3+xJ4FsxjrDhPT8da0ybJ6qsLSe3bcmouD0V9e0TYmsWI+YC2K+nwlvw8oXazfCfo/+5D8AYNbe1g==\",\n" \
    "        \"officeId\": \"\",\n" \
    "        \"officeName\": \"\",\n" \
    "        \"operatorId\": \"zzjH350XXXXXXXX\",\n" \
    "        \"operatorName\": \"DDJS\",\n" \
    "        \"orgId\": \"H350XXXXXX\",\n" \
    "        \"userName\": \"XXXXX\"\n" \
    "    },\n" \
    "    \"infno\": null,\n" \
    "    \"message\": \"success\",\n" \
    "    \"orgId\": \"H350XXXXXXXXX\",\n" \
    "    \"transType\": \"ec.query\"\n" \
    "}"
