/* A library that writes what it was told to, into whatever it is given. Never more than it was given: what happens then is
 * another test's. */
#include <string.h>

static unsigned char said[4096];
static int length;

void say(const unsigned char *bytes, int count)
{
    length = count < (int)sizeof said ? count : (int)sizeof said;
    memcpy(said, bytes, length);
    memset(said + length, 0, sizeof said - length);
}

static int number(void)
{
    int value;
    memcpy(&value, said, sizeof value);
    return value;
}

int ends_in_nul(char *out) { memcpy(out, said, length); return 0; }
int returns_its_length(char *out) { memcpy(out, said, length); return number(); }
int fills_a_length(char *out, int *told) { memcpy(out, said, length); *told = number(); return 0; }
int fills_integers(short *small, long long *large) { memcpy(small, said, 2); memcpy(large, said, 8); return number(); }
struct record { char name[7]; int count; unsigned short wide[5]; unsigned char uid[8]; };
int fills_a_struct(struct record *record) { memcpy(record, said, sizeof *record); return 0; }
const char *returns_text(void) { static char kept[sizeof said + 1]; memcpy(kept, said, sizeof said); return kept; }
int writes_wide(void *out) { memcpy(out, said, length & ~1); return 0; }
