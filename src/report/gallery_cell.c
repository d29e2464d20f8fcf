// One cell of a gallery.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "data/json.h"
#include "report/embed.h"
#include "report/gallery_inside.h"
#include "report/manifest.h"
#include "report/only.h"
#include "report/summary.h"
#include "report/telling.h"
#include "store/find.h"

#define COMMAND_MAX ((size_t)1 << 20)

// A cell while it is put together.
struct telling {
    const struct gallery *g;
    const struct value *row;
    struct value *clips, *extras, *purchases;
    bool ok;
    struct err *err;
};

static const char *state_told(const struct value *row, bool alive)
{
    const char *state = value_get_text(row, "state");
    const char *kind = value_get_text(row, "kind");
    if (!state || strcmp(state, "delivered") == 0)
        return state ? state : "unfinished";
    if (strcmp(state, "failed") != 0)
        return alive ? state : "unfinished";
    if (kind &&
        (strcmp(kind, "unknown") == 0 || strcmp(kind, "cancelled") == 0))
        return kind;
    return state;
}

static void tell_text(struct value *to, const char *key, const char *text)
{
    char *told = telling_text(text);
    value_set_text(to, key, told);
    free(told);
}

static struct value *error_told(const struct value *row)
{
    struct value *v = value_map();
    gallery_copy(row, "kind", v, "kind");
    tell_text(v, "message", value_get_text(row, "message"));
    gallery_copy(row, "task_id", v, "task_id");
    return v;
}

// --- its purchases

static void set_time(struct value *to, const char *key, int64_t ms)
{
    if (ms > 0)
        value_set(to, key, value_int(ms));
}

static void tell_request(const struct purchase_row *row, struct value *to)
{
    struct value *request =
        json_read(row->request, strlen(row->request), JSON_LENIENT, NULL);
    struct value *left_out = value_list();
    value_set(to, "request", embed_request(request, left_out));
    if (value_count(left_out) > 0)
        value_set(to, "left_out", left_out);
    else
        value_free(left_out);
    value_free(request);
}

static struct value *purchase_told(const struct purchase_row *row)
{
    const struct attempt_row *a = &row->attempt;
    struct value *v = value_map();
    value_set_text(v, "fingerprint", row->fingerprint);
    value_set_text(v, "gateway", row->gateway);
    value_set_text(v, "route", row->route);
    value_set(v, "take", value_int(row->take));
    if (a->id) {
        value_set_text(v, "state", attempt_state_name(a->state));
        value_set_text(v, "task_id", a->task_id);
        if (a->price >= 0)
            value_set(v, "credits", credits_value(a->price));
        value_set(v, "attempt", value_int(a->n));
        value_set_text(v, "kind", a->kind);
        tell_text(v, "reason", a->reason);
    }
    set_time(v, "asked_ms", a->created_ms);
    set_time(v, "sent_ms", a->sent_ms);
    set_time(v, "accepted_ms", a->accepted_ms);
    set_time(v, "ended_ms", a->ended_ms);
    tell_request(row, v);
    return v;
}

static struct value *clip_told(const struct clip_row *clip, size_t purchase)
{
    struct value *v = value_map();
    char *file =
        xasprintf("clips/%.*s.%s", STORE_NAMED_HEX, clip->sha256, clip->ext);
    char *poster = xasprintf("posters/%.*s.jpg", STORE_NAMED_HEX, clip->sha256);
    value_set_text(v, "file", file);
    value_set_text(v, "poster", poster);
    value_set_text(v, "sha256", clip->sha256);
    value_set_text(v, "ext", clip->ext);
    value_set(v, "seconds", value_real(clip->seconds));
    value_set(v, "width", value_int(clip->width));
    value_set(v, "height", value_int(clip->height));
    value_set(v, "bytes", value_int(clip->size));
    value_set(v, "purchase", value_int((int64_t)purchase));
    free(poster);
    free(file);
    return v;
}

// The outputs that this clip was placed as; none: it is an extra.
static void add_clip(struct telling *t, const struct purchase_row *row,
                     const struct clip_row *clip, size_t purchase)
{
    const struct value *outputs = value_get(t->row, "outputs");
    bool placed = false;
    for (size_t i = 0; i < value_count(outputs); i++) {
        const struct value *output = value_at(outputs, i);
        const char *fingerprint = value_get_text(output, "fingerprint");
        if (!fingerprint || strcmp(fingerprint, row->fingerprint) != 0 ||
            value_integer(value_get(output, "clip"), 0) != clip->n)
            continue;
        struct value *v = clip_told(clip, purchase);
        gallery_copy(output, "output", v, "output");
        gallery_copy(output, "path", v, "path");
        value_set(v, "at", value_int((int64_t)i));
        value_add(t->clips, v);
        placed = true;
    }
    if (placed)
        return;
    struct value *extra = clip_told(clip, purchase);
    value_set(extra, "extra", value_bool(true));
    value_add(t->extras, extra);
}

static bool is_told(const struct telling *t, const char *fingerprint)
{
    for (size_t i = 0; i < value_count(t->purchases); i++)
        if (strcmp(value_get_text(value_at(t->purchases, i), "fingerprint"),
                   fingerprint) == 0)
            return true;
    return false;
}

