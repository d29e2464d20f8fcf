#include "recipe/cell.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/names.h"
#include "recipe/template.h"

uint64_t recipe_cells(const struct recipe *recipe)
{
    uint64_t n = 1;
    for (size_t i = 0; i < recipe->n_axes; i++)
        n *= recipe->axes[i].n;
    return n;
}

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

static void remove_path(struct value *map, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot) {
        value_remove(map, path);
        return;
    }
    char *head = xstrndup(path, (size_t)(dot - path));
    for (size_t i = 0; i < value_count(map); i++) {
        struct value_member *member = &map->map.members[i];
        if (strcmp(member->key, head) == 0 && member->value->type == VALUE_MAP)
            remove_path(member->value, dot + 1);
    }
    free(head);
}

struct value *cell_request(struct scope *scope, struct err *err)
{
    const struct recipe *recipe = scope->recipe;
    struct value *request = resolve_map(scope, recipe->request, err);
    if (!request)
        return NULL;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        const struct value *point = scope_point(scope, i);
        if (!axis->is_field)
            continue;
        if (point->type == VALUE_NULL)
            remove_path(request, axis->name);
        else
            value_set_path(request, axis->name, value_copy(point));
    }
    return request;
}

static struct value *cell_axes(const struct scope *scope)
{
    struct value *axes = value_map();
    for (size_t i = 0; i < scope->recipe->n_axes; i++)
        value_set(axes, scope->recipe->axes[i].name,
                  value_copy(scope_point(scope, i)));
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
        if (!axis->is_field)
            value_set(vars, axis->name, value_copy(scope_point(scope, i)));
    }
    value_set(vars, "index", value_int((int64_t)cell->index));
    value_set(vars, "name", value_str(cell->name));
    value_set(vars, "take", value_int(cell->take));
    return vars;
}

bool recipe_cell(const struct recipe *recipe, uint64_t i, struct cell *cell,
                 struct err *err)
{
    *cell = (struct cell){.index = i + 1, .take = 1};
    if (i >= recipe_cells(recipe))
        return err_set(err, ERR_DEFECT, "there is no cell %llu",
                       (unsigned long long)i + 1);
    struct scope scope;
    struct template_parts parts;
    scope_init(&scope, recipe, i);
    if (template_split(recipe->out_name, strlen(recipe->out_name), &parts, err))
        cell->name = name_build(&parts, &scope, err);
    template_parts_free(&parts);
    if (cell->name)
        cell->request = cell_request(&scope, err);
    if (cell->request) {
        cell->axes = cell_axes(&scope);
        cell->vars = cell_vars(&scope, cell);
    } else {
        cell_free(cell);
    }
    scope_free(&scope);
    return cell->request != NULL;
}

void cell_free(struct cell *cell)
{
    free(cell->name);
    value_free(cell->axes);
    value_free(cell->vars);
    value_free(cell->request);
    *cell = (struct cell){0};
}

static void vary_one(const struct recipe *recipe, uint64_t index,
                     const struct request_check *check,
                     struct problems *problems)
{
    struct problems here;
    struct scope scope;
    struct err err;
    problems_init(&here, problems->file);
    scope_init(&scope, recipe, index);
    struct value *request = cell_request(&scope, &err);
    if (request)
        check->check(check->arg, request, &here);
    else
        problem_add(&here, recipe->request->pos, "%s", err.text);
    problems_add_new(problems, &here);
    value_free(request);
    scope_free(&scope);
    problems_free(&here);
}

void cells_vary(const struct recipe *recipe, const struct request_check *check,
                struct problems *problems)
{
    vary_one(recipe, 0, check, problems);
    uint64_t stride = recipe_cells(recipe);
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        stride /= axis->n;
        bool matters = axis->is_field
                           ? check->fields
                           : template_uses(recipe->request, axis->name);
        for (size_t j = 1; matters && j < axis->n; j++)
            vary_one(recipe, j * stride, check, problems);
    }
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
    for (size_t i = 0; i < value_count(sweep) && sweep->type == VALUE_MAP;
         i++) {
        const struct value_member *axis = &sweep->map.members[i];
        if (axis->value->type != VALUE_LIST || !field_is_neutral(axis->key))
            continue;
        for (size_t j = 0; j < axis->value->list.n; j++) {
            struct value *one = value_map();
            value_set_path(one, axis->key,
                           value_copy(axis->value->list.items[j]));
            fields_check_given(table, one, &here);
            value_free(one);
        }
    }
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
