/* resp right before an inaccessible page, for every capacity around the answer's size: nothing is cut, nothing overflows. */
#include "caller.h"

enum { PAGES = 3, UNTOUCHED = 0x5A };

static int full, shortened, refused;

static int untouched(const char *from, const char *to) {
    while (from < to) {
        if (*from++ != UNTOUCHED) return 0;
    }
    return 1;
}

static void inspect(const char *way, const struct answer *answer, int status, const char *resp, const char *wall) {
    int capacity = (int)(wall - resp);
    int unit = answer->unit;
    int size = status == MPS_OK ? length_of(resp, unit, capacity) : 0;
    check(untouched(wall - PAGES * PAGE, resp), "%s, capacity %d: written before resp", way, capacity);
    if (answer->size + unit <= capacity) {
        full++;
        check(status == MPS_OK && holds(resp, answer), "%s, capacity %d of %d: status %d, not the answer", way, capacity,
              answer->size + unit, status);
    } else if (status == MPS_OK) {
        shortened++;
        check(size >= 0, "%s, capacity %d: no NUL", way, capacity);
        if (size < 0) return;
        check(names_sizes(resp, answer, capacity), "%s, capacity %d of %d: %s", way, capacity, answer->size + unit,
              ascii(resp, unit));
    } else {
        refused++;
        check(status == MPS_ERR_BUFFER, "%s, capacity %d: status %d", way, capacity, status);
        if (capacity < unit) {
            check(untouched(resp, wall), "%s, capacity %d: written where there is no room for a NUL", way, capacity);
            return;
        }
        check(length_of(resp, unit, capacity) == 0, "%s, capacity %d: not an empty string", way, capacity);
    }
    if (size >= 0) check(untouched(resp + size + unit, wall), "%s, capacity %d: written behind the NUL", way, capacity);
}

int main(int argc, char **argv) {
    static struct answer answer;
    char *wall;
    int number, unit, capacity;
    load(argc > 1 ? argv[1] : 0);
    wall = wall_behind(PAGES);
    for (number = 0; number < 2; number++) {
        for (unit = 1; unit <= 2; unit++) {
            learn(&answer, REQUESTS[number], unit);
            for (capacity = 0; capacity <= answer.size + unit + 40; capacity++) {
                char *resp = wall - capacity;
                memset(wall - PAGES * PAGE, UNTOUCHED, PAGES * PAGE);
                inspect("MPS_CallN", &answer, mps_calln(answer.request, answer.request_size, resp, capacity), resp, wall);
                if (capacity == 0) continue;
                memset(wall - PAGES * PAGE, UNTOUCHED, PAGES * PAGE);
                inspect("MPS_Call", &answer, mps_call(answer.request, resp), resp, wall);
            }
        }
    }
    check(full && shortened && refused, "the sweep met %d full, %d short and %d refused answers", full, shortened, refused);
    return finish();
}
