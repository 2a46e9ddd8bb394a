/* A library that takes its process down in every way, or tries to. */
#include "vendor.h"
#include <stddef.h>

#ifdef _WIN32
#include <objbase.h>
static long process(void) { return (long)GetCurrentProcessId(); }
static void exit_now(int code) { ExitProcess((UINT)code); }
#else
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
static long process(void) { return (long)getpid(); }
static int on_callers_thread(void) { return syscall(SYS_gettid) == getpid(); } /* it calls on its first */
static void exit_now(int code) { exit(code); }
#endif

struct state {
    char tag[3];
    void *self;
    long count;
};

static int opened;
static volatile long count;

/* On 64 bits an address that no 32 bits hold. */
VENDOR(void *) Open(void)
{
    opened++;
    return &opened;
}

VENDOR(long) Close(void *reader)
{
    return reader == &opened && opened-- > 0 ? 0 : -1;
}

static volatile char *volatile nowhere;

static int overflow(int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 1 << 30 ? overflow(depth + 1) + frame[0] : 0;
}

static void corrupt_heap(void)
{
    char *blocks[64];
    int i;
    for (i = 0; i < 64; i++)
        blocks[i] = malloc(24);
    for (i = 0; i < 64; i++)
        memset(blocks[i] - 16, 0x41, 96);
    for (i = 0; i < 64; i++)
        free(blocks[i]);
    for (i = 0; i < 64; i++)
        memset(malloc(4096), 0, 4096);
    abort(); /* an allocator that noticed nothing */
}

/* Spoils what was given back, and comes back as if nothing were: whoever asks for memory next stumbles over it. */
static void spoil_heap(void)
{
    size_t size;
    for (size = 24; size <= 1000; size += 16) {
        char *volatile first = malloc(size), *volatile second = malloc(size);
        free(first);
        free(second);
        memset(second, 0x41, 16);
    }
}

static void noise(void)
{
    static char line[65536]; /* more than any pipe holds unread */
    memset(line, 'x', sizeof line - 1);
    for (int i = 0; i < 4; i++) {
        puts(line);
        fwrite(line, 1, sizeof line, stderr);
    }
    fflush(stdout);
}

/* Leaves a process behind that has all that this one has open. */
static void grandchild(void)
{
#ifdef _WIN32
    STARTUPINFOA start = {sizeof start};
    PROCESS_INFORMATION made;
    char command[] = "cmd.exe /c ping -n 30 127.0.0.1";
    if (CreateProcessA(0, command, 0, 0, TRUE, 0, 0, 0, &start, &made)) {
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
#else
    if (fork() == 0) {
        setsid(); /* out of reach of a signal to the group */
        sleep(30);
        _exit(0);
    }
#endif
}

#ifdef _WIN32
static volatile long ticks;
static void CALLBACK tick(HWND window, UINT message, UINT_PTR id, DWORD time)
{
    (void)window, (void)message, (void)id, (void)time;
    ticks++;
}

static const char *apartment(void)
{
    typedef HRESULT(WINAPI * get_t)(APTTYPE *, APTTYPEQUALIFIER *);
    get_t get = (get_t)(void *)GetProcAddress(GetModuleHandleA("ole32.dll"), "CoGetApartmentType");
    APTTYPE type;
    APTTYPEQUALIFIER qualifier;
    if (!get || get(&type, &qualifier) != 0)
        return "none";
    return type == APTTYPE_STA || type == APTTYPE_MAINSTA ? "single" : "other";
}

/* The window that the environment names, which belongs to the caller's thread. */
static HWND callers_window(void)
{
    char text[32] = "";
    GetEnvironmentVariableA("CALLER_WINDOW", text, sizeof text);
    return (HWND)(ULONG_PTR)_strtoui64(text, 0, 10);
}

/* Waits for its answer. */
static long ask_caller(void) { return (long)SendMessageA(callers_window(), WM_APP, 0, 0); }

static int on_callers_thread(void)
{
    return GetWindowThreadProcessId(callers_window(), 0) == GetCurrentThreadId();
}
#endif

static int is(const char *what, const char *word) { return strcmp(what, word) == 0; }

/* Until the caller's folder has a file of this name; not for ever. */
static void wait_for_word(void)
{
    int waited;
    for (waited = 0; waited < 2400; waited++) {
        FILE *word = fopen("exit", "rb");
        if (word) {
            fclose(word);
            return;
        }
        sleep_ms(50);
    }
}

VENDOR(long) Act(void *reader, const char *what, char *told, struct state *state)
{
    if (reader != &opened || opened != 1)
        return -1;
    if (is(what, "access"))
        *nowhere = 1;
    if (is(what, "abort"))
        abort();
    if (is(what, "heap"))
        corrupt_heap();
    if (is(what, "quiet heap"))
        spoil_heap();
    if (is(what, "spin"))
        for (;;)
            count++;
    if (is(what, "stack"))
        overflow(0);
    if (is(what, "exit 7"))
        exit_now(7);
    if (is(what, "exit 0"))
        exit_now(0);
    if (is(what, "noise"))
        noise();
    if (is(what, "grandchild") || is(what, "grandchild and exit") || is(what, "grandchild and hang"))
        grandchild();
    if (is(what, "grandchild and exit"))
        exit_now(9);
    if (is(what, "slow"))
        sleep_ms(1500);
    if (is(what, "thread")) {
        strcpy(told, on_callers_thread() ? "caller's" : "another");
        return 0;
    }
    if (is(what, "hang") || is(what, "grandchild and hang"))
        sleep_ms(60000);
    if (is(what, "exit when told")) {
        wait_for_word();
        exit_now(0);
    }
    if (is(what, "overrun"))
        memset(told, 'A', 100);
    if (is(what, "refuse"))
        return -5;
#ifdef _WIN32
    if (is(what, "apartment")) {
        strcpy(told, apartment());
        return 0;
    }
    if (is(what, "start timer"))
        SetTimer(0, 0, 10, tick);
    if (is(what, "ticks")) {
        strcpy(told, ticks > 0 ? "ticked" : "silent");
        return 0;
    }
    if (is(what, "ask caller")) {
        sprintf(told, "%ld", ask_caller());
        return 0;
    }
#else
    if (is(what, "close all")) { /* as daemons do */
        int number;
        for (number = 0; number < 64; number++)
            close(number);
    }
    if (is(what, "input")) { /* what was meant for us must not be there to be read */
        char byte;
        if (read(0, &byte, 1) != 0)
            return -6;
    }
#endif
    sprintf(told, "%ld", process());
    strcpy(state->tag, "ok");
    state->self = reader;
    state->count = ++count;
    return 0;
}
