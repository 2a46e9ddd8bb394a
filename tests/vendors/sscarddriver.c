/* SSCardDriver, the standard driver: pipes, negative codes with a sentence in the buffer, and steps through the region's server
 * where the reader has no security module. */
#include "vendor.h"

VENDOR(long) iReadCardBas(int type, char *info)
{
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
    sprintf(info, "331100|3B6D|03|XXXX|%d|", type);
    return 0;
}

VENDOR(long) iReadCardBas_HSM_Step2(const char *key, char *info)
{
    if (strcmp(key, "AAAA|BBBB|") != 0)
        return -15;
    strcpy(info, "331100|XXXXXXXX|XXXXXX|XXXX|三代卡|3B6D|3.00|20210118|20310118|000000000000|SN|");
    return 0;
}
