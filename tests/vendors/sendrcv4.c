/* SendRcv4 of Shanghai: the question in UTF-8, the answer in GBK, and success told inside it. */
#include "vendor.h"

VENDOR(const char *) SendRcv4(const char *key, const char *request, char *answer)
{
    /* 操作员 in UTF-8. */
    if (strcmp(key, "12345678") != 0 || !strstr(request, "\xE6\x93\x8D\xE4\xBD\x9C\xE5\x91\x98"))
        strcpy(answer, "{\"xxfhm\":\"P100\",\"fhxx\":\"无卡\"}");
    else
        strcpy(answer, "{\"xxfhm\":\"P001\",\"fhxx\":\"\",\"xm\":\"周八\"}");
    return answer;
}
