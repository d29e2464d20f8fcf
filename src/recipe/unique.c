// Whether each cell's name is its own: by comparing them all, or, where there
// are too many, by the shape of the template, or else one by one in a place
// that has room for them.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "recipe/names.h"
#include "recipe/sweep.h"

struct named {
    char *folded;
    uint64_t index; // from 0
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->folded, y->folded);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static bool holds(const struct template_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->items[i].name && strcmp(parts->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool holds_any(const struct template_parts *parts,
                      const struct axis *axis)
{
    for (size_t k = 0; k < axis->n_columns; k++) {
        if (holds(parts, axis->columns[k].name))
            return true;
    }
    return false;
}

// What makes cells but no difference in the name, or NULL.
static const char *left_out(const struct recipe *recipe,
                            const struct template_parts *parts)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (recipe->axes[i].n_all > 1 && !holds_any(parts, &recipe->axes[i]))
            return recipe->axes[i].name;
    }
    return recipe->sweep.takes > 1 && !holds(parts, "take") ? "take" : NULL;
}

// "1 (motion.x=-4 motion.r=6)", with its take where there are several; owned.
static char *cell_text(const struct recipe *recipe, uint64_t index)
{
    struct scope scope;
    struct spot spot = spot_of(recipe, index);
    scope_init(&scope, recipe, &spot);
    char *point = scope_text(&scope);
    char *take = recipe->sweep.takes > 1
                     ? xasprintf("%stake=%d", *point ? " " : "", spot.take)
                     : xstrdup("");
    char *text = xasprintf("%" PRIu64 " (%s%s)", index + 1, point, take);
    free(take);
    free(point);
    scope_free(&scope);
    return text;
}

static void collision(const struct recipe *recipe,
                      const struct template_parts *parts, const char *name,
                      uint64_t first, uint64_t second,
                      struct problems *problems)
{
    char *a = cell_text(recipe, first);
    char *b = cell_text(recipe, second);
    const char *missing = left_out(recipe, parts);
    problem_add(problems, recipe->out_name_pos,
                "cells %s and %s would both be named '%s': add ${%s} to "
                "outputs.name",
                a, b, name, missing ? missing : "index");
    free(b);
    free(a);
}

// The name of the cell that `scope` is at, for comparing, owned; NULL with a
// problem.
static char *folded_name(const struct template_parts *parts,
                         struct scope *scope, struct problems *problems)
{
    struct err err;
    char *name = name_build(parts, scope, &err);
    char *folded = name ? name_fold(name) : NULL;
    if (!name)
        problem_add(problems, scope->recipe->out_name_pos,
                    "%s (cell %" PRIu64 ")", err.text, scope->spot.index + 1);
    free(name);
    return folded;
}

// The first `n` cells'.
static void compare_all(const struct recipe *recipe,
                        const struct template_parts *parts, size_t n,
                        struct problems *problems)
{
    struct named *named = xcalloc(n, sizeof(*named));
    struct scope scope;
    struct spot spot = spot_of(recipe, 0);
    size_t made = 0;
    scope_init(&scope, recipe, &spot);
    while (made < n) {
        char *folded = folded_name(parts, &scope, problems);
        if (!folded)
            break;
        named[made++] = (struct named){folded, spot.index};
        spot_next(recipe, &spot);
        scope_move(&scope, &spot);
    }
    scope_free(&scope);
    qsort(named, made, sizeof(*named), by_name);
    const struct named *pair = NULL;
    for (size_t i = 1; i < made; i++) {
        if (strcmp(named[i - 1].folded, named[i].folded) == 0 &&
            (!pair || named[i].index < pair[1].index))
            pair = &named[i - 1];
    }
    if (pair)
        collision(recipe, parts, pair->folded, pair->index, pair[1].index,
                  problems);
    for (size_t i = 0; i < made; i++)
        free(named[i].folded);
    free(named);
}

