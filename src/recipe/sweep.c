#include "recipe/sweep.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "recipe/fields.h"
#include "recipe/keys.h"
#include "recipe/template.h"

const char *const *sweep_reserved(void)
{
    static const char *const words[] = {"recipe", "take", "index", "name",
                                        "params", "axes", NULL};
    return words;
}

bool sweep_is_reserved(const char *name)
{
    for (const char *const *word = sweep_reserved(); *word; word++) {
        if (strcmp(*word, name) == 0)
            return true;
    }
    return false;
}

const struct column *sweep_find(const struct recipe *recipe, const char *name,
                                size_t *axis)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        for (size_t k = 0; k < recipe->axes[i].n_columns; k++) {
            if (strcmp(recipe->axes[i].columns[k].name, name) != 0)
                continue;
            if (axis)
                *axis = i;
            return &recipe->axes[i].columns[k];
        }
    }
    return NULL;
}

static void axis_free(struct axis *axis)
{
    for (size_t i = 0; i < axis->n_columns; i++)
        column_free(&axis->columns[i], axis->n_all);
    free(axis->columns);
}

void sweep_free(struct recipe *recipe)
{
    struct sweep *sweep = &recipe->sweep;
    for (size_t i = 0; i < recipe->n_axes; i++)
        axis_free(&recipe->axes[i]);
    free(recipe->axes);
    for (size_t i = 0; i < sweep->n_included; i++)
        free(sweep->included[i].points);
    free(sweep->included);
    free(sweep->excluded);
    free(sweep->kept);
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

bool sweep_is_filter(const char *key)
{
    static const char *const words[] = {"exclude", "include", "sample",
                                        "takes"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], key) == 0)
            return true;
    }
    return false;
}

static bool says_taken(const struct axis *axis,
                       const struct value_member *member,
                       struct problems *problems)
{
    for (size_t i = 0; i < axis->n_columns; i++) {
        if (!overlaps(axis->columns[i].name, member->key))
            continue;
        problem_add(problems, member->pos,
                    "axis '%s' is there already, as '%s'", member->key,
                    axis->columns[i].name);
        return true;
    }
    return false;
}

// No axis, and no column of one or of `group` (or NULL), is called so.
static bool is_free(const struct recipe *recipe, const struct axis *group,
                    const struct value_member *member,
                    struct problems *problems)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (says_taken(&recipe->axes[i], member, problems))
            return false;
    }
    return !group || !says_taken(group, member, problems);
}

static void read_column(const struct recipe *recipe, struct axis *group,
                        const struct value_member *member,
                        struct problems *problems)
{
    size_t before = problems->errors;
    if (!check_name(member, problems) ||
        !is_free(recipe, group, member, problems))
        return;
    struct column column = column_new(member);
    size_t n = column_read(&column, member->value, true, problems);
    if (problems->errors == before && group->n > 0 && n != group->n)
        problem_add(problems, member->pos,
                    "the columns of '%s' move together: '%s' has %zu point%s, "
                    "'%s' has %zu",
                    group->columns[0].name, group->columns[1].name, group->n,
                    group->n == 1 ? "" : "s", column.name, n);
    if (problems->errors != before) {
        column_free(&column, n);
        return;
    }
    group->n = n;
    group->columns[group->n_columns++] = column;
}

// The group's own name counts its points.
static void number_points(struct axis *group)
{
    struct column *own = &group->columns[0];
    own->points = xcalloc(group->n, sizeof(struct value *));
    for (size_t i = 0; i < group->n; i++) {
        own->points[i] = value_int((int64_t)i + 1);
        own->points[i]->pos = group->columns[1].points[i]->pos;
    }
    group->n_all = group->n;
}

static bool check_group(const struct value_member *member,
                        struct problems *problems)
{
    static const struct key keys[] = {{"zip", KEY_ANY}};
    static const struct key_set set = {" in a zip group", keys, 1, NULL, NULL};
    size_t before = problems->errors;
    const struct value *zip = value_get(member->value, "zip");
    if (field_is_neutral(member->key))
        problem_add(problems, member->pos,
                    "'%s' is a field: a zip group has a name of its own, such "
                    "as 'shot'",
                    member->key);
    else
        check_name(member, problems);
    keys_check(member->value, &set, problems);
    if (zip->type != VALUE_MAP || value_count(zip) == 0)
        problem_add(problems, zip->pos,
                    "'zip' takes the columns that move together, such as "
                    "{prompt: [a pier, a cliff], seed: [11, 12]}");
    else if (value_count(zip) > SWEEP_COLUMNS_MAX)
        problem_add(problems, zip->pos, "more than %d columns",
                    SWEEP_COLUMNS_MAX);
    return problems->errors == before;
}

static struct axis read_group(const struct recipe *recipe,
                              const struct value_member *member,
                              struct problems *problems)
{
    const struct value *zip = value_get(member->value, "zip");
    struct axis group = {.pos = member->pos};
    if (!check_group(member, problems))
        return group;
    size_t before = problems->errors;
    group.columns = xcalloc(zip->map.n + 1, sizeof(*group.columns));
    group.columns[group.n_columns++] = column_new(member);
    for (size_t i = 0; i < zip->map.n; i++)
        read_column(recipe, &group, &zip->map.members[i], problems);
    group.n_all = group.n;
    if (problems->errors == before) {
        number_points(&group);
        return group;
    }
    axis_free(&group);
    return (struct axis){.pos = member->pos};
}

