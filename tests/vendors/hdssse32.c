/* HDSSSE32: one buffer for each item. */
#include "vendor.h"

VENDOR(int) PICC_Reader_ReadIDMsg(int handle, char *photo, char *name, char *sex, char *nation, char *birth, char *address,
                                  char *number, char *department, char *from, char *until, char *error)
{
    if (handle == 0) {
        strcpy(error, "句柄无效");
        return -12;
    }
    if (handle == 2) {
        memset(department, '*', 100);
        return 0;
    }
    strcpy(photo, "photo.bmp");
    strcpy(name, "买买提·吐尔逊");
    strcpy(sex, "男");
    strcpy(nation, "维吾尔");
    strcpy(birth, "19980101");
    strcpy(address, "某市某区");
    strcpy(number, "XXXXXXXXXXXXXXXXXX");
    strcpy(department, "某市公安局");
    strcpy(from, "20210118");
    strcpy(until, "长期");
    return 0;
}
