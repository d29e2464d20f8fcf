#include "data/yaml_bytes.h"

#include <string.h>

#include "base/text.h"

// What YAML lets stand in a file.
static bool is_allowed(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f) ||
           c == 0x85 ||
           (c >= 0xa0 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

// Files of programs, and texts that are not UTF-8, known by how they begin.
static const char *foreign(const char *text, size_t len)
{
    if (len >= 2 &&
        (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return "the file is UTF-16; save it as UTF-8";
    if (memchr(text, '\0', len))
        return "not a text file: it holds NUL bytes; a text is saved as UTF-8";
    return NULL;
}

bool yaml_bytes_check(const char *text, size_t len, int file,
                      struct problems *problems)
{
    struct pos pos = {1, 1, file};
    const char *why = foreign(text, len);
    if (why)
        problem_add(problems, pos, "%s", why);
    for (size_t i = 0, step; i < len && !why; i += step) {
        uint32_t code = 0;
        step = text_utf8(text + i, len - i, &code);
        if (step == 0) {
            problem_add(problems, pos,
                        "not UTF-8: byte 0x%02x; save the file as UTF-8",
                        (unsigned char)text[i]);
            return false;
        }
        if (!is_allowed(code)) {
            problem_add(problems, pos,
                        "the character U+%04X cannot stand in YAML",
                        (unsigned)code);
            return false;
        }
        bool ends = code == '\n' ||
                    (code == '\r' && (i + 1 == len || text[i + 1] != '\n'));
        pos.line += ends;
        pos.col = ends ? 1 : pos.col + 1;
    }
    return !why;
}
