/* NationECCode: one export that returns a status string and writes JSON. What it does is chosen by the address
 * it is asked to use. Compile with -fexec-charset=GBK. */
#include "vendor.h"
#include "nation_ec_sample.h"

#define PERSON "{\"idNo\":\"XXXXXXXX\",\"userName\":\"赵六\",\"email\":\"null\",\"ecToken\":\"XXXX\"}"

/* Answers as each kind of question really gets them: the code a number or a text, the data an object or JSON inside a text. */
static void answer_by_kind(const char *request, char *answer)
{
    if (strstr(request, "\"transType\":\"cn.nhsa.ec.auth\""))
        strcpy(answer, "{\"code\":\"0\",\"data\":{\"authNo\":\"A1\"},\"message\":\"null\"}");
    else if (strstr(request, "\"transType\":\"cn.nhsa.auth.check\"") && strstr(request, "\"authNo\":\"A1\""))
        strcpy(answer, "{\"code\":0,\"data\":" PERSON ",\"message\":\"成功\"}");
    else if (strstr(request, "\"transType\":\"cn.nhsa.qrcode.get\""))
        strcpy(answer, "{\"code\":0,\"data\":\"{\\\"idNo\\\":\\\"XXXXXXXX\\\",\\\"userName\\\":\\\"赵六\\\",\\\"email\\\":null}\","
                       "\"message\":\"成功\"}");
    else if (strstr(request, "\"transType\":\"cn.nhsa.cert.get\"") || strstr(request, "\"transType\":\"ec.query\""))
        strcpy(answer, "{\"code\":\"0\",\"data\":" PERSON ",\"message\":\"成功\"}");
    else
        strcpy(answer, "{\"code\":\"1001\",\"data\":\"null\",\"message\":\"参数不正确\"}");
}

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
    if (strstr(url, "/kinds")) {
        answer_by_kind(request, answer);
        return "0000";
    }
    if (strstr(url, "/code/")) { /* a failure that says nothing but its number */
        sprintf(answer, "{\"code\":%d,\"data\":null,\"message\":\"null\"}", atoi(strstr(url, "/code/") + 6));
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
