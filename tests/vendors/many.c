/* A library with more functions than any vendor's: f10 to f89, each of which returns its number. */
#include "vendor.h"

#define FUNCTION(number) \
    VENDOR(int) f##number(void) { return number; }
#define TEN(tens) \
    FUNCTION(tens##0) FUNCTION(tens##1) FUNCTION(tens##2) FUNCTION(tens##3) FUNCTION(tens##4) \
    FUNCTION(tens##5) FUNCTION(tens##6) FUNCTION(tens##7) FUNCTION(tens##8) FUNCTION(tens##9)

TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8)
