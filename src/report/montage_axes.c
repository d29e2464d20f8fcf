#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "report/montage_inside.h"

#define SHOWN_MAX 512 // bytes of a label; more is never wide enough to be seen
#define NUMBER_MAX 1000 // values of a group; of more the number is told, too
#define NAMES_MAX 600   // bytes of an error's list

static char *shown(const struct value *v, const char *exact)
{
    bool text = v->type == VALUE_STRING;
    size_t len = text ? v->string.len : strlen(exact);
    return montage_one_line(text ? v->string.bytes : exact, len, SHOWN_MAX);
}

static size_t add_value(struct montage_key *key, char *exact, char *text)
{
    size_t n = key->n++;
    if ((n & (n - 1)) == 0) {
        size_t cap = n ? 2 * n : 1;
        key->exact = xreallocarray(key->exact, cap, sizeof(*key->exact));
        key->shown = xreallocarray(key->shown, cap, sizeof(*key->shown));
    }
    key->exact[n] = exact;
    key->shown[n] = text;
    return n;
}

// Values mostly come back soon: looked for from the newest on.
size_t montage_index(struct montage_key *key, const struct value *v)
{
    char *exact = json_text(v);
    for (size_t i = key->n; i-- > 1;) {
        if (strcmp(key->exact[i], exact) == 0) {
            free(exact);
            return i;
        }
    }
    return add_value(key, exact, shown(v, exact));
}

struct montage_key *montage_key(struct montage *m, const char *name,
                                size_t *index)
{
    for (size_t i = 0; i < m->n_keys; i++) {
        if (strcmp(m->keys[i].name, name) == 0) {
            *index = i;
            return &m->keys[i];
        }
    }
    *index = m->n_keys;
    m->keys = xreallocarray(m->keys, m->n_keys + 1, sizeof(*m->keys));
    struct montage_key *key = &m->keys[m->n_keys++];
    *key = (struct montage_key){.name = xstrdup(name), .of = -1};
    add_value(key, xstrdup(""), xstrdup("–"));
    return key;
}

size_t montage_at(const struct montage_place *place, size_t key)
{
    return key < place->n_at ? place->at[key] : MONTAGE_ABSENT;
}

// --- which keys are axes

static bool varies(const struct montage *m, size_t key)
{
    for (size_t i = 1; i < m->n; i++)
        if (montage_at(&m->places[i], key) != montage_at(&m->places[0], key))
            return true;
    return false;
}

// Each value of `axis` goes with one of `key`.
static bool decides(const struct montage *m, size_t axis, size_t key)
{
    size_t *with = xcalloc(m->keys[axis].n, sizeof(*with)); // 0: none yet
    bool ok = true;
    for (size_t i = 0; ok && i < m->n; i++) {
        size_t *first = &with[montage_at(&m->places[i], axis)];
        size_t now = montage_at(&m->places[i], key) + 1;
        ok = *first == 0 || *first == now;
        *first = now;
    }
    free(with);
    return ok;
}

static bool counts_from_one(const struct montage_key *key)
{
    char text[24];
    for (size_t i = 1; i < key->n; i++) {
        snprintf(text, sizeof(text), "%zu", i);
        if (strcmp(key->exact[i], text) != 0)
            return false;
    }
    return true;
}

static bool differ(const struct montage *m, size_t axis, size_t i, size_t k)
{
    for (size_t c = axis + 1; c < m->n_keys; c++)
        if (m->keys[c].of == (int)axis &&
            montage_at(&m->places[i], c) != montage_at(&m->places[k], c))
            return true;
    return false;
}

// Whether each value of `axis` has other ones of what goes with it.
static bool is_told_apart(const struct montage *m, size_t axis)
{
    size_t n = m->keys[axis].n;
    size_t *first = xcalloc(n, sizeof(*first)); // + 1; 0: none
    for (size_t i = m->n; i-- > 0;)
        first[montage_at(&m->places[i], axis)] = i + 1;
    bool ok = first[MONTAGE_ABSENT] == 0;
    for (size_t v = 1; ok && v < n; v++)
        for (size_t w = 1; ok && w < v; w++)
            ok = !first[v] || !first[w] ||
                 differ(m, axis, first[v] - 1, first[w] - 1);
    free(first);
    return ok;
}

static void find_numbers(struct montage *m)
{
    for (size_t k = 0; k < m->n_keys; k++)
        m->keys[k].is_number =
            m->keys[k].is_axis && m->keys[k].n <= NUMBER_MAX &&
            counts_from_one(&m->keys[k]) && is_told_apart(m, k);
}

void montage_find_axes(struct montage *m)
{
    for (size_t k = 0; k < m->n_keys; k++) {
        struct montage_key *key = &m->keys[k];
        key->of = -1;
        key->is_axis = varies(m, k);
        bool is_take = strcmp(key->name, "take") == 0;
        for (size_t a = 0; key->is_axis && !is_take && a < k; a++) {
            if (m->keys[a].is_axis && decides(m, a, k)) {
                key->is_axis = false;
                key->of = (int)a;
            }
        }
    }
    find_numbers(m);
}

// --- columns and rows

