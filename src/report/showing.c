#include "report/showing.h"

#include <inttypes.h>
#include <string.h>

#include "data/number.h"
#include "report/listing.h"

#define TEXT_MAX_SHOWN 2000
#define DEPTH_MAX_SHOWN 8

// --- a tree as it would stand in a recipe, near enough to be read

static void write_scalar(const struct value *v, struct buf *out)
{
    char number[NUMBER_TEXT];
    if (v->type == VALUE_STRING) {
        shown_text(v->string.bytes, v->string.len, TEXT_MAX_SHOWN, out);
    } else if (v->type == VALUE_INT) {
        buf_printf(out, "%" PRId64, v->integer);
    } else if (v->type == VALUE_REAL) {
        number_text(v->real, number);
        buf_str(out, number);
    } else if (v->type == VALUE_BOOL) {
        buf_str(out, v->boolean ? "true" : "false");
    } else if (v->type == VALUE_NULL) {
        buf_str(out, "null");
    } else {
        buf_str(out, v->type == VALUE_LIST ? "[…]" : "{…}");
    }
}

static void indent(int columns, struct buf *out)
{
    buf_printf(out, "%*s", columns, "");
}

static void write_tree(const struct value *v, int columns, int depth,
                       struct buf *out)
{
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *item = value_at(v, i);
        indent(columns, out);
        if (v->type == VALUE_MAP) {
            const struct value_member *m = &v->map.members[i];
            item = m->value;
            shown_text(m->key, strlen(m->key), TEXT_MAX_SHOWN, out);
            buf_str(out, ":");
        } else {
            buf_str(out, "-");
        }
        if (value_count(item) > 0 && depth < DEPTH_MAX_SHOWN) {
            buf_str(out, "\n");
            write_tree(item, columns + 2, depth + 1, out);
        } else {
            buf_str(out, " ");
            write_scalar(item, out);
            buf_str(out, "\n");
        }
    }
}

// --- lines with a name

static void name_line(int columns, const char *name, struct buf *out)
{
    indent(columns, out);
    buf_printf(out, "%-*s ", 12 - columns, name);
}

static void line(const struct value *map, const char *key, int columns,
                 const char *name, struct buf *out)
{
    const struct value *v = value_get(map, key);
    if (!v)
        return;
    name_line(columns, name, out);
    write_scalar(v, out);
    buf_str(out, "\n");
}

static void time_line(const struct value *map, const char *key, int columns,
                      const char *name, struct buf *out)
{
    int64_t ms = value_integer(value_get(map, key), 0);
    if (ms == 0)
        return;
    name_line(columns, name, out);
    moment_text(ms, out);
    buf_str(out, "\n");
}

static void tree_lines(const struct value *map, const char *key, int columns,
                       const char *name, struct buf *out)
{
    const struct value *v = value_get(map, key);
    if (value_count(v) == 0) {
        line(map, key, columns, name, out);
        return;
    }
    indent(columns, out);
    buf_printf(out, "%s\n", name);
    write_tree(v, columns + 2, 0, out);
}

// --- the purchase

static void price_line(const struct value *attempt, struct buf *out)
{
    name_line(2, "price", out);
    if (!price_text(attempt, "", out))
        buf_str(out, "unknown");
    buf_str(out, "\n");
}

static void write_clip(const struct value *clip, struct buf *out)
{
    double seconds = 0;
    char number[NUMBER_TEXT];
    value_number(value_get(clip, "seconds"), &seconds);
    number_text(seconds, number);
    name_line(2, "clip", out);
    buf_printf(
        out, "%" PRId64 ": %s s, %" PRId64 "x%" PRId64 ", %" PRId64 " bytes\n",
        value_integer(value_get(clip, "n"), 0), number,
        value_integer(value_get(clip, "width"), 0),
        value_integer(value_get(clip, "height"), 0),
        value_integer(value_get(clip, "bytes"), 0));
    line(clip, "sha256", 4, "sha256", out);
    line(clip, "path", 4, "file", out);
    if (!value_truth(value_get(clip, "present"), true))
        buf_str(out, "             (gone; running again brings it back)\n");
    const struct value *outputs = value_get(clip, "outputs");
    for (size_t i = 0; i < value_count(outputs); i++) {
        name_line(4, "output", out);
        write_scalar(value_at(outputs, i), out);
        buf_str(out, "\n");
    }
}

static void write_attempt(const struct value *attempt, struct buf *out)
{
    line(attempt, "attempt", 0, "attempt", out);
    line(attempt, "state", 2, "state", out);
    line(attempt, "kind", 2, "kind", out);
    line(attempt, "reason", 2, "reason", out);
    price_line(attempt, out);
    line(attempt, "task_id", 2, "task_id", out);
    time_line(attempt, "created_ms", 2, "asked", out);
    time_line(attempt, "sent_ms", 2, "sent", out);
    time_line(attempt, "accepted_ms", 2, "accepted", out);
    time_line(attempt, "ended_ms", 2, "ended", out);
    line(attempt, "run", 2, "run", out);
    const struct value *clips = value_get(attempt, "clips");
    for (size_t i = 0; i < value_count(clips); i++)
        write_clip(value_at(clips, i), out);
    tree_lines(attempt, "urls", 2, "links", out);
    line(attempt, "last_frame", 2, "last frame", out);
    tree_lines(attempt, "wire", 2, "answer", out);
}

void showing_purchase(const struct value *tree, struct buf *out)
{
    line(tree, "cell", 0, "cell", out);
    line(tree, "recipe", 0, "recipe", out);
    line(tree, "gateway", 0, "gateway", out);
    line(tree, "route", 0, "route", out);
    line(tree, "take", 0, "take", out);
    line(tree, "fingerprint", 0, "fingerprint", out);
    tree_lines(tree, "request", 0, "request", out);
    const struct value *attempts = value_get(tree, "attempts");
    for (size_t i = 0; i < value_count(attempts); i++)
        write_attempt(value_at(attempts, i), out);
    if (value_count(attempts) == 0)
        buf_str(out, "attempts     none: nothing was bought\n");
}

static void order_lines(const struct value *order, int columns, struct buf *out)
{
    line(order, "gateway", columns, "gateway", out);
    line(order, "route", columns, "route", out);
    line(order, "take", columns, "take", out);
    tree_lines(order, "request", columns, "request", out);
    tree_lines(order, "left_out", columns, "left out", out);
}

void showing_told(const struct value *told, struct buf *out)
{
    line(told, "cell", 0, "cell", out);
    line(told, "output", 0, "output", out);
    line(told, "recipe", 0, "recipe", out);
    line(told, "task_id", 0, "task_id", out);
    line(told, "fingerprint", 0, "fingerprint", out);
    line(told, "version", 0, "by tarmac", out);
    order_lines(told, 0, out);
    const struct value *of = value_get(told, "of");
    for (size_t i = 0; i < value_count(of); i++) {
        buf_printf(out, "made of      %.12s\n", of->map.members[i].key);
        order_lines(of->map.members[i].value, 2, out);
    }
}

void showing_match(const struct value *row, struct buf *out)
{
    const char *fingerprint = value_get_text(row, "fingerprint");
    static const char *const keys[] = {"state", "cell", "recipe", "gateway",
                                       "task_id"};
    buf_printf(out, "  %.12s", fingerprint ? fingerprint : "");
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const struct value *v = value_get(row, keys[i]);
        bool twice = strcmp(keys[i], "recipe") == 0 && value_get(row, "cell");
        if (!v || twice)
            continue;
        buf_str(out, "  ");
        write_scalar(v, out);
    }
    buf_str(out, "\n");
}
