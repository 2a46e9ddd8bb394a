/* HeaSecReadInfo: an Init that takes JSON, and buffers that hold the data or the reason. */
#include "vendor.h"

static int ready;

VENDOR(int) Init(const char *info, char *error)
{
    ready = strstr(info, "\"ORG_ID\":\"H320\"") && strstr(info, "\"PORT\":8080") && strstr(info, "\"TIMEOUT\":60");
    if (!ready)
        strcpy(error, "初始化参数不正确");
    if (strstr(info, "10.0.0.9"))
        ready = 0;
    return error[0] ? 1 : 0;
}

VENDOR(int) ReadCardBas(char *card, char *business)
{
    if (!ready) {
        strcpy(card, "请先初始化");
        return -1;
    }
    strcpy(card, "320100|XXXXXXXX|XXXXXX|XXXX|李四|3B6D00|1.0|20210118|20310118|000000000000|SN|");
    strcpy(business, "{}");
    return 0;
}
