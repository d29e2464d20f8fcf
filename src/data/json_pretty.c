#include <string.h>

#include "data/json.h"

#define WIDTH 76 // what fits stays on one line

static void new_line(struct buf *out, int depth)
{
    buf_printf(out, "\n%*s", 2 * depth, "");
}

static void write_key(const char *key, struct buf *out)
{
    struct value *text = value_str(key);
    json_write(text, out);
    value_free(text);
    buf_str(out, ": ");
}

// As one line where that is short.
static bool write_short(const struct value *v, size_t room, struct buf *out)
{
    struct buf line;
    buf_init(&line, room);
    json_write(v, &line);
    bool fits = !line.overflow;
    if (fits)
        buf_add(out, line.data, line.len);
    buf_free(&line);
    return fits;
}

static void write_at(const struct value *v, int depth, size_t taken,
                     struct buf *out)
{
    bool map = v->type == VALUE_MAP, list = v->type == VALUE_LIST;
    size_t left = 2 * (size_t)depth + taken;
    if ((!map && !list) || value_count(v) == 0) {
        json_write(v, out);
        return;
    }
    if (left < WIDTH && write_short(v, WIDTH - left, out))
        return;
    buf_byte(out, map ? '{' : '[');
    for (size_t i = 0; i < value_count(v) && !out->overflow; i++) {
        if (i > 0)
            buf_byte(out, ',');
        new_line(out, depth + 1);
        if (map)
            write_key(v->map.members[i].key, out);
        write_at(map ? v->map.members[i].value : v->list.items[i], depth + 1,
                 map ? strlen(v->map.members[i].key) + 4 : 0, out);
    }
    new_line(out, depth);
    buf_byte(out, map ? '}' : ']');
}

void json_pretty(const struct value *v, struct buf *out)
{
    write_at(v, 0, 0, out);
    buf_byte(out, '\n');
}
