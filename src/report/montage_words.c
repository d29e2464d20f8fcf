#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/montage_inside.h"
#include "report/summary.h"

#define LINE_MAX_BYTES 1024
#define RUN_SHOWN 8  // characters of a run's id
#define FIXED_MAX 80 // bytes of a value that all cells have
#define WIDE 0x1100  // from here on unifont has letters of a whole square

// --- over all

char *montage_one_line(const char *text, size_t len, size_t max)
{
    char *copy = xmalloc(len + 1);
    for (size_t i = 0; i < len; i++)
        copy[i] = text[i] == '\n' || text[i] == '\t' || text[i] == '\r'
                      ? ' '
                      : text[i];
    char *printable = text_printable(copy, len, max);
    free(copy);
    return printable;
}

static char *one_line(const char *text)
{
    return montage_one_line(text ? text : "", text ? strlen(text) : 0,
                            LINE_MAX_BYTES);
}

static void add_part(struct buf *line, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void add_part(struct buf *line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *part = xvasprintf(fmt, args);
    va_end(args);
    if (*part)
        buf_printf(line, "%s%s", line->len ? "  ·  " : "", part);
    free(part);
}

static void add_date(struct buf *line, const struct value *run)
{
    int64_t ms = value_integer(value_get(run, "started_ms"), 0);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[32];
    if (ms > 0 && gmtime_r(&seconds, &tm) &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) > 0)
        add_part(line, "%s", text);
}

static void add_counts(struct buf *line, const struct montage *m)
{
    size_t shown = 0, failed = 0;
    for (size_t i = 0; i < m->n; i++) {
        const char *state = m->places[i].state;
        shown += strcmp(state, "delivered") == 0;
        failed += strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0;
    }
    add_part(line, "%zu cell%s", m->n, m->n == 1 ? "" : "s");
    if (failed)
        add_part(line, "%zu failed", failed);
    if (shown + failed < m->n)
        add_part(line, "%zu not made", m->n - shown - failed);
}

static char *facts_of(const struct montage *m, const struct value *head)
{
    struct buf line, credits;
    buf_init(&line, LINE_MAX_BYTES);
    buf_init(&credits, LINE_MAX_BYTES);
    const struct value *run = value_get(head, "run");
    const char *id = value_get_text(run, "id");
    if (id)
        add_part(&line, "run %.*s", RUN_SHOWN, id);
    add_date(&line, run);
    add_counts(&line, m);
    double spent = 0;
    if (value_number(value_get_path(head, "money.spent"), &spent) &&
        spent < 1e12) {
        credits_text((int64_t)(spent * 1000 + 0.5), &credits);
        add_part(&line, "%s", credits.data);
    }
    buf_free(&credits);
    return buf_take(&line);
}

// What all cells have in common.
static char *fixed_of(const struct montage *m)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    for (size_t k = 0; k < m->n_keys; k++) {
        const struct montage_key *key = &m->keys[k];
        if (key->is_axis || key->of >= 0 || strcmp(key->name, "take") == 0)
            continue;
        const char *value = key->shown[montage_at(&m->places[0], k)];
        bool whole = strlen(value) <= FIXED_MAX;
        size_t len = whole ? strlen(value) : text_cut(value, FIXED_MAX);
        add_part(&line, "%s %.*s%s", key->name, (int)len, value,
                 whole ? "" : "…");
    }
    return buf_take(&line);
}

void montage_head_words(struct montage *m, const struct value *head)
{
    const struct value *recipe = value_get(head, "recipe");
    m->title = one_line(value_get_text(recipe, "name"));
    m->about = one_line(value_get_text(recipe, "about"));
    m->facts = facts_of(m, head);
    m->fixed = fixed_of(m);
}

// --- beside cells

static const char *value_of(const struct montage *m,
                            const struct montage_place *place, size_t key)
{
    return m->keys[key].shown[montage_at(place, key)];
}

// What goes with an axis is read with it; instead, where it is but a number.
static void label_axis(const struct montage *m,
                       const struct montage_place *place, size_t axis,
                       montage_line_fn *fn, void *arg)
{
    if (!m->keys[axis].is_number)
        fn(arg, m->keys[axis].name, value_of(m, place, axis));
    for (size_t k = axis + 1; k < m->n_keys; k++) {
        if (m->keys[k].of == (int)axis)
            fn(arg, m->keys[k].name, value_of(m, place, k));
    }
}

void montage_label(const struct montage *m, const struct montage_place *place,
                   const size_t *keys, size_t n, montage_line_fn *fn, void *arg)
{
    for (size_t i = 0; i < n; i++)
        label_axis(m, place, keys[i], fn, arg);
}

static size_t halves_of(const char *s)
{
    size_t n = 0, left = strlen(s), len;
    uint32_t code;
    for (; (len = text_utf8(s, left, &code)) > 0; s += len, left -= len)
        n += code >= WIDE ? 2 : 1;
    return n;
}

size_t montage_halves(const char *dim, const char *text)
{
    return halves_of(dim) + 1 + halves_of(text);
}
