/* A card library of the SSC_* shape. What it does is chosen by the port that it is opened with, so that
 * a test needs nothing but a setting. Strings are GBK: compile with -fexec-charset=GBK. */
#include "vendor.h"

static const char *mode = "";
static long opened;

VENDOR(long) SSC_Open(const char *port, char *error)
{
    static char kept[64];
    strncpy(kept, port, sizeof kept - 1);
    mode = kept;
    if (strcmp(mode, "UNPLUGGED") == 0) {
        strcpy(error, "设备未打开！");
        return -1;
    }
    if (strcmp(mode, "SILENT") == 0)
        return -11; /* an error table's row, no text of its own */
    if (opened) {
        strcpy(error, "重复打开");
        return -99;
    }
    if (strcmp(mode, "OPENOVER") == 0)
        memset(error, 'A', 5000);
    opened = 1;
    return 0;
}

VENDOR(long) SSC_ReadCard(char *info, char *error)
{
    if (strcmp(mode, "NOCARD") == 0) {
        strcpy(error, "无卡");
        return -2;
    }
    if (strcmp(mode, "HANG") == 0)
        sleep_ms(2500);
    if (strcmp(mode, "OVERRUN") == 0)
        memset(info, 'A', 5000);
    if (strcmp(mode, "SHORT") == 0)
        strcpy(info, "350200|XXXXXXXX|DG");
    else if (strcmp(mode, "RARE") == 0) /* 䶮 as GB18030 writes it; 喆 and 韡 are GBK */
        strcpy(info, "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|\xFE\x9F喆韡|");
    else if (strcmp(mode, "CUT") == 0) /* a fixed field that ended inside a character */
        strcpy(info, "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|张\xB3|");
    else if (strcmp(mode, "REENTER") == 0)
        reenter(info);
    else if (strcmp(mode, "OVERRUN") != 0)
        strcpy(info, "350200|XXXXXXXX|DGXXXXXX|XXXXXXXXXXXXXXXXXXXX|XXX|");
    return 0;
}

VENDOR(long) SSC_Close(void)
{
    opened = 0;
    return 0;
}
