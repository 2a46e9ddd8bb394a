/* ssse_reader of Zhuhai: a packed structure, a counter of tries, and a function that explains codes. On 32-bit Windows it is
 * linked without --kill-at, so that its exports are decorated. */
#include "vendor.h"

struct CardUserInfo {
    char card_id[33], card_no[10], card_issue_date[9], user_id[19], user_name[31], user_sex[2], user_phone_number[16];
};

VENDOR(int) icc_reader_open(const char *port)
{
    return strcmp(port, "USB") == 0 ? 7 : -3;
}

VENDOR(int) icc_reader_close(int handle)
{
    return handle == 7 ? 0 : -1;
}

VENDOR(int) icc_reader_get_card_user_info(int handle, const char *pin, struct CardUserInfo *info, int *tries)
{
    if (handle != 7)
        return -1;
    if (strcmp(pin, "LONG") == 0) {
        memset(info, 'A', sizeof *info + 20);
        return 0;
    }
    if (strcmp(pin, "123456") != 0) {
        *tries = 4;
        return -5;
    }
    *tries = 6;
    memcpy(info->card_id, "440400XXXXXXXXXXXXXXXXXXXXXXXXXX", 32);
    memcpy(info->card_no, "XXXXXXXXXX", 10); /* full: no NUL */
    strcpy(info->card_issue_date, "20210118");
    strcpy(info->user_id, "XXXXXXXXXXXXXXXXXX");
    strcpy(info->user_name, "陈七");
    strcpy(info->user_sex, "1");
    return 0;
}

VENDOR(void) get_error_message(int code, char *text)
{
    strcpy(text, code == -5 ? "密码错误" : code == -3 ? "没有找到读卡器" : "");
}
