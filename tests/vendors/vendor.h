/* What vendors' fakes share: exports as vendors make them, on Linux and (stdcall) on Windows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#define VENDOR(type) __declspec(dllexport) type __stdcall
#define VENDOR_C(type) __declspec(dllexport) type __cdecl
static inline void sleep_ms(int ms) { Sleep(ms); }
typedef int(__stdcall *mps_call)(const char *, char *);
static inline mps_call our_caller(void)
{
    return (mps_call)(void *)GetProcAddress(GetModuleHandleA("mps_client.dll"), "MPS_Call");
}
#else
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#define VENDOR(type) __attribute__((visibility("default"))) type
#define VENDOR_C(type) VENDOR(type)
static inline void sleep_ms(int ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&time, 0);
}
typedef int (*mps_call)(const char *, char *);
static inline mps_call our_caller(void)
{
    void *library = dlopen(getenv("MPS_LIBRARY"), RTLD_NOW | RTLD_NOLOAD);
    return library ? (mps_call)dlsym(library, "MPS_Call") : 0;
}
#endif

/* A vendor's dialog that calls the library again: what it is told becomes the card's name. */
static inline void reenter(char *info)
{
    static const char request[] = "<?xml version=\"1.0\" encoding=\"GBK\" ?><request><Header>"
                                  "<funid>N04.00.00.01</funid></Header><Body><mdtrt_cert_type>03</mdtrt_cert_type></Body></request>";
    char response[8192], *start, *end;
    mps_call call = our_caller();
    if (!call) {
        strcpy(info, "350200|a|b|c|no library|");
        return;
    }
    call(request, response);
    start = strstr(response, "<msg>");
    end = strstr(response, "</msg>");
    if (start && end)
        *end = 0;
    sprintf(info, "350200|a|b|c|%s|", start && end ? start + 5 : "no message");
}
