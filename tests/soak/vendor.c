/* A device that fails in every way, as it is asked to. Compile with -fexec-charset=GBK. */
#include "../vendors/vendor.h"

VENDOR(int) soak_open(void) { return 0; }

VENDOR(int) soak_read(const char *way, char *out)
{
    if (strcmp(way, "refused") == 0)
        return -2;
    if (strcmp(way, "silent") == 0)
        return -77;
    if (strcmp(way, "overrun") == 0)
        memset(out, 'A', 3000);
    else if (strcmp(way, "cut") == 0)
        strcpy(out, "350200|XXXX");
    else if (strcmp(way, "garbage") == 0)
        strcpy(out, "\xFF |\xFF\xFF|x|\xB3\xB3\xFF|");
    else if (strcmp(way, "json") == 0)
        strcpy(out, "{\"code\":0,\"data\":{\"name\":\"张三\"}}");
    else
        strcpy(out, "350200|XXXXXXXX|DGXXXXXX|XXX|");
    if (strcmp(way, "slow") == 0)
        sleep_ms(20);
    if (strcmp(way, "late") == 0)
        sleep_ms(2000);
    return 0;
}

VENDOR(int) soak_close(void) { return 0; }
