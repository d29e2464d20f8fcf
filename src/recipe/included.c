// Cells beside the grid. Each value is a point of its axis: one that the grid
// has, or a further one behind it, so that a cell is nothing but numbers.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "recipe/keys.h"
#include "recipe/sweep.h"

#define NAMES_MAX (SWEEP_AXES_MAX + SWEEP_COLUMNS_MAX)
#define POINT_TEXT_MAX (1u << 20)

// --- one cell as it is written

static bool says_unknown(const struct recipe *recipe,
                         const struct value_member *member,
                         struct problems *problems)
{
    if (sweep_find(recipe, member->key, NULL))
        return false;
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        for (size_t k = 0; k < axis->n_columns && n < NAMES_MAX; k++)
            names[n++] = axis->columns[k].name;
    }
    char *shown = key_printable(member->key);
    char *hint = key_hint(member->key, names, n);
    problem_add(problems, member->pos, "unknown axis '%s'%s", shown, hint);
    free(hint);
    free(shown);
    return true;
}

// The number of a zip group's point; false with a problem.
static bool read_number(const struct axis *axis, const struct value *v,
                        size_t *point, struct problems *problems)
{
    if (v->type == VALUE_INT && v->integer >= 1 &&
        (uint64_t)v->integer <= axis->n) {
        *point = (size_t)v->integer - 1;
        return true;
    }
    char *found = key_shown(v);
    problem_add(problems, v->pos,
                "'%s' takes the number of one of its points, 1 to %zu, or all "
                "its columns, found %s",
                axis->name, axis->n, found);
    free(found);
    return false;
}

static bool check_values(const struct axis *axis, const struct value *row,
                         struct problems *problems)
{
    size_t before = problems->errors;
    bool zip = axis->n_columns > 1;
    for (size_t k = zip; k < axis->n_columns; k++) {
        const struct column *column = &axis->columns[k];
        const struct value *v = value_get(row, column->name);
        if (v) {
            column_check(column, v, zip, problems);
            continue;
        }
        if (zip)
            problem_add(problems, row->pos,
                        "this cell has no '%s': give it the number of a point "
                        "of '%s', or all its columns",
                        column->name, axis->name);
        else
            problem_add(problems, row->pos, "this cell has no '%s'",
                        column->name);
        break;
    }
    return problems->errors == before;
}

// --- which point it is

// What a cell has of one axis.
struct entry {
    char *text;
    size_t at; // a point of the grid; behind them, a row
};

