/*
 * A hostile script and an ordinary one, twice in turn on a thread with a small stack: prints the milliseconds and the answer of each
 * call. The folder that MPS_HOME names serves both.
 */
#include "../callers/caller.h"

#ifndef _WIN32
#include <time.h>
#endif

enum { CALLS = 4 };

static char resps[CALLS][LARGE];
static long took[CALLS];
static int statuses[CALLS];

static long milliseconds(void) {
#ifdef _WIN32
    return (long)GetTickCount();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
#endif
}

#define CALL(funid)                                                                                                                \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>" funid                                                     \
    "</funid><sign>0000000000000000</sign></Header><Body></Body></request>"

static void calls(int number) {
    static const char *const requests[] = {CALL("HOSTILE"), CALL("ORDINARY")};
    int i;
    (void)number;
    for (i = 0; i < CALLS; i++) {
        long begun = milliseconds();
        statuses[i] = mps_call(requests[i % 2], resps[i]);
        took[i] = milliseconds() - begun;
    }
}

int main(int argc, char **argv) {
    int i;
    load(argc > 1 ? argv[1] : 0);
    /* The first call reads the scripts, which is no part of any answer's time. */
    run_threads(1, 256 * 1024, calls);
    for (i = 0; i < CALLS; i++) {
        check(statuses[i] == MPS_OK, "call %d: status %d", i, statuses[i]);
        printf("%ld %s\n", took[i], strstr(resps[i], "<result>") ? strstr(resps[i], "<result>") : resps[i]);
    }
    return finish();
}
