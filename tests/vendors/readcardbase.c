/* SSCardDriver of a Guangdong work-injury system: the returned string is the answer. One of them has to be given back. */
#include "vendor.h"

static int given, taken_back;

VENDOR(const char *) ReadCardBase(void)
{
    return "440600|XXXXXXXX|XXXXXX|XXXX|黄九|";
}

VENDOR(char *) DoDebit(const char *input)
{
    char *answer = malloc(64);
    if (!input)
        return "null";
    given++;
    sprintf(answer, "扣款%s,%d", input, given - taken_back);
    return answer;
}

VENDOR(void) FreeString(char *text)
{
    taken_back++;
    free(text);
}
