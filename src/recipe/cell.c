#include "recipe/cell.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/names.h"
#include "recipe/template.h"

// Fields that are null are not set; inside of `extra` a null is passed on.
static struct value *resolve_map(struct scope *scope, const struct value *map,
                                 struct err *err)
{
    struct value *out = value_map();
    out->pos = map->pos;
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *member = &map->map.members[i];
        bool inside = member->value->type == VALUE_MAP &&
                      strcmp(member->key, "extra") != 0;
        struct value *v = inside ? resolve_map(scope, member->value, err)
                                 : scope_apply(scope, member->value, err);
        if (!v) {
            value_free(out);
            return NULL;
        }
        if (v->type == VALUE_NULL)
            value_free(v);
        else
            value_push(out, member->key, member->pos, v);
    }
    return out;
}

// Also the maps that are empty then: a field that is not set leaves the same
// request as one that was never named.
static void remove_path(struct value *map, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot) {
        value_remove(map, path);
        return;
    }
    char *head = xstrndup(path, (size_t)(dot - path));
    struct value *inner = NULL;
    for (size_t i = 0; i < value_count(map) && !inner; i++) {
        struct value_member *member = &map->map.members[i];
        if (strcmp(member->key, head) == 0 && member->value->type == VALUE_MAP)
            inner = member->value;
    }
    if (inner)
        remove_path(inner, dot + 1);
    if (inner && value_count(inner) == 0)
        value_remove(map, head);
    free(head);
}

static void set_field(struct value *request, const struct column *column,
                      const struct value *point)
{
    if (!column->is_field)
        return;
    if (point->type == VALUE_NULL)
        remove_path(request, column->name);
    else
        value_set_path(request, column->name, value_copy(point));
}

// The request of a cell, resolved; owned.
static struct value *cell_request(struct scope *scope, struct err *err)
{
    const struct recipe *recipe = scope->recipe;
    struct value *request = resolve_map(scope, recipe->request, err);
    if (!request)
        return NULL;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        for (size_t k = 0; k < axis->n_columns; k++)
            set_field(request, &axis->columns[k],
                      scope_point(scope, i, &axis->columns[k]));
    }
    return request;
}

static struct value *cell_axes(const struct scope *scope)
{
    struct value *axes = value_map();
    for (size_t i = 0; i < scope->recipe->n_axes; i++) {
        const struct axis *axis = &scope->recipe->axes[i];
        for (size_t k = 0; k < axis->n_columns; k++)
            value_set(axes, axis->columns[k].name,
                      value_copy(scope_point(scope, i, &axis->columns[k])));
    }
    return axes;
}

static void lay_over(struct value *map, const struct value *over)
{
    for (size_t i = 0; i < value_count(over); i++)
        value_set(map, over->map.members[i].key,
                  value_copy(over->map.members[i].value));
}

// Fields hide parameters of the same name: ${prompt} made the field prompt.
static struct value *cell_vars(const struct scope *scope,
                               const struct cell *cell)
{
    struct value *vars = value_map();
    lay_over(vars, scope->recipe->params);
    lay_over(vars, cell->request);
    for (size_t i = 0; i < scope->recipe->n_axes; i++) {
        const struct axis *axis = &scope->recipe->axes[i];
        for (size_t k = 0; k < axis->n_columns; k++) {
            const struct column *column = &axis->columns[k];
            if (!column->is_field)
                value_set(vars, column->name,
                          value_copy(scope_point(scope, i, column)));
        }
    }
    value_set(vars, "index", value_int((int64_t)cell->index));
    value_set(vars, "name", value_str(cell->name));
    value_set(vars, "take", value_int(cell->take));
    return vars;
}

bool cell_make(struct scope *scope, struct cell *cell, struct err *err)
{
    const char *name = scope->recipe->out_name;
    struct template_parts parts;
    uint64_t index = scope->spot.index + 1;
    *cell = (struct cell){.index = index, .take = scope->spot.take};
    if (template_split(name, strlen(name), &parts, err))
        cell->name = name_build(&parts, scope, err);
    template_parts_free(&parts);
    if (cell->name)
        cell->request = cell_request(scope, err);
    if (!cell->request) {
        cell_free(cell);
        cell->index = index;
        return false;
    }
    cell->axes = cell_axes(scope);
    cell->vars = cell_vars(scope, cell);
    return true;
}

void cell_free(struct cell *cell)
{
    free(cell->name);
    value_free(cell->axes);
    value_free(cell->vars);
    value_free(cell->request);
    *cell = (struct cell){0};
}

static void vary_one(struct scope *scope, const struct request_check *check,
                     struct problems *problems)
{
    struct problems here;
    struct err err;
    problems_init(&here, problems->file);
    struct value *request = cell_request(scope, &err);
    if (request)
        check->check(check->arg, request, &here);
    else
        problem_add(&here, scope->recipe->request->pos, "%s", err.text);
    problems_add_new(problems, &here);
    value_free(request);
    problems_free(&here);
}

// The points that no cell has had yet.
struct fresh {
    bool *seen[SWEEP_AXES_MAX]; // NULL: the request does not depend on it
    size_t left;
};

static bool depends(const struct recipe *recipe, const struct axis *axis,
                    const struct request_check *check)
{
    for (size_t k = 0; k < axis->n_columns; k++) {
        const struct column *column = &axis->columns[k];
        if (column->is_field ? check->fields
                             : template_uses(recipe->request, column->name))
            return true;
    }
    return false;
}

static bool has_fresh(struct fresh *fresh, const struct scope *scope)
{
    bool any = false;
    for (size_t i = 0; i < scope->recipe->n_axes; i++) {
        bool *seen = fresh->seen[i] ? &fresh->seen[i][scope->picks[i]] : NULL;
        if (!seen || *seen)
            continue;
        *seen = any = true;
        fresh->left--;
    }
    return any;
}

