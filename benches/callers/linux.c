/* linux <library> <file with a request> start: nanoseconds of loading and the first call.
   linux <library> <file with a request> memory <calls>: KiB in memory before loading, after the first call, after a thousand, and
   after so many more. A calling error, or an answer that is none, ends it. Like most callers it has nothing loaded but C's own library. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int (*mps_call)(char *, char *);

static char request[65536], response[65536];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

/* Unlike `status`, the map is exact. */
static long resident(void)
{
    char line[256];
    long kib = 0;
    FILE *map = fopen("/proc/self/smaps_rollup", "r");
    while (map && !kib && fgets(line, sizeof line, map))
        sscanf(line, "Rss: %ld", &kib);
    if (map)
        fclose(map);
    return kib;
}

static mps_call load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    mps_call call = library ? (mps_call)dlsym(library, "MPS_Call") : NULL;
    if (!call)
        exit(4);
    return call;
}

static void checked(mps_call call)
{
    if (call(request, response) || !strstr(response, ">0</result>"))
        exit(6);
}

static void repeat(mps_call call, long times)
{
    while (times-- > 0)
        call(request, response);
}

int main(int count, char **words)
{
    FILE *file = count >= 4 ? fopen(words[2], "rb") : NULL;
    if (!file || !fread(request, 1, sizeof request - 1, file))
        return 3;
    fclose(file);
    if (!strcmp(words[3], "start")) {
        double begun = now();
        checked(load(words[1]));
        printf("%.0f\n", now() - begun);
        return 0;
    }
    if (count < 5)
        return 2;
    /* Reading takes memory of its own the first time. */
    resident();
    long before = resident();
    mps_call call = load(words[1]);
    checked(call);
    long once = resident();
    repeat(call, 1000);
    long warm = resident();
    repeat(call, atol(words[4]));
    printf("%ld %ld %ld %ld\n", before, once, warm, resident());
    return 0;
}
