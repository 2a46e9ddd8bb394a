/*
 * Endurance: four threads call while scripts are saved, broken and mended and devices fail in every way. Prints a curve and a
 * verdict; exit status 0 where no call failed that was not meant to, and memory, handles and threads stayed as they were.
 * usage: soak LIBRARY HOME SECONDS      (tests/soak/run makes the home; MPS_HOME names it for the library)
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#include <psapi.h>
#include <tlhelp32.h>
typedef int(__stdcall *mps_call)(const char *, char *);
#else
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
typedef int (*mps_call)(const char *, char *);
#endif

enum { THREADS = 4, SAMPLES = 24, ROOM = 8192 };

static mps_call call;
static const char *home;
static volatile long ended;
static volatile long calls[THREADS], wanted[THREADS], unwanted[THREADS];
static char complaint[THREADS][ROOM];

/* What a call asks of its device, and whether it is to be served. `late` hangs, and whoever asks the same device meanwhile hears of it. */
static const struct {
    const char *way;
    const char *result;
} WAYS[] = {
    {"fine", "<result>0</result>"},      {"fine", "<result>0</result>"},     {"fine", "<result>0</result>"},
    {"refused", "<result>-1</result>"},  {"silent", "<result>-1</result>"},  {"overrun", "<result>-1</result>"},
    {"cut", "<result>-1</result>"},      {"garbage", "<result>0</result>"},  {"slow", "<result>0</result>"},
    {"mapped", "<result>0</result>"},    {"json", "<result>0</result>"},     {"nojson", "<result>-1</result>"},
    {"raised", "<result>-1</result>"},   {"loops", "<result>-1</result>"},   {"late", "<result>-1</result>"},
    {"absent", "<result>-1</result>"},
};
enum { KINDS = sizeof WAYS / sizeof WAYS[0] };

static const char *const REQUEST = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>SOAK</funid></Header>"
                                   "<Body><way>%s</way></Body></request>";

static void pause_for(int milliseconds)
{
#ifdef _WIN32
    Sleep(milliseconds);
#else
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, 0);
#endif
}

static unsigned random_below(unsigned *state, unsigned bound)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % bound;
}

static void work(int number)
{
    static char answers[THREADS][ROOM];
    char request[512], *answer = answers[number];
    unsigned state = 7919u * (number + 1);
    while (!ended) {
        int kind = random_below(&state, KINDS);
        /* What takes its time is asked for seldom. */
        if ((strcmp(WAYS[kind].way, "loops") == 0 || strcmp(WAYS[kind].way, "late") == 0) && random_below(&state, 50) > 0)
            continue;
        sprintf(request, REQUEST, WAYS[kind].way);
        int code = call(request, answer);
        calls[number]++;
        if (code == 0 && strstr(answer, WAYS[kind].result)) {
            wanted[number]++;
        } else if (unwanted[number]++ == 0) {
            sprintf(complaint[number], "%s: %d ", WAYS[kind].way, code);
            strncat(complaint[number], answer, ROOM - 100);
        }
        pause_for(1);
    }
}

static void write_file(const char *name, const char *text, size_t length)
{
    char path[1024], aside[1100];
    FILE *file;
    sprintf(path, "%s/%s", home, name);
    sprintf(aside, "%s.new", path);
    file = fopen(aside, "wb");
    if (!file)
        return;
    fwrite(text, 1, length, file);
    fclose(file);
#ifdef _WIN32
    MoveFileExA(aside, path, MOVEFILE_REPLACE_EXISTING);
#else
    rename(aside, path);
#endif
}

static char *read_file(const char *name)
{
    char path[1024], *text;
    FILE *file;
    long length;
    sprintf(path, "%s/%s", home, name);
    file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "no %s\n", path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    text = calloc(length + 64, 1);
    if (fread(text, 1, length, file) != (size_t)length)
        exit(2);
    fclose(file);
    return text;
}

/* What people do to a script: save it as it is, with another comment, cut off, with a mistake, in a wrong charset. */
static void edit(const char *name, const char *good, unsigned turn)
{
    char *text = calloc(strlen(good) + 64, 1);
    size_t length = sprintf(text, "%s-- %u\n", good, turn);
    switch (turn % 6) {
    case 1: length /= 2; break;
    case 3: length = sprintf(text, "return mps.funid { titel = \"x\" }\n"); break;
    case 4: memcpy(text, "\xBD\xC5", 2); break;
    }
    write_file(name, text, length);
    free(text);
}

struct sample {
    long kib, handles, threads;
};

#ifdef _WIN32
static struct sample measure(void)
{
    struct sample now = {0, 0, 0};
    PROCESS_MEMORY_COUNTERS memory;
    DWORD handles = 0;
    THREADENTRY32 entry;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    memory.cb = sizeof memory;
    if (GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory))
        now.kib = (long)(memory.WorkingSetSize / 1024);
    GetProcessHandleCount(GetCurrentProcess(), &handles);
    now.handles = (long)handles;
    entry.dwSize = sizeof entry;
    if (Thread32First(all, &entry))
        do
            now.threads += entry.th32OwnerProcessID == GetCurrentProcessId();
        while (Thread32Next(all, &entry));
    CloseHandle(all);
    return now;
}