// Who varies what, cell by cell.
struct vary {
    struct scope scope;
    struct fresh fresh;
    const struct request_check *check;
    struct problems *problems;
};

static void vary_at(struct vary *vary, const struct spot *spot)
{
    scope_move(&vary->scope, spot);
    if (has_fresh(&vary->fresh, &vary->scope))
        vary_one(&vary->scope, vary->check, vary->problems);
}

// In a whole grid the first cell that has a point has the others' first.
static void vary_grid(struct vary *vary)
{
    const struct recipe *recipe = vary->scope.recipe;
    const struct sweep *sweep = &recipe->sweep;
    uint64_t stride = sweep->grid, takes = (uint64_t)sweep->takes;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        stride /= recipe->axes[i].n;
        for (size_t k = 1; vary->fresh.seen[i] && k < recipe->axes[i].n; k++) {
            uint64_t number = k * stride;
            vary_at(vary, &(struct spot){number * takes, number, 1});
        }
    }
    for (size_t i = 0; i < sweep->n_included; i++) {
        uint64_t number = sweep->grid + i;
        vary_at(vary, &(struct spot){number * takes, number, 1});
    }
}

static void vary_kept(struct vary *vary)
{
    const struct recipe *recipe = vary->scope.recipe;
    struct spot spot = vary->scope.spot;
    while (vary->fresh.left > 0 && spot_next(recipe, &spot)) {
        if (spot.take == 1)
            vary_at(vary, &spot);
    }
}

void cells_vary(const struct recipe *recipe, const struct request_check *check,
                struct problems *problems)
{
    struct vary vary = {.check = check, .problems = problems};
    struct spot spot = spot_of(recipe, 0);
    scope_init(&vary.scope, recipe, &spot);
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (!depends(recipe, &recipe->axes[i], check))
            continue;
        vary.fresh.seen[i] = xcalloc(recipe->axes[i].n_all, sizeof(bool));
        vary.fresh.left += recipe->axes[i].n_all;
    }
    has_fresh(&vary.fresh, &vary.scope);
    vary_one(&vary.scope, check, problems);
    if (recipe->sweep.kept)
        vary_kept(&vary);
    else
        vary_grid(&vary);
    scope_free(&vary.scope);
    for (size_t i = 0; i < recipe->n_axes; i++)
        free(vary.fresh.seen[i]);
}

static void check_full(const void *arg, const struct value *request,
                       struct problems *problems)
{
    fields_check(arg, request, problems);
}

static void check_given(const void *arg, const struct value *request,
                        struct problems *problems)
{
    fields_check_given(arg, request, problems);
}

void recipe_check(const struct recipe *recipe, const struct field_table *table,
                  struct problems *problems)
{
    struct request_check check = {
        .check = recipe->script ? check_given : check_full,
        .arg = table,
        .fields = true,
    };
    cells_vary(recipe, &check, problems);
}

// Without the values that are still templates.
static struct value *plain_part(const struct value *map)
{
    struct value *out = value_map();
    out->pos = map->pos;
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *m = &map->map.members[i];
        if (m->value->type == VALUE_MAP)
            value_push(out, m->key, m->pos, plain_part(m->value));
        else if (!template_any(m->value))
            value_push(out, m->key, m->pos, value_copy(m->value));
    }
    return out;
}

// Plain lists of points, of axes and of the columns of zip groups.
static void check_points(const struct field_table *table,
                         const struct value *map, struct problems *problems)
{
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *axis = &map->map.members[i];
        const struct value *zip = value_get(axis->value, "zip");
        if (zip && zip->type == VALUE_MAP)
            check_points(table, zip, problems);
        if (axis->value->type != VALUE_LIST || !field_is_neutral(axis->key))
            continue;
        for (size_t j = 0; j < axis->value->list.n; j++) {
            struct value *one = value_map();
            value_set_path(one, axis->key,
                           value_copy(axis->value->list.items[j]));
            fields_check_given(table, one, problems);
            value_free(one);
        }
    }
}

void recipe_check_tree(const struct value *tree,
                       const struct field_table *table,
                       struct problems *problems)
{
    const struct value *request = value_get(tree, "request");
    const struct value *sweep = value_get(tree, "sweep");
    struct problems here;
    problems_init(&here, problems->file);
    if (request && request->type == VALUE_MAP) {
        struct value *plain = plain_part(request);
        fields_check_given(table, plain, &here);
        value_free(plain);
    }
    if (sweep && sweep->type == VALUE_MAP)
        check_points(table, sweep, &here);
    problems_add_new(problems, &here);
    problems_free(&here);
}

static void merge_member(struct value *map, const char *key,
                         const struct value *v)
{
    if (v->type == VALUE_NULL)
        value_remove(map, key);
    else
        value_set(map, key, value_copy(v));
}

struct value *request_merge(const struct value *base, const struct value *over)
{
    struct value *out = value_copy(base);
    for (size_t i = 0; i < value_count(over); i++) {
        const struct value_member *member = &over->map.members[i];
        const struct value *v = member->value;
        if (!field_is_group(member->key) || v->type != VALUE_MAP) {
            merge_member(out, member->key, v);
            continue;
        }
        const struct value *had = value_get(out, member->key);
        struct value *group =
            had && had->type == VALUE_MAP ? value_copy(had) : value_map();
        for (size_t k = 0; k < v->map.n; k++)
            merge_member(group, v->map.members[k].key, v->map.members[k].value);
        value_set(out, member->key, group);
    }
    return out;
}
