/*
 * Calls until it is killed, with a field so long that what is kept of a call is long too. The second argument, where there is one, is
 * how many bytes a file may have: what is longer cannot be written to its end.
 */
#include "../callers/caller.h"

#ifndef _WIN32
#include <sys/resource.h>

static void limit_files(rlim_t most) {
    struct rlimit limit = {most, most};
    if (setrlimit(RLIMIT_FSIZE, &limit)) give_up("set a limit");
}
#endif

enum { WORDS = 40000 };

static char request[LARGE], resp[LARGE];

int main(int argc, char **argv) {
    const char *behind = strstr(REQUESTS[0], "    </Body>");
    char *at = request;
    load(argc > 1 ? argv[1] : 0);
#ifndef _WIN32
    if (argc > 2) limit_files((rlim_t)atol(argv[2]));
#endif
    at += sprintf(at, "%.*s<note>", (int)(behind - REQUESTS[0]), REQUESTS[0]);
    memset(at, 'x', WORDS);
    sprintf(at + WORDS, "</note>\n%s", behind);
    for (;;) {
        if (mps_call(request, resp) || !strstr(resp, "<result>0</result>")) give_up("call");
    }
}
