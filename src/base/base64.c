#include "base/base64.h"

void base64_add(struct buf *out, const void *bytes, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned word = (unsigned)in[i] << 16;
        word |= n > 1 ? (unsigned)in[i + 1] << 8 : 0;
        word |= n > 2 ? (unsigned)in[i + 2] : 0;
        char quad[4] = {digits[word >> 18], digits[word >> 12 & 63],
                        n > 1 ? digits[word >> 6 & 63] : '=',
                        n > 2 ? digits[word & 63] : '='};
        buf_add(out, quad, sizeof(quad));
    }
}
