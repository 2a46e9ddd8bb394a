/*
 * What the programs in this folder share: loading the library named by the first argument, memory up against an inaccessible
 * page, threads, and telling what failed. The same sources run on Linux and on Windows, 32 and 64 bit.
 */
#ifndef CALLER_H
#define CALLER_H

#include "mps_client.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

enum { PAGE = 4096, LARGE = 65536 };

static int failures;

static inline void check(int holds, const char *format, ...) {
    va_list values;
    if (holds || ++failures > 20) return;
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    printf("\n");
    fflush(stdout);
}

/* The last word: a process that ends by itself before this has not passed, whatever its exit status. */
static inline int finish(void) {
    if (failures) printf("%d failed\n", failures);
    else printf("passed\n");
    return failures ? 1 : 0;
}

static inline void give_up(const char *what) {
    printf("cannot %s\n", what);
    exit(1);
}

/* The library. */

static MPS_Call_t mps_call;
static MPS_CallN_t mps_calln;
static MPS_Version_t mps_version;

#ifdef _WIN32
typedef HMODULE library_t;
static inline library_t open_library(const char *path) { return LoadLibraryA(path); }
static inline void close_library(library_t library) { FreeLibrary(library); }
static inline void *find(library_t library, const char *name) { return (void *)(size_t)GetProcAddress(library, name); }
static inline int change_directory(const char *path) { return SetCurrentDirectoryA(path) ? 0 : -1; }
#else
typedef void *library_t;
static inline library_t open_library(const char *path) { return dlopen(path, RTLD_NOW); }
static inline void close_library(library_t library) { dlclose(library); }
static inline void *find(library_t library, const char *name) { return dlsym(library, name); }
static inline int change_directory(const char *path) { return chdir(path); }
#endif

static inline library_t load(const char *path) {
    library_t library = path ? open_library(path) : 0;
    if (!library) give_up("load the library that the first argument names");
    mps_call = (MPS_Call_t)(size_t)find(library, "MPS_Call");
    mps_calln = (MPS_CallN_t)(size_t)find(library, "MPS_CallN");
    mps_version = (MPS_Version_t)(size_t)find(library, "MPS_Version");
    if (!mps_call || !mps_calln || !mps_version) give_up("find the functions");
    return library;
}

/* Memory: the first inaccessible byte behind so many pages that can be written. */

static inline char *wall_behind(int pages) {
    size_t size = (size_t)pages * PAGE;
#ifdef _WIN32
    DWORD before;
    char *memory = (char *)VirtualAlloc(0, size + PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!memory || !VirtualProtect(memory + size, PAGE, PAGE_NOACCESS, &before)) give_up("protect a page");
#else
    char *memory = (char *)mmap(0, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + size, PAGE, PROT_NONE)) give_up("protect a page");
#endif
    return memory + size;
}

/* Threads: runs `count` of them, each with this stack, and waits for them. */

typedef void (*work_t)(int number);
struct thread {
    work_t work;
    int number;
};
enum { MOST_THREADS = 64 };

#ifdef _WIN32
static inline DWORD WINAPI start(void *argument) {
    struct thread *thread = (struct thread *)argument;
    thread->work(thread->number);
    return 0;
}
#else
static inline void *start(void *argument) {
    struct thread *thread = (struct thread *)argument;
    thread->work(thread->number);
    return 0;
}
#endif