static DWORD WINAPI started(void *number)
{
    work((int)(size_t)number);
    return 0;
}
#else
static long counted(const char *folder)
{
    long count = 0;
    DIR *all = opendir(folder);
    while (all && readdir(all))
        count++;
    if (all)
        closedir(all);
    return count - 2;
}

static struct sample measure(void)
{
    struct sample now = {0, 0, 0};
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Rss: %ld", &now.kib) == 1)
            break;
    if (file)
        fclose(file);
    now.handles = counted("/proc/self/fd") - 1;
    now.threads = counted("/proc/self/task");
    return now;
}

static void *started(void *number)
{
    work((int)(size_t)number);
    return 0;
}
#endif

static void load(const char *library)
{
#ifdef _WIN32
    HMODULE module = LoadLibraryA(library);
    call = module ? (mps_call)(void *)GetProcAddress(module, "MPS_Call") : 0;
#else
    void *module = dlopen(library, RTLD_NOW);
    call = module ? (mps_call)dlsym(module, "MPS_Call") : 0;
#endif
    if (!call) {
#ifndef _WIN32
        fprintf(stderr, "%s\n", dlerror());
#endif
        fprintf(stderr, "%s does not load\n", library);
        exit(2);
    }
}

static void start_threads(void)
{
    int number;
    for (number = 0; number < THREADS; number++) {
#ifdef _WIN32
        CloseHandle(CreateThread(0, 256 * 1024, started, (void *)(size_t)number, 0, 0));
#else
        pthread_t thread;
        pthread_create(&thread, 0, started, (void *)(size_t)number);
        pthread_detach(thread);
#endif
    }
}

static long sum(volatile long *counts)
{
    long all = 0;
    int number;
    for (number = 0; number < THREADS; number++)
        all += counts[number];
    return all;
}

/* Takes the journal's folder away for a while: what is written then goes nowhere, as on a full disk. */
static void disturb_journal(int away)
{
    char journal[1024], aside[1024];
    sprintf(journal, "%s/journal", home);
    sprintf(aside, "%s/journal.aside", home);
    if (away) {
        rename(journal, aside);
        write_file("journal", "", 0);
    } else {
        remove(journal);
        rename(aside, journal);
    }
}

static long most(const struct sample *samples, int from, int to, size_t field)
{
    long most = 0;
    for (; from < to; from++) {
        long value = *(const long *)((const char *)&samples[from] + field);
        most = value > most ? value : most;
    }
    return most;
}

int main(int argc, char **argv)
{
    struct sample samples[SAMPLES];
    int seconds = argc > 3 ? atoi(argv[3]) : 120, number, bad;
    unsigned turn = 0;
    char *funid, *device;
    if (argc < 3)
        return 2;
    setvbuf(stdout, 0, _IOLBF, 0);
    home = argv[2];
    load(argv[1]);
    funid = read_file("scripts/funids/SOAK.lua");
    device = read_file("scripts/devices/soak.lua");
    start_threads();
    printf("second     calls        as meant  unmeant  resident KiB  handles  threads\n");
    for (number = 0; number < SAMPLES; number++) {
        int left = seconds * 1000 / SAMPLES;
        disturb_journal(number % 4 == 2);
        while (left > 0) {
            int length = left < 250 ? left : 250;
            pause_for(length);
            left -= length;
            turn++;
            edit(turn % 2 ? "scripts/funids/SOAK.lua" : "scripts/devices/soak.lua", turn % 2 ? funid : device, turn / 2);
        }
        disturb_journal(0);
        samples[number] = measure();
        printf("%6d  %8ld  %14ld  %7ld  %12ld  %7ld  %7ld\n", (number + 1) * seconds / SAMPLES, sum(calls), sum(wanted),
               sum(unwanted), samples[number].kib, samples[number].handles, samples[number].threads);
    }
    ended = 1;
    for (number = 0; number < THREADS; number++)
        if (unwanted[number])
            printf("%s\n", complaint[number]);
    {
        int half = SAMPLES / 2;
#define GREW(field) (most(samples, half, SAMPLES, offsetof(struct sample, field)) - most(samples, 2, half, offsetof(struct sample, field)))
        long kib = GREW(kib), handles = GREW(handles), threads = GREW(threads);
        bad = sum(unwanted) > 0 || kib > 1024 || handles > 2 || threads > 1;
        printf("verdict: %s: %ld calls, %ld failed that were not meant to; in the second half %ld KiB, %ld handles, %ld threads more\n",
               bad ? "bad" : "good", sum(calls), sum(unwanted), kib, handles, threads);
    }
    return bad;
}
