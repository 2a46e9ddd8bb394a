/* The first call on a thread with a small stack, then many threads at once. */
#include "caller.h"

enum { THREADS = 16, CALLS = 40 };

static struct answer answers[4];
static char resps[THREADS][LARGE];
static int first, right[THREADS];

static void first_call(int number) {
    static char resp[LARGE];
    first = mps_call(REQUESTS[number], resp) == MPS_OK && says(resp, 1, "<result>0</result>");
}

static void calls(int number) {
    int i;
    for (i = 0; i < CALLS; i++) {
        const struct answer *answer = &answers[(number + i) % 4];
        int status = i % 2 ? mps_calln(answer->request, answer->request_size, resps[number], LARGE)
                           : mps_call(answer->request, resps[number]);
        right[number] += status == MPS_OK && holds(resps[number], answer);
    }
}

int main(int argc, char **argv) {
    int i;
    load(argc > 1 ? argv[1] : 0);
    run_threads(1, 256 * 1024, first_call);
    check(first, "the first call, on a small stack, failed");
    for (i = 0; i < 4; i++) learn(&answers[i], REQUESTS[i / 2], 1 + i % 2);
    run_threads(THREADS, 256 * 1024, calls);
    for (i = 0; i < THREADS; i++) check(right[i] == CALLS, "thread %d: %d of %d calls right", i, right[i], CALLS);
    return finish();
}
