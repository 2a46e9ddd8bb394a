/* SSCardDriver, the standard driver: pipes, negative codes with a sentence in the buffer or without, and steps through the region's
 * server where the reader has no security module. A negative kind of card asks for that very code. */
#include "vendor.h"

/* Whether the second step may come: the first one has been made, and nothing in between. */
static int challenged;

VENDOR(long) iReadCardBas(int type, char *info)
{
    challenged = 0;
    if (type < 0)
        return type;
    if (type == 9) {
        strcpy(info, "未检测到卡片");
        return -2;
    }
    if (type == 3)
        return -2201;
    strcpy(info, "331100|XXXXXXXX|XXXXXX|XXXX|王五|3B6D|3.00|20210118|20310118|000000000000|SN|");
    return 0;
}

VENDOR(long) iReadCardBas_HSM_Step1(int type, char *info)
{
    challenged = 1;
    sprintf(info, "331100|3B6D|03|XXXX|%d|", type);
    return 0;
}

VENDOR(long) iReadCardBas_HSM_Step2(const char *key, char *info)
{
    if (!challenged) {
        strcpy(info, "请先执行步骤一");
        return -14;
    }
    challenged = 0;
    if (strcmp(key, "AAAA|BBBB|") != 0)
        return -15;
    strcpy(info, "331100|XXXXXXXX|XXXXXX|XXXX|三代卡|3B6D|3.00|20210118|20310118|000000000000|SN|");
    return 0;
}

VENDOR(long) iReadCard(int type, int auth, const char *card, const char *files, char *info)
{
    if (type < 0)
        return type;
    if (auth != 1 || *card || strcmp(files, "SSSEEF06|08|09|0A|0B|0D|$") != 0) {
        strcpy(info, "读卡参数不正确");
        return -14;
    }
    strcpy(info, "SSSEEF06|XXXXXXXX|王五|1|01|19980101|$");
    return 0;
}

VENDOR(long) iVerifyPIN(int type, char *info)
{
    (void)info;
    return type < 0 ? type : 0;
}

VENDOR(long) iChangePIN(int type, char *info)
{
    return iVerifyPIN(type, info);
}
