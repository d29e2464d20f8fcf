#include "base/text.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

size_t text_utf8(const char *s, size_t len, uint32_t *code)
{
    if (len == 0)
        return 0;
    unsigned char first = (unsigned char)s[0];
    size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || n > len)
        return 0;
    uint32_t c = n == 1 ? first : first & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        unsigned char next = (unsigned char)s[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (code)
        *code = c;
    return n;
}

bool text_is_utf8(const char *s, size_t len)
{
    for (size_t i = 0, step; i < len; i += step) {
        bool ascii = (unsigned char)s[i] < 0x80;
        step = ascii ? 1 : text_utf8(s + i, len - i, NULL);
        if (step == 0 || s[i] == '\0')
            return false;
    }
    return true;
}

bool text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

size_t text_stem(const char *s, const char *end)
{
    size_t len = strlen(s), n = strlen(end);
    return len > n && strcmp(s + len - n, end) == 0 ? len - n : 0;
}

#define WORD_MAX 64

static size_t least3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

// Edits that turn `a` into `b`, two swapped neighbours counting as one
// (Damerau-Levenshtein, optimal string alignment). Both at most WORD_MAX.
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[3][WORD_MAX + 1] = {{0}};
    size_t *before = row[0], *above = row[1], *now = row[2];
    for (size_t j = 0; j <= nb; j++)
        above[j] = j;
    for (size_t i = 1; i <= na; i++) {
        int ca = tolower((unsigned char)a[i - 1]);
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            int cb = tolower((unsigned char)b[j - 1]);
            now[j] =
                least3(above[j] + 1, now[j - 1] + 1, above[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                cb == tolower((unsigned char)a[i - 2]))
                now[j] = least3(now[j], before[j - 2] + 1, SIZE_MAX);
        }
        size_t *spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return above[nb];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = strlen(word);
    if (len > WORD_MAX)
        return NULL;
    size_t limit = len / 3 < 1 ? 1 : len / 3 > 3 ? 3 : len / 3;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len > WORD_MAX)
            continue;
        size_t d = distance(word, len, names[i], name_len);
        if (d > limit || d >= len) // no letter in common is not near
            continue;
        best = names[i];
        if (d == 0)
            break;
        limit = d - 1; // of equally near ones the first
    }
    return best;
}

bool text_duration(const char *s, int64_t *ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}};
    double number = 0, digit = 1;
    size_t whole = strspn(s, "0123456789"), part = 0;
    for (size_t i = 0; i < whole; i++)
        number = number * 10 + (s[i] - '0');
    if (s[whole] == '.') {
        part = strspn(s + whole + 1, "0123456789");
        for (size_t i = 1; i <= part; i++)
            number += (s[whole + i] - '0') * (digit /= 10);
    }
    bool point = s[whole] == '.';
    if (whole == 0 || whole > 9 || part > 9 || (point && part == 0))
        return false;
    const char *unit = s + whole + part + point;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].name) == 0) {
            *ms = (int64_t)(number * units[i].ms + 0.5);
            return true;
        }
    }
    return false;
}

size_t text_cut(const char *s, size_t max)
{
    // A character has at most three bytes behind its first.
    size_t start = max;
    while (start > 0 && max - start < 4) {
        start--;
        if (((unsigned char)s[start] & 0xc0) != 0x80)
            break;
    }
    unsigned char first = start < max ? (unsigned char)s[start] : 0;
    size_t n = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return start + n > max ? start : max;
}

// Would act on the terminal, or make text read otherwise than it is.
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
           (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *text_printable(const char *s, size_t len, size_t max)
{
    struct buf out;
    buf_init(&out, max);
    bool room = true;
    for (size_t i = 0; i < len && room;) {
        uint32_t code;
        bool plain = s[i] >= ' ' && s[i] <= '~'; // as nearly all is
        size_t step = plain ? 1 : text_utf8(s + i, len - i, &code);
        if (plain)
            room = buf_byte(&out, s[i]);
        else if (step == 0 || is_unsafe(code))
            room = buf_byte(&out, '?');
        else
            room = buf_add(&out, s + i, step);
        i += step ? step : 1;
    }
    return buf_take(&out);
}
