#include "recipe/keys.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"

#define SHOWN_MAX 60
#define HINT_MAX 1024
#define NAME_MAX_BYTES 100
#define COUNT_MAX 10000
#define CREDITS_MAX 1e12
#define SIZE_MIN (INT64_C(16) << 20)
#define SIZE_MAX_BYTES (INT64_C(64) << 30)
#define STEPS_MIN 1e6
#define STEPS_MAX 1e11
#define DURATION_MAX (366LL * 24 * 3600 * 1000)

const struct value *key_get(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, name);
    return v && v->type != VALUE_NULL ? v : NULL;
}

bool key_credits(const struct value *v, int64_t *thousandths)
{
    double x;
    if (!value_number(v, &x) || x < 0 || x > CREDITS_MAX)
        return false;
    // 0.1 is not a tenth: what counts is that the decimal reads back the same.
    double rounded = round(x * 1000);
    if (rounded / 1000 != x)
        return false;
    *thousandths = (int64_t)rounded;
    return true;
}

bool key_duration(const struct value *v, int64_t *ms)
{
    const char *text = value_text(v);
    double seconds;
    if (text)
        return text_duration(text, ms) && *ms <= DURATION_MAX;
    if (!value_number(v, &seconds) || seconds < 0 ||
        seconds > (double)DURATION_MAX / 1000)
        return false;
    *ms = (int64_t)(seconds * 1000 + 0.5);
    return true;
}

// How far a unit shifts; -1 for what is none.
static int unit_shift(const char *unit)
{
    static const char *const units[] = {"KB", "MB", "GB"};
    for (int i = 0; i < 3; i++) {
        if (strcasecmp(unit, units[i]) == 0)
            return 10 * (i + 1);
    }
    return -1;
}

bool key_size(const struct value *v, int64_t *bytes)
{
    const char *text = value_text(v);
    double x = 0;
    if (text) {
        size_t digits = strspn(text, "0123456789");
        int shift = unit_shift(text + digits + strspn(text + digits, " "));
        if (digits == 0 || digits > 12 || shift < 0)
            return false;
        x = ldexp((double)strtoll(text, NULL, 10), shift);
    } else if (!value_number(v, &x) || x != floor(x)) {
        return false;
    }
    if (!(x >= (double)SIZE_MIN && x <= (double)SIZE_MAX_BYTES))
        return false;
    *bytes = (int64_t)x;
    return true;
}

bool key_steps(const struct value *v, int64_t *steps)
{
    double x;
    if (!value_number(v, &x) || x != floor(x) || x < STEPS_MIN || x > STEPS_MAX)
        return false;
    *steps = (int64_t)x;
    return true;
}

char *key_printable(const char *name)
{
    return text_printable(name, strlen(name), SHOWN_MAX);
}

char *key_shown(const struct value *v)
{
    if (v->type == VALUE_LIST || v->type == VALUE_MAP || v->type == VALUE_NULL)
        return xstrdup(value_type_name(v->type));
    if (v->type != VALUE_STRING)
        return json_text(v);
    char *text = text_printable(v->string.bytes, v->string.len, SHOWN_MAX);
    char *quoted = xasprintf("\"%s%s\"", text,
                             v->string.len > SHOWN_MAX ? "\xe2\x80\xa6" : "");
    free(text);
    return quoted;
}

char *key_hint(const char *word, const char *const *names, size_t n)
{
    const char *near = text_nearest(word, names, n);
    if (near)
        return xasprintf(" (did you mean '%s'?)", near);
    if (n == 0)
        return xstrdup("");
    struct buf out;
    buf_init(&out, HINT_MAX);
    bool room = buf_str(&out, " (accepted: ");
    for (size_t i = 0; i < n && room; i++)
        room = buf_printf(&out, "%s%s", i ? ", " : "", names[i]);
    if (!room)
        buf_str(&out, ", \xe2\x80\xa6");
    buf_byte(&out, ')');
    return buf_take(&out);
}

bool key_is_name(const char *s)
{
    size_t len = strlen(s);
    return len > 0 && len <= NAME_MAX_BYTES && s[0] != '.' &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789._-") == len;
}

bool key_is_word(const char *s)
{
    return key_is_name(s) && !strpbrk(s, ".-") && !isdigit((unsigned char)*s);
}

static bool looks_secret(const char *name)
{
    static const char *const parts[] = {"key",  "secret", "token",     "passw",
                                        "auth", "bearer", "credential"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcasestr(name, parts[i]))
            return true;
    }
    return false;
}

