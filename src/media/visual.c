#include "media/visual.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct letter {
    const char *at;
    size_t len;
    uint32_t code;
};

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static bool is_leftward(uint32_t code)
{
    // Hebrew, Arabic and their neighbours; their forms; old scripts, Adlam.
    static const struct range ranges[] = {{0x590, 0x8ff},
                                          {0xfb1d, 0xfdff},
                                          {0xfe70, 0xfefc},
                                          {0x10800, 0x10fff},
                                          {0x1e800, 0x1efff}};
    return is_in(code, ranges, sizeof(ranges) / sizeof(*ranges));
}

static bool is_shapeless(uint32_t code)
{
    static const struct range ranges[] = {
        {0x61c, 0x61c},   {0x200b, 0x200f}, {0x202a, 0x202e},  {0x2060, 0x206f},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff}};
    return is_in(code, ranges, sizeof(ranges) / sizeof(*ranges));
}

static bool is_digit(uint32_t code)
{
    return (code >= '0' && code <= '9') || (code >= 0x660 && code <= 0x669) ||
           (code >= 0x6f0 && code <= 0x6f9);
}

// Neither way: it goes with what is on both sides of it.
static bool is_neutral(uint32_t code)
{
    static const struct range ranges[] = {
        {' ', '/'}, {':', '@'}, {'[', '`'}, {'{', 0xbf}, {0x2010, 0x2027}};
    return is_digit(code) ||
           is_in(code, ranges, sizeof(ranges) / sizeof(*ranges));
}

static void turn(struct letter *letters, size_t n)
{
    for (size_t i = 0; i + 1 < n - i; i++) {
        struct letter kept = letters[i];
        letters[i] = letters[n - 1 - i];
        letters[n - 1 - i] = kept;
    }
}

// Behind the last leftward letter from `i` on that nothing rightward parts from
// the first.
static size_t end_of(const struct letter *letters, size_t i, size_t n)
{
    size_t end = i + 1;
    for (size_t k = end; k < n; k++) {
        if (is_leftward(letters[k].code))
            end = k + 1;
        else if (!is_neutral(letters[k].code))
            break;
    }
    return end;
}

static void turn_stretch(struct letter *letters, size_t n)
{
    turn(letters, n);
    for (size_t i = 0; i < n; i++) {
        size_t from = i;
        while (i < n && is_digit(letters[i].code))
            i++;
        if (i > from)
            turn(letters + from, i - from);
    }
}

char *visual_text(const char *utf8)
{
    size_t left = strlen(utf8), n = 0, len;
    struct letter *letters = xcalloc(left + 1, sizeof(*letters));
    char *out = xmalloc(left + 1), *to = out;
    for (; (len = text_utf8(utf8, left, &letters[n].code)) > 0;
         utf8 += len, left -= len) {
        letters[n].at = utf8;
        letters[n].len = len;
        n += !is_shapeless(letters[n].code);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_leftward(letters[i].code))
            continue;
        size_t end = end_of(letters, i, n);
        turn_stretch(letters + i, end - i);
        i = end - 1;
    }
    for (size_t i = 0; i < n; i++)
        to = mempcpy(to, letters[i].at, letters[i].len);
    *to = '\0';
    free(letters);
    return out;
}
