#include "data/json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#undef JSON_STRICT // a flag for packing, which would hide our json_mode

#include "base/mem.h"
#include "base/text.h"

static struct value *convert(json_t *j, int depth);

static struct value *convert_list(json_t *j, int depth)
{
    struct value *list = value_list();
    for (size_t i = 0; i < json_array_size(j); i++) {
        struct value *item = convert(json_array_get(j, i), depth + 1);
        if (!item) {
            value_free(list);
            return NULL;
        }
        value_add(list, item);
    }
    return list;
}

static struct value *convert_map(json_t *j, int depth)
{
    struct value *map = value_map();
    for (void *at = json_object_iter(j); at;
         at = json_object_iter_next(j, at)) {
        struct value *item = convert(json_object_iter_value(at), depth + 1);
        if (!item) {
            value_free(map);
            return NULL;
        }
        value_push(map, json_object_iter_key(at), (struct pos){0, 0}, item);
    }
    return map;
}

// NULL when it is too deep.
static struct value *convert(json_t *j, int depth)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return depth < JSON_DEPTH_MAX ? convert_map(j, depth) : NULL;
    case JSON_ARRAY:
        return depth < JSON_DEPTH_MAX ? convert_list(j, depth) : NULL;
    case JSON_STRING:
        return value_strn(json_string_value(j), json_string_length(j));
    case JSON_INTEGER:
        return value_int(json_integer_value(j));
    case JSON_REAL:
        return value_real(json_real_value(j));
    case JSON_TRUE:
        return value_bool(true);
    case JSON_FALSE:
        return value_bool(false);
    case JSON_NULL:
        return value_null();
    }
    return NULL;
}

// Of the string that begins at `s`: its length with both quotes.
static size_t string_len(const char *s, size_t len)
{
    size_t i = 1;
    while (i < len && s[i] != '"')
        i += s[i] == '\\' ? 2 : 1;
    return i < len ? i + 1 : len;
}

static bool is_huge(const char *s, size_t len)
{
    char digits[32];
    if (strspn(s, "-0123456789") < len) // a point or an exponent
        return false;
    if (len >= sizeof(digits))
        return true;
    memcpy(digits, s, len);
    digits[len] = '\0';
    errno = 0;
    (void)strtoll(digits, NULL, 10);
    return errno == ERANGE;
}

// `text` with every integer beyond 64 bits spelled as a real.
static void spell_as_reals(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0, step; i < len; i += step) {
        const char *s = text + i;
        step = 1;
        if (*s == '"') {
            step = string_len(s, len - i);
        } else if (strchr("-0123456789", *s) && *s) {
            step = strspn(s, "+-.0123456789eE");
            if (is_huge(s, step)) {
                buf_add(out, s, step);
                buf_str(out, "e0");
                continue;
            }
        }
        buf_add(out, s, step);
    }
}

static json_t *read_lenient(const char *text, size_t len, json_error_t *error)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    json_t *root = json_loadb(text, len, flags, error);
    if (root || json_error_code(error) != json_error_numeric_overflow)
        return root;
    struct buf again;
    json_error_t ignored;
    buf_init(&again, len < SIZE_MAX / 4 ? len * 4 : len);
    char *copy = xmalloc(len + 1); // strspn() needs an end
    memcpy(copy, text, len);
    copy[len] = '\0';
    spell_as_reals(copy, len, &again);
    root = json_loadb(again.data, again.len, flags, &ignored);
    free(copy);
    buf_free(&again);
    return root;
}

// jansson takes a NUL for the end, and what is behind it for nothing.
static bool has_nul(const char *text, size_t len, struct err *err)
{
    const char *nul = memchr(text, 0, len);
    if (!nul)
        return false;
    int line = 1;
    const char *start = text;
    for (const char *c = text; c < nul; c++) {
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    }
    err_set(err, ERR_FORMAT, "line %d column %d: a NUL byte", line,
            (int)(nul - start) + 1);
    return true;
}

struct value *json_read(const char *text, size_t len, enum json_mode mode,
                        struct err *err)
{
    if (has_nul(text, len, err))
        return NULL;
    json_error_t error = {0};
    json_t *root =
        mode == JSON_LENIENT
            ? read_lenient(text, len, &error)
            : json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                         &error);
    if (!root) {
        char *why = text_printable(error.text, strlen(error.text), 200);
        err_set(err, ERR_FORMAT, "line %d column %d: %s", error.line,
                error.column, why);
        free(why);
        return NULL;
    }
    struct value *v = convert(root, 0);
    json_decref(root);
    if (!v)
        err_set(err, ERR_FORMAT, "nested deeper than %d levels",
                JSON_DEPTH_MAX);
    return v;
}
