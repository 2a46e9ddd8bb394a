/* HeaSecReadInfo: an Init that takes JSON and has to come first, and buffers that hold the data or the reason. The institution's
 * name asks for a failure: E and a code for one without a reason, BUSY for one with it. */
#include "vendor.h"

static int ready, code, busy;

VENDOR(int) Init(const char *info, char *error)
{
    const char *asked = strstr(info, "\"ORG_ID\":\"E");
    code = asked ? atoi(asked + 11) : 0;
    busy = strstr(info, "\"ORG_ID\":\"BUSY\"") != 0;
    if (asked || busy) {
        ready = 1;
        return strstr(info, "10.0.0.1") ? code : 0;
    }
    ready = strstr(info, "\"ORG_ID\":\"H320\"") && strstr(info, "\"PORT\":8080") && strstr(info, "\"TIMEOUT\":60");
    if (!ready)
        strcpy(error, "初始化参数不正确");
    if (strstr(info, "10.0.0.9"))
        ready = 0;
    return error[0] ? 1 : 0;
}

static int refused(char *text)
{
    if (!ready)
        strcpy(text, "请先初始化");
    else if (busy)
        strcpy(text, "读卡器被占用");
    return !ready || busy ? -1 : code;
}

VENDOR(int) ReadCardBas(char *card, char *business)
{
    int wrong = refused(card);
    if (wrong)
        return wrong;
    strcpy(card, "320100|XXXXXXXX|XXXXXX|XXXX|李四|3B6D00|1.0|20210118|20310118|000000000000|SN|");
    strcpy(business, "{}");
    return 0;
}

VENDOR(int) ReadSFZ(const char *photo, char *card, char *business)
{
    int wrong = refused(card);
    if (wrong)
        return wrong;
    sprintf(card, "李四|男|汉|19980101|某市某区|XXXXXXXXXXXXXXXXXX|20210118|%s|某市公安局|", photo ? photo : "长期");
    strcpy(business, "{}");
    return 0;
}

VENDOR(int) VerifyPIN(char *text)
{
    return refused(text);
}

VENDOR(int) ChangePIN(char *text)
{
    return refused(text);
}

VENDOR(int) EcQuery(const char *request, char *answer)
{
    int wrong = refused(answer);
    if (wrong)
        return wrong;
    if (!strstr(request, "\"transType\":\"ec.query\""))
        strcpy(answer, "{\"code\":\"1001\",\"message\":\"交易类型不对\"}");
    else
        strcpy(answer, "{\"code\":0,\"data\":{\"idNo\":\"XXXXXXXX\",\"userName\":\"李四\",\"ecToken\":\"XXXX\"},\"message\":\"成功\"}");
    return 0;
}

VENDOR(int) GetPersonInfo(const char *request, char *answer)
{
    int wrong = refused(answer);
    if (!wrong)
        sprintf(answer, "{\"code\":0,\"data\":%s}", request);
    return wrong;
}
