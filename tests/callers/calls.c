/* Calls again and again: the second argument says how often, the third how many milliseconds lie between. Every call must be
 * answered at once, whatever becomes of the journal. */
#include "caller.h"

#ifdef _WIN32
static void sleep_ms(int ms) { Sleep(ms); }
#else
static void sleep_ms(int ms) { usleep(ms * 1000); }
#endif

int main(int argc, char **argv) {
    static char resp[LARGE];
    int i, calls = argc > 2 ? atoi(argv[2]) : 1, pause = argc > 3 ? atoi(argv[3]) : 0;
    load(argc > 1 ? argv[1] : 0);
    for (i = 0; i < calls; i++) {
        int status = mps_call(REQUESTS[0], resp);
        check(status == MPS_OK && says(resp, 1, "<result>0</result>"), "call %d: %d", i, status);
        if (pause) sleep_ms(pause);
    }
    return finish();
}
