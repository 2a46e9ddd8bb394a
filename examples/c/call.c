/* Reads a patient's credential.  usage: call [mdtrt_cert_type]     01 electronic credential, 03 card (the default)
 * cc call.c mps_client.lib -o call.exe     (or libmps_client.dll.a for MinGW, or -lmps_client on Linux) */
#include <stdio.h>
#include "mps_client.h"

static char response[8192]; /* no smaller than response_capacity in mps.toml */

int main(int argc, char **argv)
{
    char request[512];
    int code;

    sprintf(request,
            "<?xml version=\"1.0\" encoding=\"GBK\" ?>\n"
            "<request>\n"
            "    <Header>\n"
            "        <funid>N04.00.00.01</funid>\n"
            "        <sign>0000000000000000</sign>\n"
            "    </Header>\n"
            "    <Body>\n"
            "        <mdtrt_cert_type>%.2s</mdtrt_cert_type>\n"
            "    </Body>\n"
            "</request>",
            argc > 1 ? argv[1] : "03");
    code = MPS_Call(request, response);
    if (code < 0) {
        fprintf(stderr, "MPS_Call: %d\n", code);
        return 1;
    }
    puts(response); /* in the request's charset, GBK */
    return 0;
}
