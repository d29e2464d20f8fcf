#include "recipe/params.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "recipe/keys.h"
#include "recipe/sweep.h"
#include "recipe/template.h"

static const struct recipe_param *find_given(const struct recipe_param *given,
                                             size_t n, const char *name)
{
    const struct recipe_param *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(given[i].name, name) == 0)
            last = &given[i];
    }
    return last;
}

static bool same_kind(const struct value *a, const struct value *b)
{
    double x;
    return a->type == b->type || (value_number(a, &x) && value_number(b, &x));
}

// What -p says, read as the default's type: `-p prompt=5` is a text where the
// default is one.
static struct value *read_given(const struct recipe_param *given,
                                const struct value *fallback,
                                struct problems *problems)
{
    struct pos nowhere = {0, 0};
    const char *text = given->value;
    if (!text_is_utf8(text, strlen(text))) {
        problem_add(problems, nowhere, "-p %s: the value is not UTF-8",
                    given->name);
        return value_str("");
    }
    if (fallback && fallback->type == VALUE_STRING)
        return value_str(text);
    struct value *v = yaml_scalar(text);
    if (!fallback && v->type == VALUE_NULL) {
        value_free(v);
        return value_str(text);
    }
    if (fallback && !same_kind(fallback, v)) {
        char *found = key_shown(v);
        problem_add(problems, nowhere, "-p %s takes %s, found %s", given->name,
                    fallback->type == VALUE_BOOL ? "true or false" : "a number",
                    found);
        free(found);
    }
    return v;
}

static bool check_default(const char *name, const struct value *v,
                          struct problems *problems)
{
    if (v->type == VALUE_LIST || v->type == VALUE_MAP) {
        char *found = key_shown(v);
        problem_add(problems, v->pos,
                    "the default of '%s' is a text, a number, true or false, "
                    "found %s",
                    name, found);
        free(found);
        return false;
    }
    if (template_any(v)) {
        problem_add(problems, v->pos,
                    "the default of '%s' is taken as it is: '${' has no "
                    "meaning here",
                    name);
        return false;
    }
    return true;
}

static void read_param(struct recipe *recipe, const struct value_member *member,
                       const struct recipe_param *given,
                       struct problems *problems)
{
    static const struct key keys[] = {{"default", KEY_ANY}, {"help", KEY_TEXT}};
    const char *name = member->key;
    char *where = xasprintf(" in parameter '%s'", name);
    struct key_set set = {.where = where, .keys = keys, .n = 2};
    const struct value *fallback = member->value;
    if (fallback->type == VALUE_MAP) {
        keys_check(fallback, &set, problems);
        fallback = key_get(fallback, "default");
    }
    free(where);
    if (fallback && fallback->type == VALUE_NULL)
        fallback = NULL;
    if (fallback && !check_default(name, fallback, problems))
        fallback = NULL;
    else if (!fallback && !given)
        problem_add(problems, member->pos,
                    "parameter '%s' has no default: say -p %s=VALUE", name,
                    name);
    struct value *v = given      ? read_given(given, fallback, problems)
                      : fallback ? value_copy(fallback)
                                 : value_str("");
    v->pos = member->pos;
    value_set(recipe->params, name, v);
}

static void unknown_given(const struct recipe_param *given,
                          const struct value *map, struct problems *problems)
{
    size_t n = value_count(map);
    const char **names = xcalloc(n + 1, sizeof(*names));
    for (size_t i = 0; i < n; i++)
        names[i] = map->map.members[i].key;
    char *shown = key_printable(given->name);
    char *hint = key_hint(given->name, names, n);
    problem_add(problems, (struct pos){0, 0},
                "-p %s: the recipe has no such parameter%s", shown, hint);
    free(hint);
    free(shown);
    free(names);
}

void params_read(struct recipe *recipe, const struct value *map,
                 const struct recipe_param *given, size_t n_given,
                 struct problems *problems)
{
    recipe->params = value_map();
    if (map && map->type != VALUE_MAP)
        map = NULL;
    if (value_count(map) > PARAMS_MAX) {
        problem_add(problems, map->pos, "more than %d parameters", PARAMS_MAX);
        return;
    }
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_member *member = &map->map.members[i];
        if (key_is_word(member->key) && !sweep_is_reserved(member->key)) {
            read_param(recipe, member, find_given(given, n_given, member->key),
                       problems);
            continue;
        }
        char *shown = key_printable(member->key);
        problem_add(problems, member->pos,
                    sweep_is_reserved(member->key)
                        ? "'%s' cannot be a parameter: it has a meaning of its "
                          "own"
                        : "'%s' cannot be a parameter: letters, digits and '_'",
                    shown);
        free(shown);
    }
    for (size_t i = 0; i < n_given; i++) {
        if (!value_get(map, given[i].name))
            unknown_given(&given[i], map, problems);
    }
}

void params_check_axes(const struct recipe *recipe, struct problems *problems)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        if (!axis->is_field && value_get(recipe->params, axis->name))
            problem_add(problems, axis->pos,
                        "axis '%s' has the name of a parameter", axis->name);
    }
}
