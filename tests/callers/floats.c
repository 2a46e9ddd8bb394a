/* The floating-point state of the caller is the same after a call, and its exceptions are neither raised nor lost. */
#ifdef __i386__
#pragma GCC target("sse2")
#endif
#include "caller.h"

#if defined(__i386__) || defined(__x86_64__)

/* Control, status and tag word, each padded to four bytes, then the last instruction and operand. */
struct x87 {
    unsigned int words[7];
};

static struct x87 x87_state(void) {
    struct x87 state;
    /* fnstenv masks all exceptions; fldenv puts them back. */
    __asm__ volatile("fnstenv %0\n\tfldenv %0" : "=m"(state) : : "memory");
    return state;
}

static unsigned int mxcsr_state(void) {
    unsigned int state;
    __asm__ volatile("stmxcsr %0" : "=m"(state));
    return state;
}

static void set_state(unsigned short control, unsigned int mxcsr) {
    __asm__ volatile("fninit\n\tfldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

/* Sets the sticky flag "inexact", masked, in both units, so that there is a status to lose. */
static void leave_flags(void) {
    volatile double one = 1.0, three = 3.0, x87_result;
    double result;
    __asm__ volatile("fldl %1\n\tfdivl %2\n\tfstpl %0" : "=m"(x87_result) : "m"(one), "m"(three));
    result = one;
    __asm__ volatile("divsd %1, %0" : "+x"(result) : "m"(three));
}

/* Exact operations, which must not trap whatever is unmasked. */
static double compute(void) {
    volatile double a = 1.5, b = 0.25, sum;
    double product = a;
    __asm__ volatile("fldl %1\n\tfaddl %2\n\tfstpl %0\n\tfwait" : "=m"(sum) : "m"(a), "m"(b));
    __asm__ volatile("mulsd %1, %0" : "+x"(product) : "m"(b));
    return sum + product;
}

static void call(const struct answer *answer, unsigned short control, unsigned int mxcsr, int flags) {
    static char resp[LARGE];
    struct x87 before, after;
    unsigned int sse_before, sse_after;
    int i, status;
    double value;
    set_state(control, mxcsr);
    if (flags) leave_flags();
    before = x87_state();
    sse_before = mxcsr_state();
    status = flags ? mps_calln(answer->request, answer->request_size, resp, LARGE) : mps_call(answer->request, resp);
    after = x87_state();
    sse_after = mxcsr_state();
    value = compute();
    set_state(0x037F, 0x1F80);
    check(status == MPS_OK && holds(resp, answer), "control word %04x: status %d, not the answer", control, status);
    check(sse_before == sse_after, "MXCSR %08x became %08x", sse_before, sse_after);
    for (i = 0; i < 3; i++) {
        check((before.words[i] & 0xFFFF) == (after.words[i] & 0xFFFF), "control word %04x: x87 word %d, %04x became %04x", control,
              i, before.words[i] & 0xFFFF, after.words[i] & 0xFFFF);
    }
    check(value == 2.125, "control word %04x: computed %g", control, value);
}

int main(int argc, char **argv) {
    static struct answer answer;
    load(argc > 1 ? argv[1] : 0);
    /* The first call, which opens everything, is made with Delphi's state: invalid, zero divide and overflow unmasked. */
    set_state(0x1332, 0x1900);
    learn(&answer, REQUESTS[1], 1);
    call(&answer, 0x1332, 0x1900, 0);
    call(&answer, 0x1332, 0x1900, 1);
    /* Everything unmasked, precision included. */
    call(&answer, 0x0340, 0x0000, 0);
    /* 24-bit precision, round up; flush to zero and denormals are zero. */
    call(&answer, 0x087F, 0xDFC0, 1);
    call(&answer, 0x037F, 0x1F80, 1);
    return finish();
}

#else

int main(void) { return finish(); }

#endif
