/*
 * Asks the library that the first argument names once for each case of `table.rs`, of which the second tells the number, and prints
 * every answer behind a line with its case's number.
 */
#include "../callers/caller.h"

int main(int argc, char **argv) {
    static char request[LARGE], response[LARGE];
    int number, last = argc > 2 ? atoi(argv[2]) : 0;
    load(argc > 1 ? argv[1] : 0);
    for (number = 0; number < last; number++) {
        sprintf(request,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><Header><funid>N99.00.00.03</funid>"
                "<sign>0000000000000000</sign></Header><Body><case>%d</case><authNo>A1</authNo></Body></request>",
                number);
        if (mps_call(request, response) != MPS_OK) give_up("get an answer");
        printf("== %d\n%s\n", number, response);
    }
    return finish();
}