static int by_text(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

// Of a point of the grid, or of a row (`point` is not used); owned.
static char *entry_text(const struct axis *axis, const struct value *row,
                        size_t point)
{
    struct buf text;
    buf_init(&text, POINT_TEXT_MAX);
    for (size_t k = axis->n_columns > 1; k < axis->n_columns; k++) {
        const struct column *column = &axis->columns[k];
        json_canonical(
            row ? value_get(row, column->name) : column->points[point], &text);
        buf_byte(&text, '\n');
    }
    return buf_take(&text);
}

static size_t add_point(struct axis *axis, const struct value *row)
{
    size_t n = axis->n_all++;
    for (size_t k = 0; k < axis->n_columns; k++) {
        struct column *column = &axis->columns[k];
        bool number = k == 0 && axis->n_columns > 1;
        struct value *v = number ? value_int((int64_t)n + 1)
                                 : value_copy(value_get(row, column->name));
        if (number)
            v->pos = row->pos;
        column->points =
            xreallocarray(column->points, n + 1, sizeof(struct value *));
        column->points[n] = v;
    }
    return n;
}

// Give every row its point of the axis; rows that name one have it already.
static void find_points(struct recipe *recipe, size_t i,
                        const struct value *list, const bool *named)
{
    struct axis *axis = &recipe->axes[i];
    struct included *rows = recipe->sweep.included;
    size_t n = recipe->sweep.n_included, n_entries = 0;
    struct entry *entries = xcalloc(axis->n + n, sizeof(*entries));
    for (size_t k = 0; k < axis->n; k++)
        entries[n_entries++] = (struct entry){entry_text(axis, NULL, k), k};
    for (size_t r = 0; r < n; r++) {
        if (!named[r])
            entries[n_entries++] = (struct entry){
                entry_text(axis, value_at(list, r), 0), axis->n + r};
    }
    qsort(entries, n_entries, sizeof(*entries), by_text);
    // First each row's equal: the first that has the same text.
    for (size_t k = 0, first = 0; k < n_entries; k++) {
        if (strcmp(entries[k].text, entries[first].text) != 0)
            first = k;
        if (entries[k].at >= axis->n)
            rows[entries[k].at - axis->n].points[i] = entries[first].at;
    }
    for (size_t k = 0; k < n_entries; k++)
        free(entries[k].text);
    free(entries);
    // Then new points, in the order of the rows.
    for (size_t r = 0; r < n; r++) {
        size_t equal = rows[r].points[i];
        if (named[r] || equal < axis->n)
            continue;
        rows[r].points[i] = equal - axis->n == r
                                ? add_point(axis, value_at(list, r))
                                : rows[equal - axis->n].points[i];
    }
}

static bool read_row(const struct recipe *recipe, const struct value *row,
                     struct problems *problems)
{
    size_t before = problems->errors;
    if (row->type != VALUE_MAP) {
        char *found = key_shown(row);
        problem_add(problems, row->pos,
                    "a cell is a map with a value for each axis, found %s",
                    found);
        free(found);
        return false;
    }
    for (size_t i = 0; i < row->map.n; i++)
        says_unknown(recipe, &row->map.members[i], problems);
    return problems->errors == before;
}

// One axis of every row; false with problems.
static bool read_axis(struct recipe *recipe, size_t i, const struct value *list,
                      struct problems *problems)
{
    size_t before = problems->errors;
    const struct axis *axis = &recipe->axes[i];
    bool *named = xcalloc(list->list.n, sizeof(*named));
    for (size_t r = 0; r < list->list.n; r++) {
        const struct value *row = value_at(list, r);
        const struct value *number = value_get(row, axis->name);
        named[r] = axis->n_columns > 1 && number;
        if (!named[r])
            check_values(axis, row, problems);
        else
            read_number(axis, number, &recipe->sweep.included[r].points[i],
                        problems);
        for (size_t k = 1; named[r] && k < axis->n_columns; k++) {
            const struct value *v = value_get(row, axis->columns[k].name);
            if (v)
                problem_add(problems, v->pos,
                            "'%s' comes with '%s', whose number is given",
                            axis->columns[k].name, axis->name);
        }
    }
    if (problems->errors == before)
        find_points(recipe, i, list, named);
    free(named);
    return problems->errors == before;
}

// --- the same cell twice

struct numbered {
    const struct included *row;
    size_t n_axes, at;
};

static int by_points(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    for (size_t i = 0; i < x->n_axes; i++) {
        size_t p = x->row->points[i], q = y->row->points[i];
        if (p != q)
            return p < q ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static void check_twice(const struct recipe *recipe, struct problems *problems)
{
    const struct sweep *sweep = &recipe->sweep;
    size_t bytes = recipe->n_axes * sizeof(size_t);
    struct numbered *rows = xcalloc(sweep->n_included, sizeof(*rows));
    for (size_t r = 0; r < sweep->n_included; r++)
        rows[r] = (struct numbered){&sweep->included[r], recipe->n_axes, r};
    qsort(rows, sweep->n_included, sizeof(*rows), by_points);
    for (size_t r = 1; r < sweep->n_included; r++) {
        if (memcmp(rows[r - 1].row->points, rows[r].row->points, bytes) == 0)
            problem_add(problems, rows[r].row->pos,
                        "this cell is included already");
    }
    free(rows);
}

void included_read(struct recipe *recipe, const struct value *list,
                   struct problems *problems)
{
    struct sweep *sweep = &recipe->sweep;
    bool ok = true;
    if (list->type == VALUE_NULL || (list->type == VALUE_LIST && !list->list.n))
        return;
    if (list->type != VALUE_LIST || list->list.n > SWEEP_INCLUDED_MAX) {
        problem_add(problems, list->pos,
                    "'include' takes a list of at most %d cells, such as "
                    "[{motion.x: 8, turn: 0}]",
                    SWEEP_INCLUDED_MAX);
        return;
    }
    if (recipe->n_axes == 0) {
        problem_add(problems, list->pos,
                    "'include' takes cells beside the axes of a sweep, and "
                    "there are none");
        return;
    }
    for (size_t r = 0; r < list->list.n; r++)
        ok = read_row(recipe, value_at(list, r), problems) && ok;
    if (!ok)
        return;
    sweep->included = xcalloc(list->list.n, sizeof(*sweep->included));
    sweep->n_included = list->list.n;
    for (size_t r = 0; r < list->list.n; r++)
        sweep->included[r] = (struct included){
            .pos = value_at(list, r)->pos,
            .points = xcalloc(recipe->n_axes, sizeof(size_t)),
        };
    for (size_t i = 0; i < recipe->n_axes; i++)
        ok = read_axis(recipe, i, list, problems) && ok;
    if (ok)
        check_twice(recipe, problems);
}
