#include "recipe/sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "recipe/fields.h"
#include "recipe/keys.h"
#include "recipe/template.h"

#define EXACT 0x1p53 // integral reals below are integers

bool sweep_is_reserved(const char *name)
{
    static const char *const words[] = {"recipe", "take",   "index",
                                        "name",   "params", "axes"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0)
            return true;
    }
    return false;
}

void axis_free(struct axis *axis)
{
    for (size_t i = 0; i < axis->n; i++)
        value_free(axis->points[i]);
    free(axis->points);
    free(axis->name);
}

// Twelve significant digits: 0.1 * 3 is 0.3. What is nothing but rounding
// beside `scale` is 0.
static struct value *point_value(double x, double scale, struct pos pos)
{
    char text[32];
    snprintf(text, sizeof(text), "%.12g", x);
    double rounded = fabs(x) < scale * 1e-12 ? 0 : strtod(text, NULL);
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

static void range_points(struct axis *axis, const struct range *range,
                         struct pos pos)
{
    double scale = fmax(fabs(range->from), fabs(range->to));
    axis->points = xcalloc(range->n, sizeof(struct value *));
    axis->n = range->n;
    for (size_t i = 0; i < range->n; i++) {
        double x = range->from;
        if (range->by != 0)
            x += range->by * (double)i;
        else if (range->n > 1)
            x += (range->to - range->from) * (double)i / (double)(range->n - 1);
        axis->points[i] = point_value(x, scale, pos);
    }
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

static void read_range(struct axis *axis, const struct value *map,
                       struct problems *problems)
{
    static const struct key keys[] = {
        {"from", KEY_NUMBER},
        {"to", KEY_NUMBER},
        {"steps", KEY_ANY},
        {"by", KEY_NUMBER},
    };
    static const struct key zip_keys[] = {{"zip", KEY_LATER}};
    struct key_set set = {.where = " in a range", .keys = keys, .n = 4};
    size_t before = problems->errors;
    if (value_get(map, "zip"))
        set = (struct key_set){.where = "", .keys = zip_keys, .n = 1};
    keys_check(map, &set, problems);
    const struct value *steps = value_get(map, "steps");
    const struct value *by = value_get(map, "by");
    if (problems->errors == before &&
        (!value_get(map, "from") || !value_get(map, "to") || !steps == !by))
        problem_add(problems, map->pos,
                    "a range is {from: A, to: B, steps: N} or {from: A, to: "
                    "B, by: D}");
    if (problems->errors != before)
        return;
    struct range range = {0};
    double step = 0;
    value_number(value_get(map, "from"), &range.from);
    value_number(value_get(map, "to"), &range.to);
    value_number(by, &step);
    if (!isfinite(range.to - range.from))
        problem_add(problems, map->pos, "this range is too wide");
    else if (by ? range_by(&range, step, by, problems)
                : range_steps(&range, steps, problems))
        range_points(axis, &range, map->pos);
}

static bool check_point(const struct axis *axis, const struct value *point,
                        struct problems *problems)
{
    size_t before = problems->errors;
    bool nested = point->type == VALUE_LIST || point->type == VALUE_MAP;
    if (nested || (point->type == VALUE_NULL && !axis->is_field)) {
        char *found = key_shown(point);
        problem_add(problems, point->pos,
                    "a point of '%s' is a text, a number, true or false, "
                    "found %s",
                    axis->name, found);
        free(found);
    } else if (template_any(point)) {
        problem_add(problems, point->pos,
                    "the points of an axis are taken as they are: '${' has no "
                    "meaning here");
    } else if (axis->is_field) {
        field_check_value(axis->name, point, problems);
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

static void check_twice(const struct axis *axis, struct problems *problems)
{
    struct seen *seen = xcalloc(axis->n, sizeof(*seen));
    for (size_t i = 0; i < axis->n; i++)
        seen[i] = (struct seen){json_text(axis->points[i]), axis->points[i]};
    qsort(seen, axis->n, sizeof(*seen), by_text);
    for (size_t i = 1; i < axis->n; i++) {
        if (strcmp(seen[i - 1].text, seen[i].text) != 0)
            continue;
        char *shown = key_shown(seen[i].point);
        problem_add(problems, seen[i].point->pos,
                    "%s is a point of '%s' already", shown, axis->name);
        free(shown);
    }
    for (size_t i = 0; i < axis->n; i++)
        free(seen[i].text);
    free(seen);
}

static void read_list(struct axis *axis, const struct value *list,
                      struct problems *problems)
{
    if (list->list.n == 0 || list->list.n > SWEEP_POINTS_MAX) {
        problem_add(problems, list->pos,
                    list->list.n ? "'%s' has more than %d points"
                                 : "'%s' has no points (1 to %d)",
                    axis->name, SWEEP_POINTS_MAX);
        return;
    }
    axis->points = xcalloc(list->list.n, sizeof(struct value *));
    for (size_t i = 0; i < list->list.n; i++) {
        if (check_point(axis, list->list.items[i], problems))
            axis->points[axis->n++] = value_copy(list->list.items[i]);
    }
    if (axis->n > 1)
        check_twice(axis, problems);
}

static const char *nearest_field(const char *name)
{
    const char *const *names = field_names();
    size_t n = 0;
    while (names[n])
        n++;
    return text_nearest(name, names, n);
}

static bool is_plain_path(const char *name)
{
    for (const char *part = name;;) {
        size_t len = strcspn(part, ".");
        size_t ok =
            strspn(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                         "0123456789_-");
        if (len == 0 || ok != len)
            return false;
        if (!part[len])
            return strlen(name) <= 100;
        part += len + 1;
    }
}

// A field of the request, or a variable; false with a problem for neither.
static bool check_name(const struct value_member *member,
                       struct problems *problems)
{
    const char *name = member->key;
    bool field = field_is_neutral(name) && is_plain_path(name);
    if (field || (key_is_word(name) && !sweep_is_reserved(name) &&
                  !field_is_group(name)))
        return true;
    char *shown = key_printable(name), *hint = field_hint(name);
    if (sweep_is_reserved(name))
        problem_add(problems, member->pos,
                    "'%s' cannot be an axis: it has a "
                    "meaning of its own",
                    shown);
    else if (field_is_group(name))
        problem_add(problems, member->pos,
                    "an axis names one field, such as '%s.x'", shown);
    else if (strchr(name, '.'))
        problem_add(problems, member->pos, "unknown field '%s'%s", shown, hint);
    else
        problem_add(problems, member->pos,
                    "'%s' cannot be an axis: letters, digits and '_'", shown);
    free(hint);
    free(shown);
    return false;
}

// "extra.a" and "extra.a.b", or the same name again.
static bool overlaps(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;
    if (strncmp(a, b, n) != 0)
        return false;
    return na == nb || (na < nb ? b[n] : a[n]) == '.';
}

static void read_axis(struct recipe *recipe, const struct value_member *member,
                      struct problems *problems)
{
    static const char *const later[] = {"exclude", "include", "sample",
                                        "takes"};
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (strcmp(member->key, later[i]) == 0) {
            problem_add(problems, member->pos,
                        "'%s' is not supported yet in this version",
                        member->key);
            return;
        }
    }
    if (!check_name(member, problems))
        return;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (!overlaps(recipe->axes[i].name, member->key))
            continue;
        problem_add(problems, member->pos,
                    "axis '%s' is there already, as "
                    "'%s'",
                    member->key, recipe->axes[i].name);
        return;
    }
    struct axis axis = {
        .name = xstrdup(member->key),
        .pos = member->pos,
        .is_field = field_is_neutral(member->key),
    };
    if (member->value->type == VALUE_LIST) {
        read_list(&axis, member->value, problems);
    } else if (member->value->type == VALUE_MAP) {
        read_range(&axis, member->value, problems);
        // They share a position: the first that does not fit is enough.
        for (size_t i = 0; i < axis.n; i++) {
            if (!check_point(&axis, axis.points[i], problems))
                break;
        }
    } else {
        char *found = key_shown(member->value);
        problem_add(problems, member->value->pos,
                    "axis '%s' takes a list such as [1, 2] or a range such as "
                    "{from: 0, to: 4, steps: 3}, found %s",
                    axis.name, found);
        free(found);
    }
    if (axis.n > 0)
        recipe->axes[recipe->n_axes++] = axis;
    else
        axis_free(&axis);
}

void sweep_read(struct recipe *recipe, const struct value *sweep,
                struct problems *problems)
{
    if (value_count(sweep) > SWEEP_AXES_MAX) {
        problem_add(problems, sweep->pos, "more than %d axes", SWEEP_AXES_MAX);
        return;
    }
    recipe->axes = xcalloc(value_count(sweep) + 1, sizeof(*recipe->axes));
    // Ranges are short to write: what is too large is not made first.
    uint64_t cells = 1;
    for (size_t i = 0; i < value_count(sweep); i++) {
        size_t before = recipe->n_axes;
        read_axis(recipe, &sweep->map.members[i], problems);
        if (recipe->n_axes > before)
            cells *= recipe->axes[before].n;
        if (cells > RECIPE_CELLS_MAX) {
            problem_add(problems, sweep->pos,
                        "this sweep has more than %u cells", RECIPE_CELLS_MAX);
            return;
        }
    }
}

void sweep_check_use(const struct recipe *recipe, const struct value *name,
                     struct problems *problems)
{
    if (recipe->script)
        return;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        if (axis->is_field || template_uses(recipe->request, axis->name))
            continue;
        const char *near = nearest_field(axis->name);
        if (near && !(name && template_uses(name, axis->name)))
            problem_add(problems, axis->pos,
                        "axis '%s' changes nothing (did you mean '%s'?)",
                        axis->name, near);
        else
            problem_warn(problems, axis->pos,
                         "axis '%s' changes no request: no field is called so "
                         "and none holds ${%s}",
                         axis->name, axis->name);
    }
}
