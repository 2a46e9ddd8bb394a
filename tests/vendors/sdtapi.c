/* sdtapi of the ministry: success is 0x90 and 0x9F, two buffers with a length each, fixed columns in UTF-16; and `unpack`,
 * which is cdecl beside stdcall. */
#include "vendor.h"

static const unsigned short person[] = {0x5F20, 0x4E09, ' ', ' ', '1', '0', '1', 'X', 'X', 'X', 'X'}; /* 张三 */

VENDOR(int) SDT_OpenPort(int port)
{
    return port == 1001 ? 0x90 : 1;
}

VENDOR(int) SDT_ClosePort(int port)
{
    return port == 1001 ? 0x90 : 1;
}

VENDOR(int) SDT_StartFindIDCard(int port, unsigned char *iin, int open)
{
    (void)open;
    memcpy(iin, "\0\0\0\x08", 4);
    return port == 1001 ? 0x9F : 0x80;
}

VENDOR(int) SDT_ReadBaseMsg(int port, unsigned char *text, unsigned *text_length, unsigned char *photo, unsigned *photo_length, int open)
{
    if (port != 1001 || *text_length != 256 || *photo_length != 1024)
        return 0x41;
    if (open == 9)
        return 0x41;
    memcpy(text, person, sizeof person);
    *text_length = sizeof person;
    memcpy(photo, "WLf\0~", 5);
    *photo_length = 5;
    return 0x90;
}

VENDOR_C(int) unpack(const char *photo, char *bitmap, int length)
{
    if (memcmp(photo, "WLf\0~", 5) != 0 || length != 5)
        return -1;
    strcpy(bitmap, "BM");
    return 1;
}
