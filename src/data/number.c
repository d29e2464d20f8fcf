#include "data/number.h"

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT 9007199254740992.0 // 2^53: every integer up to here is exact
#define FIFTEEN_DIGITS 1e15
#define LEAST_PLAIN 1e-4 // below, there is an exponent

// "1e+21" -> "1e21", "1e-07" -> "1e-7".
static void tidy_exponent(char *text)
{
    char *to = strchr(text, 'e');
    if (!to)
        return;
    const char *from = ++to;
    if (*from == '-')
        to++;
    from++; // printf always writes a sign
    from += strspn(from, "0");
    memmove(to, from, strlen(from) + 1);
}

// What people write: a few digits with a point among them, which printf takes
// many times as long to find. The first power of ten that makes `x` whole, to
// fifteen digits, tells them: that division is exact to the last bit, as
// reading the text is. False: another number.
static bool write_short(double x, char out[NUMBER_TEXT])
{
    double size = fabs(x), scale = 10, digits = floor(size * scale + 0.5);
    if (size < LEAST_PLAIN)
        return false;
    int places = 1;
    for (; digits < FIFTEEN_DIGITS && digits / scale != size; places++) {
        scale *= 10;
        digits = floor(size * scale + 0.5);
    }
    if (digits >= FIFTEEN_DIGITS)
        return false;
    char text[NUMBER_TEXT], *end = text + sizeof(text), *at = end;
    int64_t left = (int64_t)digits;
    *--at = '\0';
    for (int i = 0; left > 0 || i <= places; i++, left /= 10) {
        if (i == places)
            *--at = '.';
        *--at = (char)('0' + left % 10);
    }
    if (x < 0)
        *--at = '-';
    memcpy(out, at, (size_t)(end - at));
    return true;
}

void number_text(double x, char out[NUMBER_TEXT])
{
    if (fabs(x) <= EXACT && x == floor(x)) {
        snprintf(out, NUMBER_TEXT, "%lld", (long long)x);
        return;
    }
    if (write_short(x, out))
        return;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c);
    // Fifteen digits survive the way through a double and back, so fewer need
    // not be tried; below DBL_MIN that does not hold.
    int digits = fabs(x) < DBL_MIN ? 1 : DBL_DIG;
    do {
        snprintf(out, NUMBER_TEXT, "%.*g", digits, x);
    } while (digits++ < DBL_DECIMAL_DIG && strtod(out, NULL) != x);
    uselocale(before);
    freelocale(c);
    tidy_exponent(out);
}

bool number_read(const char *s, double *x)
{
    // strtod() would also take spaces, hexadecimal, "inf" and "nan".
    if (!*s || strspn(s, "+-.0123456789eE") != strlen(s))
        return false;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end;
    double number = strtod_l(s, &end, c);
    freelocale(c);
    if (*end || end == s || !isfinite(number))
        return false;
    *x = number;
    return true;
}
