/* CommonInterface of Zhuhai: handles above zero, an error text to ask for, and fields between colons. */
#include "vendor.h"

static int opened, has_card;

VENDOR(int) OpenDevice(const char *port)
{
    if (opened)
        return -8; /* who leaves it open cannot open it again */
    if (strcmp(port, "NONE") == 0)
        return -10;
    has_card = strcmp(port, "EMPTY") != 0;
    return opened = 6;
}

VENDOR(int) SsseReadCard(int handle, int type, char *info)
{
    if (handle != opened || type != 3)
        return -2;
    if (!has_card)
        return -15;
    strcpy(info, "XXXX:1:3.00:XX:20210118:20310118:XXXXXX:XXXXXXXX:赵六::1:01:XX:19980101");
    return (int)strlen(info);
}

VENDOR(int) CloseDevice(int handle)
{
    if (handle == opened)
        opened = 0;
    return 0;
}

VENDOR(void) GetErrorText(int code, char *text)
{
    strcpy(text, code == -10 ? "通讯超时" : code == -15 ? "证件类型不符" : code == -8 ? "发送出错" : "参数错误");
}
