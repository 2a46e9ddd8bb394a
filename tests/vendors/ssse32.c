/* SSSE32 (the card specification's terminal interface): a handle above zero, bytes and commands with their length before
 * them, answers whose length is returned, and texts of a fixed length without a NUL. Slot 1 holds a card; the port says which: GEN3
 * refuses to be read, LONG has a name that goes on in the next item, BANK is no social card, and a port that begins with E asks for
 * the error of that number, one that begins with S for that status. */
#include "vendor.h"

static long opened, powered, file;
static char port[8];

VENDOR(long) ICC_Reader_Open(const char *device)
{
    if (device[0] == 'E')
        return -atoi(device + 1);
    if (strlen(device) != 4 && device[0] != 'S')
        return -14;
    strncpy(port, device, sizeof port - 1);
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
    opened = powered = file = 0;
    return 0;
}

VENDOR(long) ICC_Reader_GetStatus(long handle, unsigned char slot)
{
    if (handle != opened)
        return -12;
    return slot == 0x01 ? 0 : -2;
}

VENDOR(long) ICC_Reader_PowerOn(long handle, unsigned char slot, unsigned char *atr)
{
    static const unsigned char answer[] = {0x3B, 0x6D, 0x00, 0x00, 0xA7};
    if (handle != opened)
        return -12;
    if (slot != 0x11 && slot != 0x01)
        return -2;
    powered = slot;
    memcpy(atr, answer, sizeof answer);
    return sizeof answer;
}

VENDOR(long) ICC_Reader_PowerOff(long handle, unsigned char slot)
{
    if (handle != opened || slot != powered)
        return -12;
    powered = 0;
    return 0;
}

static long say(unsigned char *answer, const void *data, int length, int status)
{
    memcpy(answer, data, length);
    answer[length] = status >> 8;
    answer[length + 1] = status & 0xFF;
    return length + 2;
}

/* An item of a file: its tag, its length and its value. */
static long record(unsigned char *answer, int tag, const char *value, int length)
{
    unsigned char data[64] = {0};
    data[0] = tag;
    data[1] = length;
    memcpy(data + 2, value, strnlen(value, length));
    return say(answer, data, length + 2, 0x9000);
}

/* The card in slot 1. */
static long social_card(long length, const unsigned char *command, unsigned char *answer)
{
    static const unsigned char name[] = "sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";
    static const char owner[] = "欧阳欧阳欧阳欧阳欧阳欧阳欧阳欧";
    int is_long = strcmp(port, "LONG") == 0;
    if (!powered)
        return -3;
    if (port[0] == 'S')
        return say(answer, "", 0, (int)strtol(port + 1, 0, 16));
    if (length == 20 && memcmp(command, "\x00\xA4\x04\x00\x0F", 5) == 0 && memcmp(command + 5, name, 15) == 0)
        return say(answer, "", 0, strcmp(port, "BANK") == 0 ? 0x6A82 : 0x611E);
    if (memcmp(command, "\x00\xC0\x00\x00\x1E", 5) == 0)
        return say(answer, "\x6F\x1C", 2, 0x9000);
    if (length == 7 && memcmp(command, "\x00\xA4\x02\x00\x02\xEF", 6) == 0) {
        file = command[6];
        return say(answer, "", 0, 0x9000);
    }
    if (length != 5 || command[1] != 0xB2)
        return say(answer, "", 0, 0x6D00);
    if (strcmp(port, "GEN3") == 0)
        return say(answer, "", 0, 0x6982);
    if (file == 0x06 && command[2] == 1 && command[4] != 0x14) /* it wants to be asked for as much as there is */
        return say(answer, "", 0, 0x6C14);
    switch (file << 8 | command[2]) {
    case 0x0501:
        return record(answer, 0x01, "\x35\x02\x02\xD1\x56", 16);
    case 0x0503:
        return record(answer, 0x03, "2.00", 4);
    case 0x0507:
        return record(answer, 0x07, "X00000019", 9);
    case 0x0601:
        return record(answer, 0x08, "XXXXXXXXXXXXXXXXXX", 18);
    case 0x0602:
        return record(answer, 0x09, is_long ? owner : "钱七", 30);
    case 0x0603:
        return is_long ? record(answer, 0x4E, "阳", 20) : record(answer, 0x4E, "", 20);
    }
    return say(answer, "", 0, 0x6A83);
}

VENDOR(long) ICC_Reader_Application(long handle, unsigned char slot, long length, unsigned char *command, unsigned char *answer)
{
    if (handle == opened && slot == 0x01)
        return social_card(length, command, answer);
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
    if (seconds < 2)
        return -1 - seconds;
    memcpy(pass, "123456??", 8);
    *length = 6;
    return 0;
}
