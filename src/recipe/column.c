#include "recipe/column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "recipe/fields.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/template.h"

#define EXACT 0x1p53 // integral reals below are integers

struct column column_new(const struct value_member *member)
{
    return (struct column){
        .name = xstrdup(member->key),
        .pos = member->pos,
        .is_field = field_is_neutral(member->key),
    };
}

void column_free(struct column *column, size_t n)
{
    for (size_t i = 0; i < n && column->points; i++)
        value_free(column->points[i]);
    free(column->points);
    free(column->name);
}

// Twelve significant digits: 0.1 * 3 is 0.3. What is nothing but rounding
// beside `scale` is 0; whole numbers are exact.
static struct value *point_value(double x, double scale, struct pos pos)
{
    char text[32];
    snprintf(text, sizeof(text), "%.12g", x);
    double rounded = fabs(x) < scale * 1e-12            ? 0
                     : x == floor(x) && fabs(x) < EXACT ? x
                                                        : strtod(text, NULL);
    struct value *v = rounded == floor(rounded) && fabs(rounded) < EXACT
                          ? value_int((int64_t)rounded)
                          : value_real(rounded);
    v->pos = pos;
    return v;
}

struct range {
    double from, to, by; // `by` 0: n points from end to end
    size_t n;
};

static size_t range_points(struct column *column, const struct range *range,
                           struct pos pos)
{
    double scale = fmax(fabs(range->from), fabs(range->to));
    column->points = xcalloc(range->n, sizeof(struct value *));
    for (size_t i = 0; i < range->n; i++) {
        double x = range->from;
        if (range->by != 0)
            x += range->by * (double)i;
        else if (range->n > 1)
            x += (range->to - range->from) * (double)i / (double)(range->n - 1);
        column->points[i] = point_value(x, scale, pos);
    }
    return range->n;
}

// `by` to a number of points; where it ends at `to`, the points are those of
// as many steps.
static bool range_by(struct range *range, double by, const struct value *at,
                     struct problems *problems)
{
    double span = range->to - range->from;
    if (by == 0 || (span != 0 && (span > 0) != (by > 0))) {
        problem_add(problems, at->pos, "'by' never reaches 'to' from 'from'");
        return false;
    }
    double steps = span / by, whole = round(steps);
    bool ends = fabs(steps - whole) < 1e-9 * fmax(1, whole);
    double count = (ends ? whole : floor(steps)) + 1;
    if (!(count <= SWEEP_POINTS_MAX)) {
        problem_add(problems, at->pos, "this range has more than %d points",
                    SWEEP_POINTS_MAX);
        return false;
    }
    range->n = (size_t)count;
    range->by = ends ? 0 : by;
    return true;
}

static bool range_steps(struct range *range, const struct value *steps,
                        struct problems *problems)
{
    if (steps->type != VALUE_INT || steps->integer < 1 ||
        steps->integer > SWEEP_POINTS_MAX) {
        char *found = key_shown(steps);
        problem_add(problems, steps->pos,
                    "'steps' takes a whole number from 1 to %d, found %s",
                    SWEEP_POINTS_MAX, found);
        free(found);
        return false;
    }
    if (steps->integer == 1 && range->from != range->to) {
        problem_add(problems, steps->pos,
                    "one step needs 'from' and 'to' to be the same");
        return false;
    }
    if (steps->integer > 1 && range->from == range->to) {
        problem_add(problems, steps->pos,
                    "'from' and 'to' are the same: there is only one point");
        return false;
    }
    range->n = (size_t)steps->integer;
    return true;
}

static const struct key range_keys[] = {
    {"from", KEY_NUMBER},
    {"to", KEY_NUMBER},
    {"steps", KEY_ANY},
    {"by", KEY_NUMBER},
};

// A map there may also be another kind of axis.
static char *range_hint(const char *name)
{
    static const char *const kinds[] = {"zip", "file"};
    const char *near = text_nearest(name, kinds, 2);
    return near ? xasprintf(" (did you mean '%s'?)", near) : NULL;
}

const struct key_set keys_of_range = {
    .where = " in a range",
    .hint = range_hint,
    .keys = range_keys,
    .n = sizeof(range_keys) / sizeof(range_keys[0]),
};