// One that was never bought, as for want of a budget, has no row.
static void add_purchase(struct telling *t, const char *fingerprint)
{
    struct purchase_row row;
    bool found;
    if (!t->ok || !fingerprint || !hash_is_hex(fingerprint) ||
        is_told(t, fingerprint))
        return;
    t->ok = ledger_find(t->g->ledger, fingerprint, &row, &found, t->err);
    if (!t->ok || !found)
        return;
    size_t at = value_count(t->purchases);
    value_add(t->purchases, purchase_told(&row));
    for (size_t i = 0; i < row.n_clips; i++)
        add_clip(t, &row, &row.clips[i], at);
    purchase_row_free(&row);
}

static void on_bought(void *arg, const struct value *row)
{
    value_add(arg, value_copy(value_get(row, "fingerprint")));
}

static void add_all(struct telling *t, const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        add_purchase(t, value_text(value_at(list, i)));
}

static void add_purchases(struct telling *t)
{
    const struct value *asked = value_get(t->row, "purchases");
    const struct value *outputs = value_get(t->row, "outputs");
    const char *name = value_get_text(t->row, "name");
    struct value *bought = value_list();
    add_all(t, asked);
    for (size_t i = 0; i < value_count(outputs); i++)
        add_purchase(t, value_get_text(value_at(outputs, i), "fingerprint"));
    if (!asked && name)
        t->ok = ledger_list_bought(t->g->ledger, gallery_run(t->g),
                                   value_get_text(t->g->run, "recipe"), name,
                                   on_bought, bought, t->err);
    add_all(t, bought);
    value_free(bought);
}

static int by_output(const void *a, const void *b)
{
    const struct value *const *x = a, *const *y = b;
    int64_t left = value_integer(value_get(*x, "at"), 0);
    int64_t right = value_integer(value_get(*y, "at"), 0);
    return (left > right) - (left < right);
}

// Found by purchase; told as outputs first.
static void add_clips(struct telling *t, struct value *cell)
{
    if (value_count(t->clips) > 0)
        qsort(t->clips->list.items, t->clips->list.n, sizeof(struct value *),
              by_output);
    for (size_t i = 0; i < value_count(t->clips); i++)
        value_remove(t->clips->list.items[i], "at");
    for (size_t i = 0; i < value_count(t->extras); i++)
        value_add(t->clips, value_copy(value_at(t->extras, i)));
    value_set(cell, "clips", t->clips);
    value_free(t->extras);
    value_set(cell, "purchases", t->purchases);
}

// --- its command

// By what its clip tells of itself, where that is all of it.
static void add_from(const struct gallery *g, const struct value *cell,
                     struct buf *out)
{
    const struct value *clip = value_at(value_get(cell, "clips"), 0);
    const char *path = value_get_text(clip, "path");
    int64_t n = value_integer(value_get(clip, "purchase"), 0);
    const struct value *purchase =
        value_at(value_get(cell, "purchases"), (size_t)n);
    if (!path || value_get(purchase, "left_out") ||
        !value_truth(value_get(gallery_about(g), "embed"), true))
        return;
    buf_str(out, "tarmac run --from ");
    shell_word(path, out);
}

static void tell_again(const struct gallery *g, const struct value *row,
                       struct value *cell)
{
    const struct value *words = value_get(gallery_about(g), "again");
    struct buf text, only;
    buf_init(&text, COMMAND_MAX);
    buf_init(&only, COMMAND_MAX);
    if (value_count(words) > 0) {
        gallery_words(words, &text);
        only_write(gallery_about(g), row, &only);
    } else {
        add_from(g, cell, &text);
    }
    if (only.len > 0) {
        buf_str(&text, " --only ");
        shell_word(only.data, &text);
    }
    if (text.len > 0 && !text.overflow)
        value_set_text(cell, "again", text.data);
    buf_free(&only);
    buf_free(&text);
}

// Something was bought for it, or is just being bought. One that was admitted
// to wait for its turn, or in a pause, is as one that was not.
static bool is_under_way(const struct value *purchases)
{
    for (size_t i = 0; i < value_count(purchases); i++) {
        const char *state = value_get_text(value_at(purchases, i), "state");
        if (state && strcmp(state, attempt_state_name(ATTEMPT_INTENT)) != 0)
            return true;
    }
    return false;
}

struct value *gallery_cell_told(const struct gallery *g,
                                const struct value *row, bool alive,
                                struct err *err)
{
    struct value *v = value_map();
    const struct value *axes = value_get(row, "axes");
    gallery_copy(row, "nth", v, "nth");
    gallery_copy(row, "n", v, "index");
    gallery_copy(row, "name", v, "name");
    gallery_copy(row, "take", v, "take");
    value_set(v, "axes",
              axes && axes->type == VALUE_MAP ? manifest_told(axes, NULL)
                                              : value_map());
    const char *state = state_told(row, alive);
    value_set_text(v, "state", state);
    if (value_get(row, "kind"))
        value_set(v, "error", error_told(row));
    struct telling t = {.g = g,
                        .row = row,
                        .clips = value_list(),
                        .extras = value_list(),
                        .purchases = value_list(),
                        .ok = true,
                        .err = err};
    add_purchases(&t);
    if (strcmp(state, "running") == 0 && !is_under_way(t.purchases))
        value_set_text(v, "state", "queued");
    add_clips(&t, v);
    tell_again(g, row, v);
    gallery_copy(row, "began_ms", v, "began_ms");
    gallery_copy(row, "ended_ms", v, "ended_ms");
    if (t.ok)
        return v;
    value_free(v);
    return NULL;
}
