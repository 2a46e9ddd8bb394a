/* WSBDLL and its like: handles as wide as a pointer, wide integers, results in a field instead of a return value, a function
 * known by number, and one with eighteen parameters. */
#include "vendor.h"

static int device;

VENDOR(int) WSB_Open(const char *port, void **handle)
{
    *handle = &device;
    return strcmp(port, "USB") == 0;
}

VENDOR(int) WSB_Close(void *handle)
{
    return handle == &device;
}

VENDOR(void) WSB_Balance(void *handle, long long card, unsigned long long limit, long long *cents, unsigned *left, char *code)
{
    if (handle != &device || card != -9000000000000000001LL || limit != 9000000000000000001ULL) {
        strcpy(code, "0017 ");
        return;
    }
    *cents += 1;
    *left -= 1;
    strcpy(code, "0000 ");
}

/* Compiled for WSBDLL.def to number; cdecl. */
VENDOR_C(unsigned long long) WSB_Serial(signed char small, short less)
{
    return (unsigned long long)(small == -100 && less == -30000) << 40 | 5;
}

VENDOR(int) MIdCheckShortLongCodePF(int a, const char *b, char *c, unsigned char d, short e, const char *f, int *g, long h,
                                    unsigned i, const char *j, char *k, int l, int m, int n, int o, const char *p, char *q, int r)
{
    sprintf(c, "%d%s%d%d%s", a, b, d, e, f);
    sprintf(k, "%ld%u%s%d%d", h, i, j, l, m);
    sprintf(q, "%d%d%s%d", n, o, p, r);
    *g = a + r;
    return 18;
}
