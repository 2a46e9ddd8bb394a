/* NationECCode: one export that returns a status string and writes JSON. What it does is chosen by the address
 * it is asked to use. Compile with -fexec-charset=GBK. */
#include "vendor.h"
#include "nation_ec_sample.h"

VENDOR(const char *) NationEcTrans(const char *url, const char *request, char *answer)
{
    if (strstr(url, "/expired")) {
        strcpy(answer, "{\"code\":40004,\"data\":null,\"message\":\"结算支付码已过期，请重新获取"
                       "[8ac6008e81d81271018381d21f2b4097]\",\"orgId\":\"H350XXXXXXXXX\"}");
        return "0000";
    }
    if (strstr(url, "/refused")) {
        strcpy(answer, "网络不通");
        return "9999";
    }
    if (strstr(url, "/cut")) {
        strcpy(answer, "{\"code\":\"0\",\"data\":{\"idNo\":");
        return "0000";
    }
    if (strstr(url, "/silent"))
        return 0;
    if (strstr(url, "/echo")) {
        strcpy(answer, "{\"code\":0,\"data\":");
        strcat(answer, request);
        strcat(answer, ",\"note\":\"a<b&c]]>\"}");
        return "0000";
    }
    strcpy(answer, SAMPLE);
    return "0000";
}
