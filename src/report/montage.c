#include "report/montage.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/montage_inside.h"

struct montage *montage_new(enum montage_kind kind)
{
    struct montage *m = xcalloc(1, sizeof(*m));
    m->kind = kind;
    return m;
}

static void free_place(struct montage_place *place)
{
    free(place->name);
    free(place->sha256);
    free(place->ext);
    free(place->file);
    free(place->state);
    free(place->why);
    free(place->at);
}

void montage_free(struct montage *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++)
        free_place(&m->places[i]);
    for (size_t k = 0; k < m->n_keys; k++) {
        for (size_t i = 0; i < m->keys[k].n; i++) {
            free(m->keys[k].exact[i]);
            free(m->keys[k].shown[i]);
        }
        free(m->keys[k].exact);
        free(m->keys[k].shown);
        free(m->keys[k].name);
    }
    free(m->keys);
    free(m->places);
    free(m->columns);
    free(m->rows);
    free(m->title);
    free(m->about);
    free(m->facts);
    free(m->fixed);
    free(m);
}

// --- gathered

static void put_at(struct montage *m, struct montage_place *place,
                   const char *name, const struct value *v)
{
    size_t index;
    struct montage_key *key = montage_key(m, name, &index);
    if (index >= place->n_at) {
        place->at = xreallocarray(place->at, index + 1, sizeof(*place->at));
        for (size_t i = place->n_at; i <= index; i++)
            place->at[i] = MONTAGE_ABSENT;
        place->n_at = index + 1;
    }
    place->at[index] = montage_index(key, v);
}

static void put_clip(struct montage_place *place, const struct value *clip)
{
    const char *sha256 = value_get_text(clip, "sha256");
    const char *ext = value_get_text(clip, "ext");
    if (!sha256 || !ext)
        return;
    place->sha256 = xstrdup(sha256);
    place->ext = xstrdup(ext);
    place->width = (int)value_integer(value_get(clip, "width"), 0);
    place->height = (int)value_integer(value_get(clip, "height"), 0);
}

static char *reason_of(const struct value *error)
{
    const char *kind = value_get_text(error, "kind");
    const char *message = value_get_text(error, "message");
    if (kind && message)
        return xasprintf("%s: %s", kind, message);
    return xstrdup(kind ? kind : message ? message : "");
}

void montage_add(struct montage *m, const struct value *cell)
{
    if ((m->n & (m->n - 1)) == 0)
        m->places =
            xreallocarray(m->places, m->n ? 2 * m->n : 1, sizeof(*m->places));
    struct montage_place *place = &m->places[m->n++];
    const char *name = value_get_text(cell, "name");
    const char *state = value_get_text(cell, "state");
    *place = (struct montage_place){
        .nth = (uint64_t)value_integer(value_get(cell, "nth"), 0),
        .name = xstrdup(name ? name : ""),
        .state = xstrdup(state ? state : ""),
        .why = reason_of(value_get(cell, "error"))};
    const struct value *axes = value_get(cell, "axes");
    for (size_t i = 0; i < value_count(axes); i++)
        put_at(m, place, axes->map.members[i].key, axes->map.members[i].value);
    if (strcmp(place->state, "delivered") == 0)
        put_clip(place, value_at(value_get(cell, "clips"), 0));
    struct value *take = value_int(value_integer(value_get(cell, "take"), 1));
    if (!value_get(axes, "take"))
        put_at(m, place, "take", take);
    value_free(take);
}

// --- laid

static size_t count_axes(const struct montage *m)
{
    size_t n = 0;
    for (size_t k = 0; k < m->n_keys; k++)
        n += m->keys[k].is_axis;
    return n;
}

// The longest that fits; where none does, the longest.
static bool pick_longest(struct montage *m)
{
    bool *tried = xcalloc(m->n_keys + 1, sizeof(*tried));
    size_t n = count_axes(m), longest = 0;
    bool ok = false;
    for (size_t i = 0; !ok && i < n; i++) {
        size_t best = m->n_keys;
        for (size_t k = 0; k < m->n_keys; k++)
            if (m->keys[k].is_axis && !tried[k] &&
                (best == m->n_keys || m->keys[k].n > m->keys[best].n))
                best = k;
        tried[best] = true;
        longest = i == 0 ? best : longest;
        montage_pick_one(m, best);
        montage_order(m);
        ok = montage_fit(m);
    }
    free(tried);
    if (!ok && n > 0)
        montage_pick_one(m, longest);
    if (!ok)
        montage_order(m);
    return ok || montage_fit(m);
}

static bool too_large(const struct montage *m, struct err *err)
{
    bool film = m->kind == MONTAGE_FILM;
    return err_set(err, ERR_USAGE,
                   "--montage: %zu cells in %zu columns and %zu rows do not "
                   "fit into %s pixels; name other axes for the columns with "
                   "--columns A,B%s",
                   m->n, m->frame.columns, m->frame.lines,
                   film ? "3840x2160" : "4096x16384",
                   film ? ", or make a .jpg" : "");
}

// "take" is the last of the axes, whichever cell came first.
static void move_take(struct montage *m)
{
    size_t take;
    montage_key(m, "take", &take);
    size_t last = m->n_keys - 1;
    if (take == last)
        return;
    struct montage_key key = m->keys[take];
    memmove(&m->keys[take], &m->keys[take + 1],
            (last - take) * sizeof(*m->keys));
    m->keys[last] = key;
    for (size_t i = 0; i < m->n; i++) {
        struct montage_place *p = &m->places[i];
        p->at = xreallocarray(p->at, m->n_keys, sizeof(*p->at));
        for (; p->n_at < m->n_keys; p->n_at++)
            p->at[p->n_at] = MONTAGE_ABSENT;
        size_t at = p->at[take];
        memmove(&p->at[take], &p->at[take + 1], (last - take) * sizeof(*p->at));
        p->at[last] = at;
    }
}

bool montage_lay(struct montage *m, const struct value *head,
                 const char *columns, struct err *err)
{
    if (m->n == 0)
        return err_set(err, ERR_USAGE,
                       "--montage: this run has no cells to show");
    if (m->kind == MONTAGE_FILM && m->n > MONTAGE_FILM_CELLS)
        return err_set(err, ERR_USAGE,
                       "--montage: this run has %zu cells, and a film shows at "
                       "most %d; a .jpg shows more",
                       m->n, MONTAGE_FILM_CELLS);
    move_take(m);
    m->columns = xcalloc(m->n_keys + 1, sizeof(*m->columns));
    m->rows = xcalloc(m->n_keys + 1, sizeof(*m->rows));
    montage_find_axes(m);
    montage_head_words(m, head);
    if (!columns)
        return pick_longest(m) || too_large(m, err);
    if (!montage_pick(m, columns, err))
        return false;
    montage_order(m);
    return montage_fit(m) || too_large(m, err);
}

size_t montage_count(const struct montage *m)
{
    return m->n;
}

void montage_tile(const struct montage *m, int *width, int *height)
{
    *width = m->frame.tile_width;
    *height = m->frame.tile_height;
}

struct montage_cell montage_cell(const struct montage *m, size_t i)
{
    const struct montage_place *p = &m->places[i];
    return (struct montage_cell){p->nth, p->name, p->sha256, p->ext};
}

void montage_show(struct montage *m, size_t i, const char *file)
{
    free(m->places[i].file);
    m->places[i].file = xstrdup(file);
}

void montage_fail(struct montage *m, size_t i, const char *why)
{
    struct montage_place *p = &m->places[i];
    free(p->file);
    free(p->why);
    p->file = NULL;
    p->why = xstrdup(why);
}
