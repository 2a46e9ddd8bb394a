/* A library to be tried: it talks on standard output, and one of its functions never comes back alive. */
#include "vendor.h"

VENDOR(int) Version(void)
{
    printf("vendor chatter mps-probe {\n");
    fflush(stdout);
    return 3;
}

VENDOR(int) NoCard(void)
{
    return -2;
}

VENDOR(int) Crash(void)
{
    abort();
}

VENDOR(int) Hang(void)
{
    sleep_ms(60000);
    return 0;
}
