/* HeaSecReadInfo as it comes with a reader of another maker: it uses dcrf32 without loading it itself on Linux, and leaves
 * its error text in the buffer that the data would be in. */
#include "vendor.h"

#ifdef _WIN32
__declspec(dllimport)
#endif
int dc_card_no(char *number);

static int ready;

VENDOR(long) Init(const char *info, char *error)
{
    ready = strstr(info, "320100") != 0;
    if (!ready)
        strcpy(error, "地区编码不正确");
    return ready ? 0 : -1;
}

VENDOR(long) ReadCardBas(char *card, char *business)
{
    char number[16];
    dc_card_no(number);
    sprintf(card, "320100|XXXXXXXX|%s|XXXX|李四|", number);
    strcpy(business, "{}");
    return 0;
}

/* The photo's place may be null: no photo is wanted. */
VENDOR(long) ReadSFZ(const char *photo, char *card, char *business)
{
    (void)business;
    sprintf(card, "李四|%s|", photo ? photo : "没有照片");
    return 0;
}
