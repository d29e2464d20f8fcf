#include "data/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void write_any(struct buf *out, const struct value *v, bool sorted);

static void write_string(struct buf *out, const char *s, size_t len)
{
    static const char names[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    buf_byte(out, '"');
    for (size_t i = 0, step; i < len && !out->overflow; i += step) {
        uint32_t code;
        const char *name;
        step = text_utf8(s + i, len - i, &code);
        if (step == 0) {
            buf_str(out, "\xef\xbf\xbd");
            step = 1;
        } else if (code != 0 && code < 0x80 &&
                   (name = strchr(names, (int)code))) {
            buf_byte(out, '\\');
            buf_byte(out, letters[name - names]);
        } else if (code < 0x20) {
            buf_printf(out, "\\u%04x", (unsigned)code);
        } else {
            buf_add(out, s + i, step);
        }
    }
    buf_byte(out, '"');
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
        buf_printf(out, "%lld", (long long)v->integer);
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
