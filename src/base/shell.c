#include "base/shell.h"

#include <string.h>

void shell_word(const char *word, struct buf *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_@%+=:,./-";
    if (word[0] && word[strspn(word, plain)] == '\0') {
        buf_str(out, word);
        return;
    }
    buf_byte(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_str(out, "'\\''");
        else
            buf_byte(out, *word);
    }
    buf_byte(out, '\'');
}
