/*
 * Calls function ids, each twice in turn with an ordinary one, on a thread with a small stack that is the function id's own. Prints a
 * line for each call: the function id, the milliseconds, the status, the response.
 * usage: caller LIBRARY FUNID...     (the folder that MPS_HOME names serves all)
 */
#include "../callers/caller.h"

#ifndef _WIN32
#include <time.h>
#endif

enum { CALLS = 4 };

static const char *funid;
static char resp[LARGE];

static long milliseconds(void) {
#ifdef _WIN32
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (long)(now.QuadPart * 1000 / second.QuadPart);
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
#endif
}

static void calls(int number) {
    char request[512];
    int i;
    (void)number;
    for (i = 0; i < CALLS; i++) {
        long begun, took;
        int status;
        char *end;
        sprintf(request,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>%s</funid><sign>0000000000000000</sign></Header>"
                "<Body></Body></request>",
                i % 2 ? "ORDINARY" : funid);
        memset(resp, 0, sizeof resp);
        begun = milliseconds();
        status = mps_call(request, resp);
        took = milliseconds() - begun;
        for (end = resp; *end; end++) {
            if (*end == '\n' || *end == '\r') *end = ' ';
        }
        printf("%s %ld %d %s\n", funid, took, status, resp);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    int i;
    load(argc > 1 ? argv[1] : 0);
    for (i = 2; i < argc; i++) {
        funid = argv[i];
        run_threads(1, 256 * 1024, calls);
    }
    return finish();
}
