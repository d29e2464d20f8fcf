#include "ui/columns.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

// East Asian wide and fullwidth characters, and pictures.
static int width_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},
        {0x23e9, 0x23f3},   {0x25fd, 0x25fe},   {0x2600, 0x26ff},
        {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
        {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2757},
        {0x2795, 0x2797},   {0x27b0, 0x27bf},   {0x2b1b, 0x2b1c},
        {0x2b50, 0x2b55},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
        {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x16fe0, 0x1b2ff}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (c >= 0x300 && c <= 0x36f) // accents that stand on what is before them
        return 0;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (c >= wide[i].first && c <= wide[i].last)
            return 2;
    return 1;
}

int columns_next(const char *s, size_t *len)
{
    uint32_t code = 0;
    *len = text_utf8(s, strnlen(s, 4), &code);
    if (*len > 0)
        return width_of(code);
    *len = 1;
    return 1;
}

int columns_of(const char *s)
{
    int n = 0;
    for (size_t len; *s; s += len)
        n += columns_next(s, &len);
    return n;
}

int columns_lines(const char *text, int columns)
{
    int lines = 0, at = 0;
    for (size_t len; *text; text += len) {
        if (*text == '\n') {
            lines++;
            at = 0;
            len = 1;
        } else if (text[0] == '\033' && text[1] == '[') {
            len = strcspn(text, "m");
            len += text[len] == 'm';
        } else {
            int width = columns_next(text, &len);
            // A wide character does not stand on two lines.
            if (at + width > columns) {
                lines++;
                at = 0;
            }
            at += width;
        }
    }
    return lines;
}
