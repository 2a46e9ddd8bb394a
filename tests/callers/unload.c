/* Load, call, unload, many times (as often as the second argument says); the library stays, so that what it has running is not pulled from under it. */
#include "caller.h"

int main(int argc, char **argv) {
    static struct answer answer;
    static char resp[LARGE];
    int round, rounds = argc > 2 ? atoi(argv[2]) : 200;
    for (round = 0; round < rounds; round++) {
        library_t library = load(argc > 1 ? argv[1] : 0);
        if (round == 0) learn(&answer, REQUESTS[0], 1);
        check(mps_call(answer.request, resp) == MPS_OK && holds(resp, &answer), "round %d: not the answer", round);
        close_library(library);
    }
    check(mps_call(answer.request, resp) == MPS_OK && holds(resp, &answer), "after the last unloading: not the answer");
    return finish();
}
