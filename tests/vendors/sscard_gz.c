/* SSCard of Guangzhou: Init before every reading, each buffer's capacity behind it, and success told by the text alone. */
#include "vendor.h"

static char url[256];

VENDOR(long) Init(const char *address, const char *user)
{
    (void)user;
    snprintf(url, sizeof url, "%s", address);
    return strstr(url, "/down") ? -1 : 0;
}

VENDOR(long) ReadCardBasGZ(char *info, int info_size, char *sign, int sign_size)
{
    if (strstr(url, "/empty"))
        return 0;
    snprintf(info, info_size, "%s|XXXXXXXX|XXXXXX|XXXX|%s |3B6D|3.00|20210118|20310118|000000000000|SN|",
             strstr(url, "/other") ? "350200" : "440600", "张三");
    snprintf(sign, sign_size, "WFhYWA==");
    return 77;
}
