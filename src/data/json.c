#include "data/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

// How one writing is laid out.
struct layout {
    struct buf *out;
    bool sorted;
    bool pretty;
};

static void write_any(const struct layout *l, const struct value *v, int depth);

static void write_string(struct buf *out, const char *s, size_t len)
{
    static const char names[] = "\"\\\n\r\t\b\f";
    static const char letters[] = "\"\\nrtbf";
    buf_byte(out, '"');
    for (size_t i = 0, step; i < len; i += step) {
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

static void new_line(const struct layout *l, int depth)
{
    if (!l->pretty)
        return;
    buf_byte(l->out, '\n');
    for (int i = 0; i < depth; i++)
        buf_str(l->out, "  ");
}

static void write_list(const struct layout *l, const struct value *v, int depth)
{
    buf_byte(l->out, '[');
    for (size_t i = 0; i < v->list.n; i++) {
        if (i > 0)
            buf_byte(l->out, ',');
        new_line(l, depth + 1);
        write_any(l, v->list.items[i], depth + 1);
    }
    if (v->list.n > 0)
        new_line(l, depth);
    buf_byte(l->out, ']');
}

static void write_map(const struct layout *l, const struct value *v, int depth)
{
    const struct value_member **sorted = l->sorted ? value_sorted(v) : NULL;
    buf_byte(l->out, '{');
    for (size_t i = 0; i < v->map.n; i++) {
        const struct value_member *m = sorted ? sorted[i] : &v->map.members[i];
        if (i > 0)
            buf_byte(l->out, ',');
        new_line(l, depth + 1);
        write_string(l->out, m->key, strlen(m->key));
        buf_str(l->out, l->pretty ? ": " : ":");
        write_any(l, m->value, depth + 1);
    }
    if (v->map.n > 0)
        new_line(l, depth);
    buf_byte(l->out, '}');
    free(sorted);
}

static void write_any(const struct layout *l, const struct value *v, int depth)
{
    char number[NUMBER_TEXT];
    switch (v->type) {
    case VALUE_NULL:
        buf_str(l->out, "null");
        break;
    case VALUE_BOOL:
        buf_str(l->out, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        buf_printf(l->out, "%lld", (long long)v->integer);
        break;
    case VALUE_REAL:
        number_text(v->real, number);
        buf_str(l->out, number);
        break;
    case VALUE_STRING:
        write_string(l->out, v->string.bytes, v->string.len);
        break;
    case VALUE_LIST:
        write_list(l, v, depth);
        break;
    case VALUE_MAP:
        write_map(l, v, depth);
        break;
    }
}

// Half a document would be worse than none.
static void write_whole(const struct layout *l, const struct value *v)
{
    size_t start = l->out->len;
    bool before = l->out->overflow;
    l->out->overflow = false;
    write_any(l, v, 0);
    if (l->out->overflow) {
        l->out->len = start;
        l->out->data[start] = '\0';
    }
    l->out->overflow |= before;
}

void json_write(const struct value *v, struct buf *out)
{
    write_whole(&(struct layout){.out = out}, v);
}

void json_pretty(const struct value *v, struct buf *out)
{
    write_whole(&(struct layout){.out = out, .pretty = true}, v);
}

void json_canonical(const struct value *v, struct buf *out)
{
    write_whole(&(struct layout){.out = out, .sorted = true}, v);
}

char *json_text(const struct value *v)
{
    struct buf out;
    buf_init(&out, SIZE_MAX); // the tree, in memory already, is the bound
    json_write(v, &out);
    return buf_take(&out);
}
