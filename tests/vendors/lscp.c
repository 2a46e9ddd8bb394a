/* LSCP of Lishui: one entry, an envelope of carets, and a result within it beside the returned one. */
#include "vendor.h"

VENDOR(int) cpinterface(int code, const char *input, char *output, char *error)
{
    if (code != 2001) {
        strcpy(error, "没有这个交易");
        return -1;
    }
    if (strstr(input, "^NOCARD^"))
        return -2;
    if (strstr(input, "^LOCKED^"))
        sprintf(output, "%s8005^卡已锁定^^^^", input);
    else
        sprintf(output, "%s0000^^^^331100|XXXXXXXX|XXXXXX|XXXX|王五|^", input);
    return 0;
}