static struct axis read_plain(const struct value_member *member,
                              struct problems *problems)
{
    struct axis axis = {.pos = member->pos};
    if (!check_name(member, problems))
        return axis;
    axis.columns = xcalloc(1, sizeof(*axis.columns));
    axis.columns[axis.n_columns++] = column_new(member);
    axis.n = column_read(axis.columns, member->value, false, problems);
    axis.n_all = axis.n;
    return axis;
}

static void read_axis(struct recipe *recipe, const struct value_member *member,
                      struct problems *problems)
{
    if (!is_free(recipe, NULL, member, problems))
        return;
    struct axis axis = value_get(member->value, "zip")
                           ? read_group(recipe, member, problems)
                           : read_plain(member, problems);
    if (axis.n > 0) {
        axis.name = axis.columns[0].name;
        recipe->axes[recipe->n_axes++] = axis;
    } else {
        axis_free(&axis);
    }
}

// Ranges are short to write: what is too large is not made first. False then.
static bool read_axes(struct recipe *recipe, const struct value *map,
                      struct problems *problems)
{
    uint64_t *grid = &recipe->sweep.grid;
    for (size_t i = 0; i < value_count(map); i++) {
        size_t before = recipe->n_axes;
        if (sweep_is_filter(map->map.members[i].key))
            continue;
        read_axis(recipe, &map->map.members[i], problems);
        if (recipe->n_axes > before)
            *grid *= recipe->axes[before].n;
        if (*grid > RECIPE_CELLS_MAX) {
            problem_add(problems, map->pos, "this sweep has more than %u cells",
                        RECIPE_CELLS_MAX);
            return false;
        }
    }
    return true;
}

void sweep_read(struct recipe *recipe, const struct value *map,
                struct problems *problems)
{
    recipe->sweep = (struct sweep){.takes = 1, .grid = 1, .n_kept = 1};
    if (!map)
        return;
    recipe->sweep.pos = map->pos;
    if (value_count(map) > SWEEP_AXES_MAX) {
        problem_add(problems, map->pos, "more than %d axes", SWEEP_AXES_MAX);
        return;
    }
    recipe->axes = xcalloc(value_count(map) + 1, sizeof(*recipe->axes));
    size_t before = problems->errors;
    if (!read_axes(recipe, map, problems))
        return;
    recipe->sweep.n_kept = recipe->sweep.grid;
    filters_read(recipe, map, problems);
    // Of axes that are wrong themselves nothing more can be said.
    if (value_get(map, "include") && problems->errors == before)
        included_read(recipe, value_get(map, "include"), problems);
}

static bool changes_request(const struct recipe *recipe,
                            const struct column *column)
{
    return column->is_field || template_uses(recipe->request, column->name);
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

// Whether an expression, or one of a list, holds the name as a word.
static bool any_holds(const struct value *exprs, const char *name)
{
    const char *text = value_text(exprs), *at = text;
    size_t len = strlen(name);
    for (size_t i = 0; exprs && exprs->type == VALUE_LIST && i < exprs->list.n;
         i++) {
        if (any_holds(exprs->list.items[i], name))
            return true;
    }
    for (; at && (at = strstr(at, name)); at += len) {
        if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[len]))
            return true;
    }
    return false;
}

static bool is_read(const struct sweep_readers *readers, const char *name)
{
    return (readers->name && template_uses(readers->name, name)) ||
           any_holds(readers->exclude, name);
}

// A column may be there for the names and for the choice of cells alone, where
// others of the group change the requests. An axis of several points may not:
// its cells would all be the same.
static bool is_beside(const struct recipe *recipe, const struct axis *axis,
                      const struct column *column,
                      const struct sweep_readers *readers)
{
    bool any = axis->n_all == 1;
    for (size_t k = 0; k < axis->n_columns; k++)
        any = any || changes_request(recipe, &axis->columns[k]);
    return any && is_read(readers, column->name);
}

static void check_column(const struct recipe *recipe,
                         const struct column *column,
                         const struct sweep_readers *readers, const char *what,
                         struct problems *problems)
{
    if (changes_request(recipe, column))
        return;
    const char *near = nearest_field(column->name);
    if (near && !is_read(readers, column->name))
        problem_add(problems, column->pos,
                    "%s '%s' changes nothing (did you mean '%s'?)", what,
                    column->name, near);
    else
        problem_warn(problems, column->pos,
                     "%s '%s' changes no request: no field is called so and "
                     "none holds ${%s}",
                     what, column->name, column->name);
}

void sweep_check_use(const struct recipe *recipe,
                     const struct sweep_readers *readers,
                     struct problems *problems)
{
    if (recipe->script)
        return;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        bool zip = axis->n_columns > 1;
        for (size_t k = zip; k < axis->n_columns; k++)
            if (!is_beside(recipe, axis, &axis->columns[k], readers))
                check_column(recipe, &axis->columns[k], readers,
                             zip ? "column" : "axis", problems);
    }
}
