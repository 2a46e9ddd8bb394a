/*
 * Calls the library that the first argument names as the further ones say, in turn, on one thread, and prints every answer behind a
 * line that repeats the word:
 *   call WHAT / twice WHAT  one call, or two in one session, of a device that does WHAT
 *   sleep MS                waits
 *   kill / kill in MS       ends the process that the last good answer named, now or while the next call runs
 *   children                says whether any child is left that has ended and that nobody has waited for
 */
#include "../callers/caller.h"

#ifdef _WIN32
static void rest(int ms) { Sleep((DWORD)ms); }
static void end_process(long process) {
    HANDLE handle = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)process);
    if (!handle || !TerminateProcess(handle, 99)) printf("cannot kill %ld\n", process);
    CloseHandle(handle);
}
static const char *children(void) { return "none"; }
#else
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
static void rest(int ms) { usleep((useconds_t)ms * 1000); }
static void end_process(long process) {
    if (process <= 1 || kill((pid_t)process, SIGKILL)) printf("cannot kill %ld\n", process);
}
static const char *children(void) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && errno == ECHILD) return "none";
    return info.si_pid ? "a zombie" : "running";
}
#endif

static char request[LARGE], response[LARGE];
static long last;
static int delay;

static void killer(int number) {
    (void)number;
    rest(delay);
    end_process(last);
}

static void call_once(int number) {
    (void)number;
    if (mps_call(request, response) != MPS_OK) strcpy(response, "no message");
}

static void call_and_kill(int number) {
    if (number) killer(number);
    else call_once(number);
}

static void call(const char *calls, const char *what) {
    const char *process;
    sprintf(request,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>FAULTS</funid><sign>0000000000000000</sign></Header>"
            "<Body><calls>%s</calls><what>%s</what></Body></request>",
            calls, what);
    if (delay) run_threads(2, 256 * 1024, call_and_kill);
    else call_once(0);
    delay = 0;
    process = strstr(response, "<process>");
    if (process) last = strtol(process + 9, 0, 10);
    printf("%s\n", response);
}

#ifdef _WIN32
static LRESULT CALLBACK answer(HWND window, UINT message, WPARAM wide, LPARAM narrow) {
    return message == WM_APP ? 4711 : DefWindowProcA(window, message, wide, narrow);
}

/* A window of this thread, which serves no messages while it is in a call. */
static void make_window(void) {
    WNDCLASSA class = {0};
    char number[32];
    class.lpfnWndProc = answer;
    class.lpszClassName = "caller";
    RegisterClassA(&class);
    sprintf(number, "%llu",
            (unsigned long long)(ULONG_PTR)CreateWindowA("caller", "", 0, 0, 0, 0, 0, HWND_MESSAGE, 0, 0, 0));
    SetEnvironmentVariableA("CALLER_WINDOW", number);
}
#endif

int main(int argc, char **argv) {
    int i;
    load(argc > 1 ? argv[1] : 0);
#ifdef _WIN32
    make_window();
#endif
    for (i = 2; i < argc; i++) {
        const char *word = argv[i];
        printf("== %s\n", word);
        fflush(stdout);
        if (strncmp(word, "call ", 5) == 0) call("1", word + 5);
        else if (strncmp(word, "twice ", 6) == 0) call("2", word + 6);
        else if (strncmp(word, "sleep ", 6) == 0) rest(atoi(word + 6));
        else if (strncmp(word, "kill in ", 8) == 0) delay = atoi(word + 8);
        else if (strcmp(word, "kill") == 0) end_process(last);
        else if (strcmp(word, "children") == 0) printf("%s\n", children());
        else give_up(word);
        fflush(stdout);
    }
    return 0;
}