static void unknown_key(const struct value_member *member,
                        const struct key_set *set, struct problems *problems)
{
    char *name = key_printable(member->key);
    if (set->secret && looks_secret(member->key)) {
        problem_add(problems, member->pos, "'%s': %s", name, set->secret);
        free(name);
        return;
    }
    const char **names = xcalloc(set->n, sizeof(*names));
    size_t n = 0;
    for (; n < set->n; n++)
        names[n] = set->keys[n].name;
    char *hint = set->hint ? set->hint(member->key) : NULL;
    if (!hint)
        hint = key_hint(member->key, names, n);
    problem_add(problems, member->pos, "unknown key '%s'%s%s", name, set->where,
                hint);
    free(hint);
    free(names);
    free(name);
}

static bool type_fits(enum key_type type, const struct value *v)
{
    int64_t ignored;
    double number;
    switch (type) {
    case KEY_TEXT:
        return value_text(v) != NULL;
    case KEY_BOOL:
        return v->type == VALUE_BOOL;
    case KEY_COUNT:
        return v->type == VALUE_INT && v->integer >= 1 &&
               v->integer <= COUNT_MAX;
    case KEY_CREDITS:
        return key_credits(v, &ignored);
    case KEY_DURATION:
        return key_duration(v, &ignored);
    case KEY_SIZE:
        return key_size(v, &ignored);
    case KEY_STEPS:
        return key_steps(v, &ignored);
    case KEY_NUMBER:
        return value_number(v, &number);
    case KEY_MAP:
        return v->type == VALUE_MAP || v->type == VALUE_NULL;
    case KEY_ANY:
        return true;
    }
    return false;
}

static const char *type_words(enum key_type type)
{
    switch (type) {
    case KEY_TEXT:
        return "a text";
    case KEY_BOOL:
        return "true or false";
    case KEY_COUNT:
        return "a whole number from 1 to 10000";
    case KEY_CREDITS:
        return "a number from 0 with at most three decimals";
    case KEY_DURATION:
        return "a duration such as 90s, 30m or 2h, or a number of seconds";
    case KEY_SIZE:
        return "a size from 16MB to 64GB, such as 512MB, or a number of bytes";
    case KEY_STEPS:
        return "a whole number from 1000000 to 100000000000";
    case KEY_NUMBER:
        return "a number";
    case KEY_MAP:
        return "a map";
    case KEY_ANY:
        break;
    }
    return "anything";
}

// " (did you mean 512MB?)", for a size whose unit is missing or no unit of
// ours; owned.
static char *size_hint(const struct value *v)
{
    const char *text = value_text(v);
    char *number = text ? xstrdup(text) : key_shown(v);
    size_t digits = strspn(number, "0123456789");
    const char *unit = number + digits + strspn(number + digits, " ");
    bool giga = *unit == 'g' || *unit == 'G';
    bool mega = !*unit || *unit == 'm' || *unit == 'M';
    bool near = digits > 0 && digits < 6 && (giga || mega);
    char *hint = near && unit_shift(unit) < 0
                     ? xasprintf(" (did you mean %.*s%s?)", (int)digits, number,
                                 giga ? "GB" : "MB")
                     : xstrdup("");
    free(number);
    return hint;
}

static void check_member(const struct value_member *member,
                         const struct key_set *set, struct problems *problems)
{
    const struct key *key = NULL;
    for (size_t i = 0; i < set->n && !key; i++) {
        if (strcmp(set->keys[i].name, member->key) == 0)
            key = &set->keys[i];
    }
    if (!key) {
        unknown_key(member, set, problems);
        return;
    }
    if (type_fits(key->type, member->value))
        return;
    char *found = key_shown(member->value);
    char *hint = key->type == KEY_SIZE ? size_hint(member->value) : xstrdup("");
    problem_add(problems, member->value->pos, "'%s'%s takes %s, found %s%s",
                key->name, set->where, type_words(key->type), found, hint);
    free(hint);
    free(found);
}

bool keys_check(const struct value *map, const struct key_set *set,
                struct problems *problems)
{
    if (map->type != VALUE_MAP) {
        char *found = key_shown(map);
        problem_add(problems, map->pos, "expected a map%s, found %s",
                    set->where, found);
        free(found);
        return false;
    }
    for (size_t i = 0; i < map->map.n; i++)
        check_member(&map->map.members[i], set, problems);
    return true;
}
