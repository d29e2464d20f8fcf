// Whether each cell's name is its own: by comparing them all, or, where there
// are too many, by the shape of the template.

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "recipe/names.h"

#define CELL_TEXT_MAX 300

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

// An axis that makes cells but no difference in the name, or NULL.
static const struct axis *axis_left_out(const struct recipe *recipe,
                                        const struct template_parts *parts)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (recipe->axes[i].n > 1 && !holds(parts, recipe->axes[i].name))
            return &recipe->axes[i];
    }
    return NULL;
}

// "1 (motion.x=-4 motion.r=6)"; owned.
static char *cell_text(const struct recipe *recipe, uint64_t index)
{
    struct scope scope;
    scope_init(&scope, recipe, index);
    struct buf out;
    buf_init(&out, CELL_TEXT_MAX);
    buf_printf(&out, "%llu (", (unsigned long long)index + 1);
    for (size_t i = 0; i < recipe->n_axes; i++) {
        char *point = template_text(scope_point(&scope, i));
        char *safe = name_safe(point);
        buf_printf(&out, "%s%s=%s", i ? " " : "", recipe->axes[i].name, safe);
        free(safe);
        free(point);
    }
    buf_byte(&out, ')');
    scope_free(&scope);
    return buf_take(&out);
}

static void collision(const struct recipe *recipe,
                      const struct template_parts *parts,
                      const struct named *first, const struct named *second,
                      struct problems *problems)
{
    char *a = cell_text(recipe, first->index);
    char *b = cell_text(recipe, second->index);
    const struct axis *axis = axis_left_out(recipe, parts);
    const char *missing = axis ? axis->name : "index";
    problem_add(problems, recipe->out_name_pos,
                "cells %s and %s would both be named '%s': add ${%s} to "
                "outputs.name",
                a, b, first->folded, missing);
    free(b);
    free(a);
}

static void compare_all(const struct recipe *recipe,
                        const struct template_parts *parts, size_t n,
                        struct problems *problems)
{
    struct named *named = xcalloc(n, sizeof(*named));
    struct err err;
    size_t made = 0;
    for (; made < n; made++) {
        struct scope scope;
        scope_init(&scope, recipe, made);
        char *name = name_build(parts, &scope, &err);
        scope_free(&scope);
        if (!name)
            break;
        named[made] = (struct named){name_fold(name), made};
        free(name);
    }
    if (made < n)
        problem_add(problems, recipe->out_name_pos, "%s (cell %zu)", err.text,
                    made + 1);
    qsort(named, made, sizeof(*named), by_name);
    const struct named *pair = NULL;
    for (size_t i = 1; i < made; i++) {
        if (strcmp(named[i - 1].folded, named[i].folded) == 0 &&
            (!pair || named[i].index < pair[1].index))
            pair = &named[i - 1];
    }
    if (pair)
        collision(recipe, parts, pair, pair + 1, problems);
    for (size_t i = 0; i < made; i++)
        free(named[i].folded);
    free(named);
}

static int by_folded(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Marks the bytes of every point's text in `used`; false when two points of
// the axis read the same.
static bool points_differ(const struct axis *axis, bool used[256])
{
    char **texts = xcalloc(axis->n, sizeof(*texts));
    for (size_t i = 0; i < axis->n; i++) {
        bool none = axis->points[i]->type == VALUE_NULL;
        char *text = template_text(axis->points[i]);
        char *safe = name_safe(none ? "none" : text);
        texts[i] = name_fold(safe);
        for (const char *s = texts[i]; *s; s++)
            used[(unsigned char)*s] = true;
        free(safe);
        free(text);
    }
    qsort(texts, axis->n, sizeof(*texts), by_folded);
    bool differ = true;
    for (size_t i = 1; i < axis->n; i++)
        differ = differ && strcmp(texts[i - 1], texts[i]) != 0;
    for (size_t i = 0; i < axis->n; i++)
        free(texts[i]);
    free(texts);
    return differ;
}

// Only axes, the index, and what is the same in every cell.
static bool is_known(const struct recipe *recipe, const char *name,
                     bool *is_axis)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (strcmp(recipe->axes[i].name, name) == 0) {
            *is_axis = true;
            return true;
        }
    }
    *is_axis = strcmp(name, "index") == 0;
    return *is_axis || strcmp(name, "recipe") == 0 ||
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
        bool is_axis = false;
        const struct template_part *part = &parts->items[i];
        if (part->literal) {
            char *folded = name_fold(part->literal);
            for (const char *s = folded; *s; s++)
                apart = apart || !used[(unsigned char)*s];
            free(folded);
        } else if (!is_known(recipe, part->name, &is_axis) ||
                   (is_axis && !apart)) {
            return false;
        }
        if (is_axis)
            apart = false;
    }
    return true;
}

static void prove(const struct recipe *recipe,
                  const struct template_parts *parts, struct problems *problems)
{
    bool used[256] = {false};
    bool indexed = holds(parts, "index"); // tells cells apart by itself
    const struct axis *axis = indexed ? NULL : axis_left_out(recipe, parts);
    bool differ = true;
    for (size_t i = 0; i < recipe->n_axes; i++)
        differ = points_differ(&recipe->axes[i], used) && differ;
    for (const char *digit = "0123456789"; indexed && *digit; digit++)
        used[(unsigned char)*digit] = true;
    differ = indexed || (differ && !axis);
    if (!differ || !can_be_read(recipe, parts, used))
        problem_add(problems, recipe->out_name_pos,
                    "a sweep of more than %d cells needs an outputs.name that "
                    "holds every axis, with a character between them that no "
                    "point has, such as \"${a}_${b}\"%s%s%s",
                    NAME_CELLS_MAX, axis ? ": ${" : "", axis ? axis->name : "",
                    axis ? "} is missing" : "");
}

void names_check(const struct recipe *recipe, struct problems *problems)
{
    struct template_parts parts;
    struct err err;
    uint64_t cells = recipe_cells(recipe);
    if (template_split(recipe->out_name, strlen(recipe->out_name), &parts,
                       &err)) {
        bool few = cells <= NAME_CELLS_MAX;
        compare_all(recipe, &parts, few ? (size_t)cells : 1, problems);
        if (!few)
            prove(recipe, &parts, problems);
    }
    template_parts_free(&parts);
}
