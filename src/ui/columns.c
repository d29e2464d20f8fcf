#include "ui/columns.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct span {
    uint32_t first, last;
};

// East Asian wide and fullwidth characters, and pictures.
static const struct span wide[] = {
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

// Accents, points and vowels that stand on what is before them, and joiners,
// where all terminals agree.
static const struct span none[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf},
    {0x05c1, 0x05c2}, {0x05c4, 0x05c5}, {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x0670, 0x0670}, {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x093c, 0x093c},
    {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e}, {0x1ab0, 0x1abe}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},
    {0x20d0, 0x20f0}, {0xfe00, 0xfe0e}, {0xfe20, 0xfe2f},
};

static bool lies_in(uint32_t c, const struct span *spans, size_t n)
{
    while (n > 0 && (c < spans->first || c > spans->last)) {
        spans++;
        n--;
    }
    return n > 0;
}

static int width_of(uint32_t c)
{
    if (c < 0x300)
        return 1;
    if (lies_in(c, none, sizeof(none) / sizeof(*none)))
        return 0;
    return lies_in(c, wide, sizeof(wide) / sizeof(*wide)) ? 2 : 1;
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

// The length of what sets a colour; 0: something else is here.
static size_t colour_len(const char *s)
{
    if (s[0] != '\033' || s[1] != '[')
        return 0;
    size_t len = strcspn(s, "m");
    return len + (s[len] == 'm');
}

int columns_shown(const char *s)
{
    int n = 0;
    for (size_t len; *s; s += len) {
        len = colour_len(s);
        if (len == 0)
            n += columns_next(s, &len);
    }
    return n;
}

int columns_lines(const char *text, int columns)
{
    int lines = 0, at = 0;
    for (size_t len; *text; text += len) {
        len = colour_len(text);
        if (*text == '\n') {
            lines++;
            at = 0;
            len = 1;
        } else if (len == 0) {
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