static void fill_rows(struct montage *m)
{
    m->n_rows_by = 0;
    for (size_t k = 0; k < m->n_keys; k++) {
        bool taken = !m->keys[k].is_axis;
        for (size_t i = 0; i < m->n_columns_by; i++)
            taken |= m->columns[i] == k;
        if (!taken)
            m->rows[m->n_rows_by++] = k;
    }
}

void montage_pick_one(struct montage *m, size_t key)
{
    m->n_columns_by = 1;
    m->columns[0] = key;
    fill_rows(m);
}

static bool no_such_axis(const struct montage *m, const char *word,
                         struct err *err)
{
    const char **names = xcalloc(m->n_keys + 1, sizeof(*names));
    struct buf list;
    buf_init(&list, NAMES_MAX);
    size_t n = 0;
    for (size_t k = 0; k < m->n_keys; k++) {
        if (!m->keys[k].is_axis)
            continue;
        buf_printf(&list, "%s%s", n ? ", " : "", m->keys[k].name);
        names[n++] = m->keys[k].name;
    }
    const char *near = text_nearest(word, names, n);
    if (near)
        err_set(err, ERR_USAGE, "--columns: no axis '%s' (did you mean '%s'?)",
                word, near);
    else if (n > 0)
        err_set(err, ERR_USAGE, "--columns: no axis '%s'; there are: %s", word,
                list.data);
    else
        err_set(err, ERR_USAGE, "--columns: no axis '%s': all cells are alike",
                word);
    buf_free(&list);
    free(names);
    return false;
}

static bool pick_word(struct montage *m, const char *word, struct err *err)
{
    for (size_t k = 0; k < m->n_keys; k++) {
        if (strcmp(m->keys[k].name, word) != 0)
            continue;
        // A column of a group stands for the group; one value is no axis.
        size_t axis = m->keys[k].of >= 0 ? (size_t)m->keys[k].of : k;
        bool taken = !m->keys[axis].is_axis;
        for (size_t i = 0; i < m->n_columns_by; i++)
            taken |= m->columns[i] == axis;
        if (!taken)
            m->columns[m->n_columns_by++] = axis;
        return true;
    }
    return no_such_axis(m, word, err);
}

bool montage_pick(struct montage *m, const char *columns, struct err *err)
{
    m->n_columns_by = 0;
    bool ok = true;
    do {
        size_t len = strcspn(columns, ",");
        char *word = xstrndup(columns, len);
        ok = pick_word(m, word, err);
        free(word);
        columns += len + (columns[len] == ',');
    } while (ok && *columns);
    fill_rows(m);
    return ok;
}

// --- which cell is where

struct sorting {
    const struct montage *m;
    const size_t *keys;
    size_t n;
    bool again; // what is told apart by nothing else is a row of its own
};

static int compare(const void *a, const void *b, void *arg)
{
    const struct sorting *s = arg;
    const struct montage_place *p = &s->m->places[*(const size_t *)a];
    const struct montage_place *q = &s->m->places[*(const size_t *)b];
    for (size_t i = 0; i < s->n; i++) {
        size_t x = montage_at(p, s->keys[i]), y = montage_at(q, s->keys[i]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    if (s->again && p->again != q->again)
        return p->again < q->again ? -1 : 1;
    return 0;
}

// Of those that are alike, the first comes first.
static int compare_all(const void *a, const void *b, void *arg)
{
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    int order = compare(a, b, arg);
    return order ? order : i < j ? -1 : 1;
}

// The cells in order, those that are alike numbered by `number`; how many
// numbers there are.
static size_t number(struct montage *m, const struct sorting *s,
                     void (*put)(struct montage_place *place, size_t nth,
                                 size_t among))
{
    size_t *order = xcalloc(m->n + 1, sizeof(*order));
    for (size_t i = 0; i < m->n; i++)
        order[i] = i;
    struct sorting sorting = *s;
    qsort_r(order, m->n, sizeof(*order), compare_all, &sorting);
    size_t n = 0, among = 0;
    for (size_t i = 0; i < m->n; i++) {
        bool same = i > 0 && compare(&order[i - 1], &order[i], &sorting) == 0;
        n += same ? 0 : 1;
        among = same ? among + 1 : 0;
        put(&m->places[order[i]], n - 1, among);
    }
    free(order);
    return n;
}

static void put_again(struct montage_place *place, size_t nth, size_t among)
{
    (void)nth;
    place->again = among;
}

static void put_column(struct montage_place *place, size_t nth, size_t among)
{
    (void)among;
    place->column = nth;
}

static void put_row(struct montage_place *place, size_t nth, size_t among)
{
    (void)among;
    place->row = nth;
}

void montage_order(struct montage *m)
{
    size_t *all = xcalloc(m->n_keys + 1, sizeof(*all)), n = 0;
    for (size_t i = 0; i < m->n_columns_by; i++)
        all[n++] = m->columns[i];
    for (size_t i = 0; i < m->n_rows_by; i++)
        all[n++] = m->rows[i];
    number(m, &(struct sorting){m, all, n, false}, put_again);
    free(all);
    m->n_columns =
        number(m, &(struct sorting){m, m->columns, m->n_columns_by, false},
               put_column);
    m->n_rows =
        number(m, &(struct sorting){m, m->rows, m->n_rows_by, true}, put_row);
}
