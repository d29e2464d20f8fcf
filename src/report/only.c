#include "report/only.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "report/manifest.h"

#define ONLY_MAX 3500 // script/expr.c takes 4000

// --- names

static bool is_keyword(const char *word, size_t len)
{
    static const char *const keywords[] = {
        "and",    "break", "do",    "else",    "elseif", "end",
        "false",  "for",   "goto",  "if",      "in",     "local",
        "nil",    "not",   "or",    "repeat",  "then",   "true",
        "return", "until", "while", "function"};
    for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
        if (strlen(keywords[i]) == len && memcmp(keywords[i], word, len) == 0)
            return true;
    return false;
}

// "motion.x": every part is a name of Lua's.
static bool is_name(const char *name)
{
    static const char letters[] =
        "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (;;) {
        size_t len = strspn(name, letters);
        if (len == 0 || (*name >= '0' && *name <= '9') || is_keyword(name, len))
            return false;
        name += len;
        if (*name == '\0')
            return true;
        if (*name++ != '.')
            return false;
    }
}

// --- values

// A character that does not show as itself, or turns around what stands behind
// it: its bytes.
static size_t is_hidden(const unsigned char *s, size_t len)
{
    if (len >= 2 && s[0] == 0xc2 && s[1] < 0xa0)
        return 2;
    if (len < 3 || s[0] < 0xe2)
        return 0;
    bool space = s[1] == 0x80 && (s[2] <= 0x8f || (s[2] & 0xf8) == 0xa8);
    bool mark = s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf;
    bool bom = s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf;
    return bom || (s[0] == 0xe2 && (space || mark)) ? 3 : 0;
}

static void write_text(const char *text, size_t len, struct buf *out)
{
    const unsigned char *s = (const unsigned char *)text;
    buf_byte(out, '"');
    for (size_t i = 0; i < len; i++) {
        size_t hidden = is_hidden(s + i, len - i);
        if (s[i] == '"' || s[i] == '\\')
            buf_printf(out, "\\%c", s[i]);
        else if (s[i] == '\n')
            buf_str(out, "\\n");
        else if (s[i] < ' ' || s[i] == 0x7f)
            buf_printf(out, "\\%03d", s[i]);
        else if (hidden == 0)
            buf_byte(out, (char)s[i]);
        for (size_t k = 0; k < hidden; k++)
            buf_printf(out, "\\%03d", s[i + k]);
        i += hidden ? hidden - 1 : 0;
    }
    buf_byte(out, '"');
}

// False for what Lua does not compare.
static bool write_value(const struct value *v, struct buf *out)
{
    if (!v || v->type == VALUE_LIST || v->type == VALUE_MAP)
        return false;
    if (v->type == VALUE_STRING)
        write_text(v->string.bytes, v->string.len, out);
    else if (v->type == VALUE_NULL)
        buf_str(out, "nil");
    else
        json_write(v, out);
    return true;
}

static bool may_tell(const char *name, const struct value *v)
{
    struct value *map = value_map();
    value_set(map, name, value_copy(v));
    struct value *told = manifest_told(map, NULL);
    bool same = value_equal(map, told);
    value_free(told);
    value_free(map);
    return same;
}

// --- all of it

static void add_and(struct buf *out)
{
    if (out->len > 0)
        buf_str(out, " and ");
}

static bool write_values(const struct value *about, const struct value *row,
                         struct buf *out)
{
    const struct value *names = value_get(about, "axes");
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_text(value_at(names, i));
        const struct value *v =
            name ? value_get(value_get(row, "axes"), name) : NULL;
        if (!v || !is_name(name) || !may_tell(name, v))
            return false;
        add_and(out);
        buf_printf(out, "%s == ", name);
        if (!write_value(v, out))
            return false;
    }
    if (value_integer(value_get(about, "takes"), 1) > 1) {
        add_and(out);
        buf_printf(out, "take == %" PRId64,
                   value_integer(value_get(row, "take"), 1));
    }
    return !out->overflow;
}

void only_write(const struct value *about, const struct value *row,
                struct buf *out)
{
    struct buf text;
    buf_init(&text, ONLY_MAX);
    if (write_values(about, row, &text))
        buf_add(out, text.data, text.len);
    else
        buf_printf(out, "index == %" PRId64,
                   value_integer(value_get(row, "n"), 0));
    buf_free(&text);
}
