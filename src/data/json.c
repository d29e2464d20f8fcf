#include "data/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void write_any(struct buf *out, const struct value *v, bool sorted);

// Of eight bytes at once, of which none is above 0x7f: is one below `least`, is
// one `byte`?
#define EACH(byte) ((uint64_t)0x0101010101010101 * (byte))
static bool has_below(uint64_t bytes, uint64_t least)
{
    return (bytes - EACH(least)) & ~bytes & EACH(0x80);
}

static bool has_byte(uint64_t bytes, uint64_t byte)
{
    return has_below(bytes ^ EACH(byte), 1);
}

// How many bytes from here stand for themselves: ASCII without what JSON
// escapes.
static size_t plain(const char *s, size_t len)
{
    size_t n = 0;
    for (uint64_t bytes; len - n >= sizeof(bytes); n += sizeof(bytes)) {
        memcpy(&bytes, s + n, sizeof(bytes));
        if ((bytes & EACH(0x80)) || has_below(bytes, ' ') ||
            has_byte(bytes, '"') || has_byte(bytes, '\\') ||
            has_byte(bytes, '~' + 1))
            break;
    }
    while (n < len && s[n] >= ' ' && s[n] <= '~' && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

// One character that may not; how many bytes it takes.
static size_t write_other(struct buf *out, const char *s, size_t len)
{
    static const char names[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    uint32_t code;
    const char *name;
    size_t step = text_utf8(s, len, &code);
    if (step == 0) {
        buf_str(out, "\xef\xbf\xbd");
        return 1;
    }
    if (code != 0 && code < 0x80 && (name = strchr(names, (int)code))) {
        buf_byte(out, '\\');
        buf_byte(out, letters[name - names]);
    } else if (code < 0x20) {
        buf_printf(out, "\\u%04x", (unsigned)code);
    } else {
        buf_add(out, s, step);
    }
    return step;
}

static void write_string(struct buf *out, const char *s, size_t len)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < len && !out->overflow;) {
        size_t n = plain(s + i, len - i);
        if (n > 0)
            buf_add(out, s + i, n);
        else
            n = write_other(out, s + i, len - i);
        i += n;
    }
    buf_byte(out, '"');
}

static void write_integer(struct buf *out, int64_t n)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void write_list(struct buf *out, const struct value *v, bool sorted)
{
    buf_byte(out, '[');
    for (size_t i = 0; i < v->list.n && !out->overflow; i++) {
        if (i > 0)
            buf_byte(out, ',');
        write_any(out, v->list.items[i], sorted);
    }
    buf_byte(out, ']');
}

static void write_map(struct buf *out, const struct value *v, bool sorted)
{
    const struct value_member **order = sorted ? value_sorted(v) : NULL;
    buf_byte(out, '{');
    for (size_t i = 0; i < v->map.n && !out->overflow; i++) {
        const struct value_member *m = order ? order[i] : &v->map.members[i];
        if (i > 0)
            buf_byte(out, ',');
        write_string(out, m->key, strlen(m->key));
        buf_byte(out, ':');
        write_any(out, m->value, sorted);
    }
    buf_byte(out, '}');
    free(order);
}

static void write_any(struct buf *out, const struct value *v, bool sorted)
{
    char number[NUMBER_TEXT];
    switch (v->type) {
    case VALUE_NULL:
        buf_str(out, "null");
        break;
    case VALUE_BOOL:
        buf_str(out, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        write_integer(out, v->integer);
        break;
    case VALUE_REAL:
        number_text(v->real, number);
        buf_str(out, number);
        break;
    case VALUE_STRING:
        write_string(out, v->string.bytes, v->string.len);
        break;
    case VALUE_LIST:
        write_list(out, v, sorted);
        break;
    case VALUE_MAP:
        write_map(out, v, sorted);
        break;
    }
}

// Half a document would be worse than none.
static void write_whole(struct buf *out, const struct value *v, bool sorted)
{
    size_t start = out->len;
    bool before = out->overflow;
    out->overflow = false;
    write_any(out, v, sorted);
    if (out->overflow) {
        out->len = start;
        out->data[start] = '\0';
    }
    out->overflow |= before;
}

void json_write(const struct value *v, struct buf *out)
{
    write_whole(out, v, false);
}

void json_canonical(const struct value *v, struct buf *out)
{
    write_whole(out, v, true);
}

char *json_text(const struct value *v)
{
    struct buf out;
    buf_init(&out, SIZE_MAX); // the tree, in memory already, is the bound
    json_write(v, &out);
    return buf_take(&out);
}
