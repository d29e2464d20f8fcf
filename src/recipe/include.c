#include "recipe/include.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "data/yaml.h"
#include "recipe/keys.h"
#include "recipe/recipe.h"

size_t include_count(const struct value *tree)
{
    const struct value *v = key_get(tree, "include");
    return v && v->type == VALUE_LIST ? v->list.n : v != NULL;
}

const struct value *include_at(const struct value *tree, size_t i)
{
    const struct value *v = key_get(tree, "include");
    return v && v->type == VALUE_LIST ? value_at(v, i) : v;
}

bool include_check(const struct value *tree, struct problems *problems)
{
    size_t before = problems->errors;
    for (size_t i = 0; i < include_count(tree); i++) {
        const struct value *v = include_at(tree, i);
        const char *path = value_text(v);
        if (path && path_is_safe(path))
            continue;
        char *found = key_shown(v);
        problem_add(problems, v->pos,
                    "'include' takes files beside the recipe or below, found "
                    "%s",
                    found);
        free(found);
    }
    return problems->errors == before;
}

bool include_check_part(const struct value *tree, struct problems *problems)
{
    size_t before = problems->errors;
    const struct value *format = value_get(tree, "tarmac");
    if (tree->type != VALUE_MAP) {
        char *found = key_shown(tree);
        problem_add(problems, tree->pos,
                    "an included file is a map with parts of a recipe, found "
                    "%s",
                    found);
        free(found);
    }
    if (format &&
        (format->type != VALUE_INT || format->integer != RECIPE_FORMAT)) {
        char *found = key_shown(format);
        problem_add(problems, format->pos, "'tarmac' takes %d, found %s",
                    RECIPE_FORMAT, found);
        free(found);
    }
    if (value_get(tree, "name"))
        problem_add(problems, value_get(tree, "name")->pos,
                    "an included file has no name; the recipe has");
    return problems->errors == before;
}

// Keys are looked up one by one.
static bool is_few(const struct value *base, const struct value *over)
{
    return base->map.n <= INCLUDE_KEYS_MAX && over->map.n <= INCLUDE_KEYS_MAX;
}

// `depth`: so many levels of maps are merged, and below them replaced.
static bool lay_over(struct value *base, const struct value *over, int depth,
                     bool params)
{
    bool ok = is_few(base, over);
    for (size_t i = 0; i < over->map.n && ok; i++) {
        const struct value_member *member = &over->map.members[i];
        struct value *had = value_get_map(base, member->key);
        enum value_type type = member->value->type;
        if (type == VALUE_NULL && value_get(base, member->key))
            value_remove(base, member->key);
        else if (had && type == VALUE_MAP && depth > 0)
            ok = lay_over(had, member->value, depth - 1, false);
        else if (had && params && type != VALUE_MAP)
            value_set(had, "default", value_copy(member->value));
        else
            value_put(base, member);
    }
    return ok;
}

static bool is_section(const char *key)
{
    static const char *const names[] = {
        "params", "request", "limits", "outputs", "gateways", "retry", "sweep"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], key) == 0)
            return true;
    }
    return false;
}

static size_t count(const struct value *v)
{
    size_t n = 1;
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
        n += count(v->list.items[i]);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
        n += 1 + count(v->map.members[i].value);
    return n;
}

bool include_merge(struct value *base, const struct value *over)
{
    bool ok = is_few(base, over);
    for (size_t i = 0; i < over->map.n && ok; i++) {
        const struct value_member *member = &over->map.members[i];
        struct value *had =
            is_section(member->key) ? value_get_map(base, member->key) : NULL;
        bool sweep = strcmp(member->key, "sweep") == 0;
        if (strcmp(member->key, "include") == 0)
            continue;
        if (member->value->type == VALUE_NULL)
            value_remove(base, member->key);
        else if (had && member->value->type == VALUE_MAP)
            ok = lay_over(had, member->value, sweep ? 0 : YAML_DEPTH_MAX,
                          strcmp(member->key, "params") == 0);
        else
            value_put(base, member);
    }
    return ok && count(base) <= YAML_NODES_MAX;
}
