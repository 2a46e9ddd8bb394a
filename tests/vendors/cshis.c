/* CsHis of Taiwan: every length goes in as the capacity and comes back as what was written; columns of Big5, cut by bytes. */
#include "vendor.h"

static int port;

VENDOR(int) csOpenCom(int number)
{
    port = number;
    return number == 3 ? 4000 : 0;
}

VENDOR(int) csCloseCom(void)
{
    return port = 0;
}

VENDOR(int) hisGetBasicData(char *data, int *length)
{
    if (*length < 72)
        return 4010;
    if (port == 2)
        return 4013;
    memset(data, ' ', 72);
    memcpy(data, "900000000000", 12);
    memcpy(data + 12, "\xB3\xAF\xA4\x43", 4); /* 陳七 */
    memcpy(data + 31, "\xB3", 1);             /* a character that the column cuts */
    memcpy(data + 32, "XXXXXXXXXX", 10);
    memcpy(data + 42, "0870101", 7);
    data[49] = 'F';
    memcpy(data + 50, "1100118", 7);
    *length = 72;
    return 0;
}

/* A text in Big5, NUL-terminated. */
VENDOR(int) csGetVersionEx(const char *path, char *text)
{
    if (strcmp(path, "\xB8\xF4") != 0) /* 路 */
        return 4050;
    strcpy(text, "\xB0\xB7\xAB\x4F"); /* 健保 */
    return 0;
}
