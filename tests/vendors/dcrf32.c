/* dcrf32: the reader maker's own library, which HeaSecReadInfo expects to be there. */
#include "vendor.h"

VENDOR_C(int) dc_card_no(char *number)
{
    strcpy(number, "DGXXXXXX");
    return 0;
}
