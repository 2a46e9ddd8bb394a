/* Buffers that arrive filled with spaces, in 8 and in 16 bits: PowerBuilder's Space(n), Visual Basic's Space$(n). */
#include "caller.h"

enum { CANARY = 0x5A, BEHIND = 4096 };

static int full, shortened;

/* One call with `count` spaces of `width` bytes, ended by a NUL or by the canary itself. */
static void call(const struct answer *answer, int count, int width, int ended) {
    static char buffer[8193 * 2 + BEHIND];
    int i, size, status;
    int capacity = (count + ended) * width;
    memset(buffer, CANARY, sizeof buffer);
    memset(buffer, 0, (size_t)capacity);
    for (i = 0; i < count; i++) buffer[i * width] = ' ';
    status = mps_call(answer->request, buffer);
    size = length_of(buffer, answer->unit, capacity);
    check(status == MPS_OK && size >= 0, "%d spaces of %d, ended %d: status %d", count, width, ended, status);
    if (status != MPS_OK || size < 0) return;
    if (answer->size + answer->unit <= capacity) {
        full++;
        check(holds(buffer, answer), "%d spaces of %d, ended %d: not the answer of %d bytes", count, width, ended, answer->size);
    } else {
        shortened++;
        check(names_sizes(buffer, answer, capacity), "%d spaces of %d, ended %d: %s", count, width, ended,
              ascii(buffer, answer->unit));
    }
    for (i = capacity; i < capacity + BEHIND; i++) {
        check(buffer[i] == CANARY, "%d spaces of %d, ended %d: byte %d written", count, width, ended, i);
    }
}

int main(int argc, char **argv) {
    static const int COUNTS[] = {1000, 1024, 1522, 1523, 1524, 2048, 8192};
    static struct answer answer;
    int number, unit, width, ended;
    size_t i;
    load(argc > 1 ? argv[1] : 0);
    for (number = 0; number < 2; number++) {
        for (unit = 1; unit <= 2; unit++) {
            learn(&answer, REQUESTS[number], unit);
            for (i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
                for (width = 1; width <= 2; width++) {
                    for (ended = 0; ended <= 1; ended++) call(&answer, COUNTS[i], width, ended);
                }
            }
        }
    }
    check(full && shortened, "%d full and %d short answers", full, shortened);
    return finish();
}
