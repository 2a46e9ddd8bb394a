/* Nanoseconds of a call: windows.exe <mps_client.dll> <file with a request> <calls>. A calling error, or an answer that is none, ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

typedef int(__stdcall *mps_call)(char *, char *);

int main(int count, char **words)
{
    static char request[65536], response[65536];
    if (count != 4)
        return 2;
    FILE *file = fopen(words[2], "rb");
    if (!file || !fread(request, 1, sizeof request - 1, file))
        return 3;
    HMODULE library = LoadLibraryA(words[1]);
    if (!library)
        return 4;
    /* By way of an integer: the compiler warns of a plain cast between functions. */
    mps_call call = (mps_call)(size_t)GetProcAddress(library, "MPS_Call");
    if (!call)
        return 5;
    int calls = atoi(words[3]);
    /* The first calls start the library. */
    for (int i = 0; i < 1000; i++)
        if (call(request, response) || !strstr(response, ">0</result>"))
            return 6;
    LARGE_INTEGER begun, ended, second;
    QueryPerformanceCounter(&begun);
    for (int i = 0; i < calls; i++)
        call(request, response);
    QueryPerformanceCounter(&ended);
    QueryPerformanceFrequency(&second);
    printf("%.0f\n", (ended.QuadPart - begun.QuadPart) * 1e9 / second.QuadPart / calls);
    return 0;
}
