#include "recipe/variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "recipe/fields.h"
#include "recipe/scope.h"
#include "recipe/template.h"

// Names, each once; the texts are owned.
struct names {
    char **items;
    size_t n, cap;
};

static void add_name(struct names *names, char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->items[i], name) == 0) {
            free(name);
            return;
        }
    }
    if (names->n == names->cap) {
        names->cap = names->cap ? names->cap * 2 : 32;
        names->items =
            xreallocarray(names->items, names->cap, sizeof(*names->items));
    }
    names->items[names->n++] = name;
}

static void add_keys(struct names *names, const struct value *map)
{
    for (size_t i = 0; map && map->type == VALUE_MAP && i < map->map.n; i++)
        add_name(names, xstrdup(map->map.members[i].key));
}

// Every field that is not a map, by its dotted name. Keys of `extra` that hold
// a dot themselves cannot be named.
static void add_fields(struct names *names, const struct value *map,
                       const char *prefix)
{
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *member = &map->map.members[i];
        if (strchr(member->key, '.'))
            continue;
        char *path = prefix ? xasprintf("%s.%s", prefix, member->key)
                            : xstrdup(member->key);
        if (member->value->type == VALUE_MAP) {
            add_fields(names, member->value, path);
            free(path);
        } else {
            add_name(names, path);
        }
    }
}

// As they are written, the columns of zip groups included.
static void add_axes(struct names *names, const struct value *map)
{
    for (size_t i = 0; map && map->type == VALUE_MAP && i < map->map.n; i++) {
        const struct value_member *axis = &map->map.members[i];
        if (!sweep_is_filter(axis->key))
            add_name(names, xstrdup(axis->key));
        add_keys(names, value_get(axis->value, "zip"));
    }
}

static void add_columns(struct names *names, const struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        for (size_t k = 0; k < recipe->axes[i].n_columns; k++)
            add_name(names, xstrdup(recipe->axes[i].columns[k].name));
    }
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->items[i]);
    free(names->items);
}

char *variables_hint(const struct recipe *recipe, const char *name)
{
    struct names names = {0};
    add_columns(&names, recipe);
    add_keys(&names, recipe->params);
    add_fields(&names, recipe->request, NULL);
    for (const char *const *field = field_names(); *field; field++)
        add_name(&names, xstrdup(*field));
    const char *near =
        text_nearest(name, (const char *const *)names.items, names.n);
    char *hint = near ? xasprintf(" (did you mean '%s'?)", near) : xstrdup("");
    names_free(&names);
    return hint;
}

static size_t count_fields(const struct value *v)
{
    size_t n = 1;
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
        n += count_fields(v->map.members[i].value);
    return n;
}

bool variables_check(const struct recipe *recipe, const struct value *tree,
                     const struct value *name, struct problems *problems)
{
    size_t before = problems->errors;
    if (count_fields(recipe->request) > VARIABLES_MAX) {
        problem_add(problems, recipe->request->pos,
                    "a request of more than %d fields", VARIABLES_MAX);
        return false;
    }
    struct names names = {0};
    add_keys(&names, value_get(tree, "params"));
    add_axes(&names, value_get(tree, "sweep"));
    add_fields(&names, recipe->request, NULL);
    add_name(&names, xstrdup("recipe"));
    add_name(&names, xstrdup("index"));
    add_name(&names, xstrdup("take"));
    const char *const *known = (const char *const *)names.items;
    template_check(recipe->request, known, names.n, problems);
    template_check(name, known, names.n, problems);
    names_free(&names);
    return problems->errors == before;
}

static void check_field(struct scope *scope, const struct value *raw,
                        struct problems *problems)
{
    struct err err;
    scope->failed = false;
    scope->loop = NULL;
    struct value *v = scope_apply(scope, raw, &err);
    // A field that merely leads to a loop is not the one to mend.
    if (!v && (!scope->loop || scope->loop == raw))
        problem_add(problems, raw->pos, "%s", err.text);
    value_free(v);
}

static void check_map(struct scope *scope, const struct value *map,
                      struct problems *problems)
{
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value *v = map->map.members[i].value;
        if (v->type == VALUE_MAP)
            check_map(scope, v, problems);
        else
            check_field(scope, v, problems);
    }
}

void variables_check_fields(const struct recipe *recipe,
                            struct problems *problems)
{
    struct scope scope;
    struct spot spot = {.take = 1};
    scope_init(&scope, recipe, &spot);
    check_map(&scope, recipe->request, problems);
    scope_free(&scope);
}
