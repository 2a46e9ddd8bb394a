/* cardapi3: UTF-16 throughout, a structure aligned to eight bytes, and errors explained into a buffer of so many characters. */
#include "vendor.h"

typedef unsigned short wide;

struct PERSONINFOW {
    wide name[16], sex[2], nation[10], birthday[10], address[36], cardId[20], police[16], validStart[10], validEnd[10],
        sexCode[2], nationCode[4], appendMsg[36];
    unsigned char version;
    long long counter;
};

static void put(wide *to, const wide *from)
{
    while ((*to++ = *from++))
        ;
}

VENDOR(int) GetPersonMsgW(struct PERSONINFOW *info, const wide *image)
{
    static const wide expected[] = {'D', ':', '\\', 0x7167, 0}; /* 照 */
    static const wide name[] = {0x4DAE, 0x5586, 0};              /* 䶮喆 */
    static const wide sex[] = {0x5973, 0};                       /* 女 */
    int i;
    for (i = 0; i < 5; i++)
        if (image[i] != expected[i])
            return -2;
    put(info->name, name);
    put(info->sex, sex);
    for (i = 0; i < 20; i++)
        info->cardId[i] = 'X'; /* full: no NUL */
    info->version = 3;
    info->counter = 0x100000002LL;
    return 0;
}

VENDOR(void) GetErrorTextW(wide *text, unsigned size)
{
    static const wide told[] = {0x65E0, 0x8BC1, 0x4EF6, 0}; /* 无证件 */
    if (size == 32)
        put(text, told);
}
