/* SSSE32 (the card specification's terminal interface): a handle above zero, bytes and commands with their length before
 * them, answers whose length is returned, and texts of a fixed length without a NUL. */
#include "vendor.h"

static long opened;

VENDOR(long) ICC_Reader_Open(const char *device)
{
    if (strlen(device) != 4)
        return -14;
    if (strcmp(device, "COM9") == 0)
        return -11;
    if (opened)
        return -13; /* who leaves it open cannot open it again */
    return opened = 0x1234;
}

VENDOR(long) ICC_Reader_Close(long handle)
{
    if (handle != opened)
        return -12;
    opened = 0;
    return 0;
}

VENDOR(long) ICC_Reader_PowerOn(long handle, unsigned char slot, unsigned char *atr)
{
    static const unsigned char answer[] = {0x3B, 0x6D, 0x00, 0x00, 0xA7};
    if (handle != opened)
        return -12;
    if (slot != 0x11)
        return -2;
    memcpy(atr, answer, sizeof answer);
    return sizeof answer;
}

VENDOR(long) ICC_Reader_Application(long handle, unsigned char slot, long length, unsigned char *command, unsigned char *answer)
{
    if (handle != opened || slot != 0x11)
        return -12;
    if (length == 1) { /* a vendor that writes more than anyone declared */
        memset(answer, 0, 300);
        return 300;
    }
    if (length == 2) /* and one that counts more than it writes */
        return 4000;
    if (length != 7 || command[0] != 0x00 || command[1] != 0xA4)
        return -13;
    answer[0] = 0x61;
    answer[1] = command[6];
    return 2;
}

VENDOR(long) ICC_Reader_Libinfo(char *info)
{
    memcpy(info, "SSSE32 V3.00 of an invented make", 32);
    return 0;
}

/* -1 here is a patient who cancels, not a card the wrong way round. */
VENDOR(long) ICC_GetInputPassEx(long handle, unsigned char seconds, unsigned char *length, unsigned char *pass,
                                unsigned char *shown, unsigned char command)
{
    (void)shown;
    if (handle != opened || command != 1)
        return -12;
    if (seconds == 0)
        return -1;
    memcpy(pass, "123456??", 8);
    *length = 6;
    return 0;
}
