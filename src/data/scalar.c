#include "data/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/number.h"

#define CORE "tag:yaml.org,2002:"
#define DIGITS "0123456789"

static const char too_large[] =
    "is beyond 64 bits; quote it to make it a string";
static const char not_finite[] =
    "is no finite number; quote it to make it a string";

static bool is_one_of(const char *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(s, words[i]) == 0)
            return true;
    }
    return false;
}

static bool is_null(const char *s)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    return is_one_of(s, words, sizeof(words) / sizeof(words[0]));
}

static bool is_true(const char *s)
{
    static const char *const words[] = {"true", "True", "TRUE"};
    return is_one_of(s, words, sizeof(words) / sizeof(words[0]));
}

static bool is_false(const char *s)
{
    static const char *const words[] = {"false", "False", "FALSE"};
    return is_one_of(s, words, sizeof(words) / sizeof(words[0]));
}

// .inf and .nan, which no JSON can carry.
static bool is_not_finite(const char *s)
{
    static const char *const words[] = {".inf", ".Inf", ".INF",
                                        ".nan", ".NaN", ".NAN"};
    bool sign = *s == '-' || *s == '+';
    return is_one_of(s + sign, words, sign ? 3 : 6);
}

// All of `s` is at least one of `digits`.
static bool is_all(const char *s, const char *digits)
{
    return *s && s[strspn(s, digits)] == '\0';
}

// The base of an integer, 0 when it is none; `digits` as strtoll() wants them.
static int integer_base(const char *s, const char **digits)
{
    *digits = s;
    if (is_all(s + (*s == '-' || *s == '+'), DIGITS))
        return 10;
    *digits = s + 2;
    if (text_starts(s, "0x") && is_all(s + 2, DIGITS "abcdefABCDEF"))
        return 16;
    if (text_starts(s, "0o") && is_all(s + 2, "01234567"))
        return 8;
    return 0;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
static bool is_real(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t whole = strspn(s, DIGITS), part = 0;
    s += whole;
    if (*s == '.') {
        part = strspn(s + 1, DIGITS);
        s += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '-' || *s == '+';
        return is_all(s, DIGITS);
    }
    return *s == '\0';
}

static struct value *integer(const char *digits, int base, const char **why)
{
    errno = 0;
    long long i = strtoll(digits, NULL, base);
    if (errno != ERANGE)
        return value_int(i);
    *why = too_large;
    return NULL;
}

static struct value *real(const char *s, const char **why)
{
    double x;
    if (number_read(s, &x))
        return value_real(x);
    *why = not_finite;
    return NULL;
}

struct value *scalar_plain(const char *s, size_t len, const char **why)
{
    if (strlen(s) != len)
        return value_strn(s, len);
    if (is_null(s))
        return value_null();
    if (is_true(s) || is_false(s))
        return value_bool(is_true(s));
    const char *digits;
    int base = integer_base(s, &digits);
    if (base)
        return integer(digits, base, why);
    if (is_real(s) || is_not_finite(s))
        return real(s, why);
    return value_strn(s, len);
}

// A plain scalar that must come out as the tag says.
static struct value *must_be(enum value_type type, const char *s, size_t len,
                             const char **why)
{
    struct value *v = scalar_plain(s, len, why);
    if (v && type == VALUE_REAL && v->type == VALUE_INT) {
        v->type = VALUE_REAL;
        v->real = (double)v->integer;
    }
    if (v && v->type != type) {
        value_free(v);
        v = NULL;
        *why = "is not what its tag says";
    }
    return v;
}

struct value *scalar_tagged(const char *tag, const char *s, size_t len,
                            const char **why)
{
    static const struct {
        const char *tag;
        enum value_type type;
    } tags[] = {
        {CORE "int", VALUE_INT},
        {CORE "float", VALUE_REAL},
        {CORE "bool", VALUE_BOOL},
        {CORE "null", VALUE_NULL},
    };
    if (strcmp(tag, CORE "str") == 0 || strcmp(tag, "!") == 0)
        return value_strn(s, len);
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (strcmp(tag, tags[i].tag) == 0)
            return must_be(tags[i].type, s, len, why);
    }
    *why = "has a tag that is none of !!str !!int !!float !!bool !!null";
    return NULL;
}

bool scalar_tag_fits(const char *tag, enum value_type collection)
{
    const char *own = collection == VALUE_LIST ? CORE "seq" : CORE "map";
    return !tag || strcmp(tag, "!") == 0 || strcmp(tag, own) == 0;
}
