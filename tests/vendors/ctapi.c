/* CT-API of German terminals: small integers by value, small integers in and out by pointer, and a signed byte returned, of
 * which only the low bits are defined. */
#include "vendor.h"

/* What a compiler leaves above the byte is anything. */
#define BYTE_RESULT(code) (0x12345600 | ((code)&0xFF))

VENDOR(int) CT_init(unsigned short terminal, unsigned short port)
{
    return BYTE_RESULT(terminal == 1 && port == 65535 ? 0 : -8);
}

VENDOR(int) CT_data(unsigned short terminal, unsigned char *to, unsigned char *from, unsigned short length,
                    unsigned char *command, unsigned short *answered, unsigned char *answer)
{
    if (terminal != 1 || *to != 1 || *from != 2 || *answered != 300 || length != 5)
        return BYTE_RESULT(-1);
    if (command[0] == 0xFF) { /* a terminal that takes the counter for an int */
        memset(answered, 0xFF, 4);
        return BYTE_RESULT(0);
    }
    *to = 2;
    *from = 200;
    memcpy(answer, "\x90\x00", 2);
    *answered = 2;
    return BYTE_RESULT(0);
}

VENDOR(int) CT_close(unsigned short terminal)
{
    return BYTE_RESULT(terminal == 1 ? 0 : -1);
}
