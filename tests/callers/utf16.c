/* Requests in UTF-16, with and without a byte order mark, are answered in UTF-16 with the same content. */
#include "caller.h"

/* What follows the XML declaration, which names the charset. */
static const char *behind_declaration(const char *message) {
    const char *end = strstr(message, "?>");
    return end ? end : "";
}

static void call(const char *what, const char *request, const char *expected) {
    static char resp[LARGE];
    int status = mps_call(request, resp);
    const char *message = ascii(resp, 2);
    check(status == MPS_OK, "%s: status %d", what, status);
    check(strstr(message, "encoding=\"UTF-16\"") != 0, "%s: %s", what, message);
    check(strcmp(behind_declaration(message), expected) == 0, "%s: %s", what, message);
}

static void swap_bytes(char *text, int size) {
    int i;
    for (i = 0; i < size; i += 2) {
        char low = text[i];
        text[i] = text[i + 1];
        text[i + 1] = low;
    }
}

int main(int argc, char **argv) {
    static struct answer narrow;
    static char request[LARGE], resp[LARGE], expected[LARGE];
    int number, size;
    load(argc > 1 ? argv[1] : 0);
    for (number = 0; number < 2; number++) {
        learn(&narrow, REQUESTS[number], 1);
        strcpy(expected, behind_declaration(ascii(narrow.text, 1)));

        encode(REQUESTS[number], 2, request);
        call("no mark", request, expected);

        encode(" \r\n\t", 2, request);
        encode(REQUESTS[number], 2, request + 8);
        call("blanks", request, expected);

        memcpy(request, "\xFF\xFE", 2);
        size = 2 + encode(REQUESTS[number], 2, request + 2);
        call("little-endian mark", request, expected);

        swap_bytes(request, size);
        check(mps_call(request, resp) == MPS_OK, "big-endian mark");
        swap_bytes(resp, LARGE);
        check(strcmp(behind_declaration(ascii(resp, 2)), expected) == 0, "big-endian mark: %s", ascii(resp, 2));
    }
    return finish();
}