static inline void run_threads(int count, size_t stack, work_t work) {
    struct thread threads[MOST_THREADS];
    int i;
#ifdef _WIN32
    HANDLE handles[MOST_THREADS];
    for (i = 0; i < count; i++) {
        threads[i].work = work;
        threads[i].number = i;
        handles[i] = CreateThread(0, stack, start, &threads[i], STACK_SIZE_PARAM_IS_A_RESERVATION, 0);
        if (!handles[i]) give_up("start a thread");
    }
    for (i = 0; i < count; i++) {
        WaitForSingleObject(handles[i], INFINITE);
        CloseHandle(handles[i]);
    }
#else
    pthread_t handles[MOST_THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (pthread_attr_setstacksize(&attributes, stack)) give_up("set a stack size");
    for (i = 0; i < count; i++) {
        threads[i].work = work;
        threads[i].number = i;
        if (pthread_create(&handles[i], &attributes, start, &threads[i])) give_up("start a thread");
    }
    for (i = 0; i < count; i++) pthread_join(handles[i], 0);
#endif
}

/* Messages. `unit` is 1 for 8-bit text and 2 for UTF-16, little-endian. */

#define REQUEST(type)                                                                                                              \
    "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n<request>\n    <Header>\n        <funid>N04.00.00.01</funid>\n"                    \
    "        <sign>0000000000000000</sign>\n    </Header>\n    <Body>\n        <mdtrt_cert_type>" type "</mdtrt_cert_type>\n"      \
    "    </Body>\n</request>\n"

/* 03 is the card, 01 the credential. */
static const char *const REQUESTS[] = {REQUEST("03"), REQUEST("01")};

/* Writes ASCII text and its NUL in units of the given width; returns the size without the NUL. */
static inline int encode(const char *text, int unit, char *to) {
    int i, length = (int)strlen(text);
    memset(to, 0, (size_t)(length + 1) * (size_t)unit);
    for (i = 0; i < length; i++) to[i * unit] = text[i];
    return length * unit;
}

/* Bytes before the NUL, of which there must be one within `limit` bytes; -1 if there is none. */
static inline int length_of(const char *text, int unit, int limit) {
    int at;
    for (at = 0; at + unit <= limit; at += unit) {
        if (text[at] == 0 && text[at + unit - 1] == 0) return at;
    }
    return -1;
}

/* The text with every character that is not ASCII as one '?', in memory that the next call overwrites. */
static inline const char *ascii(const char *text, int unit) {
    static char plain[LARGE];
    int from = 0, to = 0;
    int length = length_of(text, unit, LARGE);
    while (from < length && to < LARGE - 1) {
        int other = unit == 2 ? text[from + 1] != 0 || (text[from] & 0x80) != 0 : (text[from] & 0x80) != 0;
        plain[to++] = other ? '?' : text[from];
        from += unit == 1 && other ? 2 : unit;
    }
    plain[to] = 0;
    return plain;
}

static inline int says(const char *message, int unit, const char *part) { return strstr(ascii(message, unit), part) != 0; }

/* The whole answer to a request, learnt with a buffer that is large enough. */
struct answer {
    int unit;
    int request_size;
    int size; /* without the NUL */
    char request[2 * LARGE];
    char text[LARGE];
};

static inline void learn(struct answer *answer, const char *request, int unit) {
    int status;
    answer->unit = unit;
    answer->request_size = encode(request, unit, answer->request);
    status = mps_calln(answer->request, answer->request_size, answer->text, LARGE);
    answer->size = length_of(answer->text, unit, LARGE);
    check(status == MPS_OK && answer->size > 0, "learning an answer: status %d, %d bytes", status, answer->size);
    check(says(answer->text, unit, "<result>0</result>"), "learning an answer: %s", ascii(answer->text, unit));
}

/* Whether a buffer holds exactly this answer and its NUL. */
static inline int holds(const char *buffer, const struct answer *answer) {
    return memcmp(buffer, answer->text, (size_t)(answer->size + answer->unit)) == 0;
}

/* Whether a message is the failure that names the size that was needed and the size that there was. */
static inline int names_sizes(const char *message, const struct answer *answer, int capacity) {
    char needed[16], there[16];
    sprintf(needed, "%d", answer->size + answer->unit);
    sprintf(there, "%d", capacity);
    return says(message, answer->unit, "<result>-1</result>") && says(message, answer->unit, needed) &&
           says(message, answer->unit, there) && says(message, answer->unit, "</response>");
}

#endif