static int by_folded(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// A point as part of a name; owned.
static char *point_name(const struct value *point)
{
    char *text = template_text(point);
    char *name = name_safe(point->type == VALUE_NULL ? "none" : text);
    free(text);
    return name;
}

// Marks the bytes of every point's text in `used`; false when two points of
// the column read the same.
static bool points_differ(const struct column *column, size_t n, bool used[256])
{
    char **texts = xcalloc(n, sizeof(*texts));
    for (size_t i = 0; i < n; i++) {
        char *name = point_name(column->points[i]);
        texts[i] = name_fold(name);
        for (const char *s = texts[i]; *s; s++)
            used[(unsigned char)*s] = true;
        free(name);
    }
    qsort(texts, n, sizeof(*texts), by_folded);
    bool differ = true;
    for (size_t i = 1; i < n; i++)
        differ = differ && strcmp(texts[i - 1], texts[i]) != 0;
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
    return differ;
}

// Some column in the name tells the axis' points apart.
static bool axis_differs(const struct axis *axis,
                         const struct template_parts *parts, bool used[256])
{
    bool differs = axis->n_all == 1;
    for (size_t k = 0; k < axis->n_columns; k++) {
        if (holds(parts, axis->columns[k].name) &&
            points_differ(&axis->columns[k], axis->n_all, used))
            differs = true;
    }
    return differs;
}

// Only axes, the index and the take, and what is the same in every cell.
static bool is_known(const struct recipe *recipe, const char *name,
                     bool *varies)
{
    *varies = sweep_find(recipe, name, NULL) || strcmp(name, "index") == 0 ||
              (strcmp(name, "take") == 0 && recipe->sweep.takes > 1);
    return *varies || strcmp(name, "recipe") == 0 ||
           strcmp(name, "take") == 0 || value_get(recipe->params, name);
}

// Between two axes stands a byte that no point has, so that a name can be read
// back in one way only.
static bool can_be_read(const struct recipe *recipe,
                        const struct template_parts *parts,
                        const bool used[256])
{
    bool apart = true;
    for (size_t i = 0; i < parts->n; i++) {
        bool varies = false;
        const struct template_part *part = &parts->items[i];
        if (part->literal) {
            char *folded = name_fold(part->literal);
            for (const char *s = folded; *s; s++)
                apart = apart || !used[(unsigned char)*s];
            free(folded);
        } else if (!is_known(recipe, part->name, &varies) ||
                   (varies && !apart)) {
            return false;
        }
        if (varies)
            apart = false;
    }
    return true;
}

// The most bytes that a variable has as part of a name.
static size_t longest(const struct recipe *recipe, const char *name)
{
    size_t axis, most = 0;
    const struct column *column = sweep_find(recipe, name, &axis);
    if (!column)
        return NAME_PART_MAX;
    for (size_t i = 0; i < recipe->axes[axis].n_all; i++) {
        char *point = point_name(column->points[i]);
        size_t len = strlen(point);
        most = len > most ? len : most;
        free(point);
    }
    return most;
}

// No cell's name can become too long.
static bool is_short(const struct recipe *recipe,
                     const struct template_parts *parts)
{
    size_t total = 0, component = 0, most = 0;
    for (size_t i = 0; i < parts->n; i++) {
        const char *literal = parts->items[i].literal;
        size_t len =
            literal ? strlen(literal) : longest(recipe, parts->items[i].name);
        total += len;
        for (size_t k = 0; k < len; k++) {
            component = literal && literal[k] == '/' ? 0 : component + 1;
            most = component > most ? component : most;
        }
    }
    return most <= NAME_COMPONENT_MAX && total <= NAME_TOTAL_MAX;
}

static bool is_proven(const struct recipe *recipe,
                      const struct template_parts *parts)
{
    bool used[256] = {false};
    bool indexed = holds(parts, "index"); // tells cells apart by itself
    bool differ = recipe->sweep.takes == 1 || holds(parts, "take");
    for (size_t i = 0; i < recipe->n_axes; i++)
        differ = axis_differs(&recipe->axes[i], parts, used) && differ;
    bool digits = indexed || recipe->sweep.takes > 1;
    for (const char *digit = "0123456789"; digits && *digit; digit++)
        used[(unsigned char)*digit] = true;
    return (indexed || differ) && can_be_read(recipe, parts, used) &&
           is_short(recipe, parts);
}

static void add_all(const struct recipe *recipe,
                    const struct template_parts *parts,
                    const struct recipe_names *names, struct problems *problems)
{
    struct scope scope;
    struct spot spot = spot_of(recipe, 0);
    bool more = true;
    scope_init(&scope, recipe, &spot);
    while (more) {
        struct err err;
        uint64_t other = 0;
        char *folded = folded_name(parts, &scope, problems);
        int added =
            folded ? names->add(names->ctx, folded, spot.index, &other, &err)
                   : -1;
        if (added == 0)
            collision(recipe, parts, folded, other, spot.index, problems);
        else if (added < 0 && folded)
            problem_add(problems, recipe->out_name_pos,
                        "the names of the cells cannot be compared: %s",
                        err.text);
        free(folded);
        more = added > 0 && spot_next(recipe, &spot);
        if (more)
            scope_move(&scope, &spot);
    }
    scope_free(&scope);
}

static void refuse(const struct recipe *recipe,
                   const struct template_parts *parts,
                   struct problems *problems)
{
    const char *missing =
        holds(parts, "index") ? NULL : left_out(recipe, parts);
    problem_add(problems, recipe->out_name_pos,
                "a sweep of more than %d cells needs an outputs.name that "
                "holds every axis, with a character between them that no "
                "point has, such as \"${a}_${b}\"%s%s%s",
                NAME_CELLS_MAX, missing ? ": ${" : "", missing ? missing : "",
                missing ? "} is missing" : "");
}

static void compare_elsewhere(const struct recipe *recipe,
                              const struct template_parts *parts,
                              const struct recipe_names *names,
                              struct problems *problems)
{
    if (names)
        add_all(recipe, parts, names, problems);
    else
        refuse(recipe, parts, problems);
}

void names_check(const struct recipe *recipe, const struct recipe_names *names,
                 struct problems *problems)
{
    struct template_parts parts;
    struct err err;
    size_t before = problems->errors;
    uint64_t cells = recipe_cells(recipe);
    if (template_split(recipe->out_name, strlen(recipe->out_name), &parts,
                       &err)) {
        bool few = cells <= NAME_CELLS_MAX;
        compare_all(recipe, &parts, few ? (size_t)cells : 1, problems);
        if (!few && problems->errors == before && !is_proven(recipe, &parts))
            compare_elsewhere(recipe, &parts, names, problems);
    }
    template_parts_free(&parts);
}
