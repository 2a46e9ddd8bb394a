/* A library that is called where mps_client is expected. A request that says so makes it die, end the program, hang or answer by
 * itself; every other one goes to the real library, which MPS_REAL names. */
#include "vendor.h"

VENDOR(int) MPS_Call(const char *request, char *response)
{
    static const char own[] = "<?xml version=\"1.0\" encoding=\"GBK\" ?><response><Header><funid>N1</funid><sign></sign>"
                              "<result>0</result><msg>own</msg></Header><Body></Body></response>";
    void *library;
    mps_call call;
    if (strstr(request, "ABORT"))
        abort();
    if (strstr(request, "EXIT"))
        exit(7);
    if (strstr(request, "OWN")) {
        strcpy(response, own);
        return 0;
    }
    while (strstr(request, "HANG"))
        sleep_ms(1000);
    library = dlopen(getenv("MPS_REAL"), RTLD_NOW);
    call = library ? (mps_call)dlsym(library, "MPS_Call") : 0;
    return call ? call(request, response) : -9;
}
