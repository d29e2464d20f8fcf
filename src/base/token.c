#include "base/token.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill(unsigned char *bytes, size_t len)
{
    size_t have = 0;
    while (have < len) {
        ssize_t got = getrandom(bytes + have, len - have, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) { // a guessable token is worse than no program
            fputs("tarmac: error: the system gives no random bytes\n", stderr);
            abort();
        }
        have += (size_t)got;
    }
}

static char *hex(char *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
    return out;
}

void token_make(char out[TOKEN_HEX])
{
    unsigned char bytes[16];
    fill(bytes, sizeof(bytes));
    hex(out, bytes, sizeof(bytes));
}

void token_uuid(char out[TOKEN_UUID])
{
    static const unsigned char groups[] = {4, 2, 2, 2, 6};
    unsigned char bytes[16];
    fill(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); // RFC variant
    const unsigned char *from = bytes;
    for (size_t i = 0; i < sizeof(groups); i++) {
        if (i > 0)
            *out++ = '-';
        out = hex(out, from, groups[i]);
        from += groups[i];
    }
}