// How many points it has; 0 with a problem.
static size_t read_range(struct column *column, const struct value *map,
                         struct problems *problems)
{
    size_t before = problems->errors;
    keys_check(map, &keys_of_range, problems);
    const struct value *steps = value_get(map, "steps");
    const struct value *by = value_get(map, "by");
    if (problems->errors == before &&
        (!value_get(map, "from") || !value_get(map, "to") || !steps == !by))
        problem_add(problems, map->pos,
                    "a range is {from: A, to: B, steps: N} or {from: A, to: "
                    "B, by: D}");
    if (problems->errors != before)
        return 0;
    struct range range = {0};
    double step = 0;
    value_number(value_get(map, "from"), &range.from);
    value_number(value_get(map, "to"), &range.to);
    value_number(by, &step);
    if (!isfinite(range.to - range.from))
        problem_add(problems, map->pos, "this range is too wide");
    else if (by ? range_by(&range, step, by, problems)
                : range_steps(&range, steps, problems))
        return range_points(column, &range, map->pos);
    return 0;
}

bool column_check(const struct column *column, const struct value *point,
                  bool zipped, struct problems *problems)
{
    size_t before = problems->errors;
    bool nested = point->type == VALUE_LIST || point->type == VALUE_MAP;
    bool may_be_null = column->is_field || zipped;
    if (nested || (point->type == VALUE_NULL && !may_be_null)) {
        char *found = key_shown(point);
        problem_add(problems, point->pos,
                    "a point of '%s' is a text, a number, true or false, "
                    "found %s",
                    column->name, found);
        free(found);
    } else if (template_any(point)) {
        problem_add(problems, point->pos,
                    "the points of an axis are taken as they are: '${' has no "
                    "meaning here");
    } else if (column->is_field) {
        field_check_value(column->name, point, problems);
    }
    return problems->errors == before;
}

struct seen {
    char *text;
    const struct value *point;
};

static int by_text(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    if (order)
        return order;
    int lines = x->point->pos.line - y->point->pos.line;
    return lines ? lines : x->point->pos.col - y->point->pos.col;
}

static void check_twice(const struct column *column, size_t n,
                        struct problems *problems)
{
    struct seen *seen = xcalloc(n, sizeof(*seen));
    for (size_t i = 0; i < n; i++)
        seen[i] =
            (struct seen){json_text(column->points[i]), column->points[i]};
    qsort(seen, n, sizeof(*seen), by_text);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(seen[i - 1].text, seen[i].text) != 0)
            continue;
        char *shown = key_shown(seen[i].point);
        problem_add(problems, seen[i].point->pos,
                    "%s is a point of '%s' already", shown, column->name);
        free(shown);
    }
    for (size_t i = 0; i < n; i++)
        free(seen[i].text);
    free(seen);
}

static size_t read_list(struct column *column, const struct value *list,
                        bool zipped, struct problems *problems)
{
    size_t n = 0;
    if (list->list.n == 0 || list->list.n > SWEEP_POINTS_MAX) {
        problem_add(problems, list->pos,
                    list->list.n ? "'%s' has more than %d points"
                                 : "'%s' has no points (1 to %d)",
                    column->name, SWEEP_POINTS_MAX);
        return 0;
    }
    column->points = xcalloc(list->list.n, sizeof(struct value *));
    for (size_t i = 0; i < list->list.n; i++) {
        if (column_check(column, list->list.items[i], zipped, problems))
            column->points[n++] = value_copy(list->list.items[i]);
    }
    if (n > 1 && !zipped)
        check_twice(column, n, problems);
    return n;
}

size_t column_read(struct column *column, const struct value *v, bool zipped,
                   struct problems *problems)
{
    if (v->type == VALUE_LIST)
        return read_list(column, v, zipped, problems);
    if (v->type != VALUE_MAP) {
        char *found = key_shown(v);
        problem_add(problems, v->pos,
                    "%s '%s' takes a list such as [1, 2] or a range such as "
                    "{from: 0, to: 4, steps: 3}, found %s",
                    zipped ? "column" : "axis", column->name, found);
        free(found);
        return 0;
    }
    size_t n = read_range(column, v, problems);
    // They share a position: the first that does not fit is enough.
    for (size_t i = 0; i < n; i++) {
        if (!column_check(column, column->points[i], zipped, problems))
            break;
        if (i > 0 && value_equal(column->points[i - 1], column->points[i])) {
            problem_add(problems, v->pos,
                        "points of this range are the same: they are rounded "
                        "to 12 digits");
            break;
        }
    }
    return n;
}
