/* mps.toml is found beside the library, wherever the current directory has gone since it was loaded. */
#include "caller.h"

int main(int argc, char **argv) {
    static struct answer answer;
    load(argc > 1 ? argv[1] : 0);
    if (change_directory("/")) give_up("change directory");
    learn(&answer, REQUESTS[0], 1);
    return finish();
}
