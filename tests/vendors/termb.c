/* termb of the CVR readers: steps without parameters, success is 1, and a getter for each item. */
#include "vendor.h"

static int step;

VENDOR(int) CVR_InitComm(int port)
{
    step = port == 1001;
    return step ? 1 : 2;
}

VENDOR(int) CVR_Authenticate(void)
{
    return step == 1 ? (step = 2, 1) : 2;
}

VENDOR(int) CVR_Read_Content(int active)
{
    return step == 2 && active == 4 ? (step = 3, 1) : 0;
}

VENDOR(int) CVR_CloseComm(void)
{
    step = 0;
    return 1;
}

VENDOR(int) GetPeopleName(unsigned char *text, int *length)
{
    if (step != 3)
        return 0;
    memcpy(text, "马十!!!", 7); /* not terminated: the length counts */
    *length = 4;
    return 1;
}
