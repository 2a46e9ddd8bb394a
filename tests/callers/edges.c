/* Calls that no program should make and that some do. */
#include "caller.h"

static char resp[LARGE];

static void is_failure(const char *what, int status, int unit) {
    check(status == MPS_OK && says(resp, unit, "<result>-1</result>"), "%s: status %d, %s", what, status, ascii(resp, unit));
}

static void null_pointers(const char *request) {
    check(mps_call(0, 0) == MPS_ERR_NULL, "both null");
    check(mps_call(request, 0) == MPS_ERR_NULL, "resp null");
    check(mps_calln(request, 5, 0, 100) == MPS_ERR_NULL, "CallN, resp null");
    strcpy(resp, "old");
    check(mps_call(0, resp) == MPS_ERR_NULL && resp[0] == 0, "req null: %s", resp);
    strcpy(resp, "old");
    check(mps_calln(0, 0, resp, LARGE) == MPS_ERR_NULL && resp[0] == 0, "CallN, req null: %s", resp);
    strcpy(resp, "old");
    check(mps_calln(0, 0, resp, 0) == MPS_ERR_NULL && strcmp(resp, "old") == 0, "CallN, req null, no room: %s", resp);
}

static void negative_lengths(const char *request) {
    strcpy(resp, "old");
    check(mps_calln(request, -1, resp, LARGE) == MPS_ERR_ARGUMENT && resp[0] == 0, "negative length: %s", resp);
    strcpy(resp, "old");
    check(mps_calln(request, 5, resp, -1) == MPS_ERR_ARGUMENT && strcmp(resp, "old") == 0, "negative capacity: %s", resp);
    check(mps_calln(request, (int)0x80000000, resp, LARGE) == MPS_ERR_ARGUMENT, "smallest length");
}

static void texts_that_are_no_requests(void) {
    is_failure("empty", mps_call("", resp), 1);
    is_failure("CallN, empty", mps_calln("", 0, resp, LARGE), 1);
    is_failure("blank", mps_call("  \r\n", resp), 1);
    is_failure("<", mps_call("<", resp), 1);
    is_failure("no XML", mps_call("N04.00.00.01", resp), 1);
    is_failure("16-bit <", mps_call("<\0\0\0", resp), 1);
    is_failure("16-bit <x", mps_call("<\0x\0\0\0", resp), 2);
    is_failure("only a mark", mps_call("\xFF\xFE\0\0", resp), 2);
}

/* A request, first with its NUL as the last byte before the wall, then without one, cut at every place. */
static void requests_before_a_wall(const struct answer *answer, char *wall) {
    int cut, size = answer->request_size, unit = answer->unit;
    char *req = wall - size - unit;
    memcpy(req, answer->request, (size_t)(size + unit));
    memset(resp, 0, sizeof resp);
    check(mps_call(req, resp) == MPS_OK && holds(resp, answer), "request before a wall: %s", ascii(resp, unit));
    for (cut = 1; cut <= size; cut++) {
        int status;
        memcpy(wall - cut, answer->request, (size_t)cut);
        status = mps_call(wall - cut, resp);
        /* A start too short to show that it is UTF-16 is answered in 8 bits. */
        is_failure("unended request", status, cut < 4 ? 1 : unit);
    }
}

static void too_long(int unit) {
    static const int SIZE = 16 * 1024 * 1024;
    char *request = (char *)malloc((size_t)SIZE + 2);
    int at;
    if (!request) give_up("allocate a long request");
    at = encode(REQUESTS[0], unit, request);
    memset(request + at, ' ', (size_t)(SIZE - at));
    request[SIZE] = request[SIZE + 1] = 0;
    is_failure("long request", mps_call(request, resp), unit);
    check(says(resp, unit, "request_limit"), "long request: %s", ascii(resp, unit));
    is_failure("CallN, long request", mps_calln(request, SIZE, resp, LARGE), unit);
    check(says(resp, unit, "request_limit"), "CallN, long request: %s", ascii(resp, unit));
    free(request);
}

static void one_buffer_for_both(const struct answer *answer) {
    int shift, size = answer->request_size;
    for (shift = 0; shift < 200; shift += 33) {
        memset(resp, 0, sizeof resp);
        memcpy(resp + shift, answer->request, (size_t)(size + answer->unit));
        check(mps_call(resp + shift, resp) == MPS_OK && holds(resp, answer), "request %d behind resp", shift);
        memset(resp, 0, sizeof resp);
        memcpy(resp, answer->request, (size_t)(size + answer->unit));
        check(mps_call(resp, resp + shift) == MPS_OK && holds(resp + shift, answer), "resp %d behind request", shift);
        memset(resp, 0, sizeof resp);
        memcpy(resp + shift, answer->request, (size_t)size);
        check(mps_calln(resp + shift, size, resp, LARGE) == MPS_OK && holds(resp, answer), "CallN, request %d behind resp", shift);
    }
}

int main(int argc, char **argv) {
    static struct answer answer;
    char *wall;
    int unit;
    load(argc > 1 ? argv[1] : 0);
    wall = wall_behind(2);
    check(mps_version()[0] >= '0' && mps_version()[0] <= '9' && strchr(mps_version(), '.') != 0, "version %s", mps_version());
    null_pointers(REQUESTS[0]);
    negative_lengths(REQUESTS[0]);
    texts_that_are_no_requests();
    for (unit = 1; unit <= 2; unit++) {
        learn(&answer, REQUESTS[0], unit);
        requests_before_a_wall(&answer, wall);
        too_long(unit);
        one_buffer_for_both(&answer);
    }
    return finish();
}
