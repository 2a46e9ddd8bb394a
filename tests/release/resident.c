/*
 * A caller that stays: asks for the card once for each line that it reads, and prints status and response in one line.
 * usage: resident LIBRARY
 */
#include "../callers/caller.h"

int main(int argc, char **argv) {
    static char resp[LARGE];
    char line[16];
    load(argc > 1 ? argv[1] : 0);
    while (fgets(line, sizeof line, stdin)) {
        int status = mps_call(REQUESTS[0], resp);
        char *end;
        for (end = resp; *end; end++) {
            if (*end == '\n' || *end == '\r') *end = ' ';
        }
        printf("%d %s\n", status, resp);
        fflush(stdout);
    }
    return finish();
}
