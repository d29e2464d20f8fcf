#include "recipe/params.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "recipe/keys.h"
#include "recipe/param.h"
#include "recipe/sweep.h"

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

// Where what the command line says is wrong, and how it was said.
static struct pos pos_of(const struct recipe_param *given)
{
    return (struct pos){.file = given->file};
}

static const char *sign_of(const struct recipe_param *given)
{
    return given->file ? "" : "-p ";
}

static struct value *read_given(const struct recipe_param *given,
                                const struct param *param,
                                struct problems *problems)
{
    const char *text = given->value;
    if (!text_is_utf8(text, strlen(text))) {
        problem_add(problems, pos_of(given), "%s%s: the value is not UTF-8",
                    sign_of(given), given->name);
        return value_str("");
    }
    struct value *v = param_value(param, text);
    if (!param->faulty && !param_takes(param, v)) {
        char *found = key_shown(v), *words = param_words(param);
        char *hint = param_hint(param, v);
        problem_add(problems, pos_of(given), "%s%s takes %s, found %s%s",
                    sign_of(given), given->name, words, found, hint);
        free(hint);
        free(words);
        free(found);
    }
    return v;
}

static void read_param(struct recipe *recipe, const struct value_member *member,
                       const struct recipe_param *given,
                       struct problems *problems)
{
    struct param param;
    param_read(member, &param, problems);
    if (!param.fallback && !param.faulty && !given)
        problem_add(problems, member->pos,
                    "parameter '%s' has no default: say -p %s=VALUE",
                    param.name, param.name);
    struct value *v = given            ? read_given(given, &param, problems)
                      : param.fallback ? value_copy(param.fallback)
                                       : value_str("");
    v->pos = given            ? pos_of(given)
             : param.fallback ? param.fallback->pos
                              : member->pos;
    value_set(recipe->params, param.name, v);
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
    problem_add(problems, pos_of(given),
                "%s%s: the recipe has no such parameter%s", sign_of(given),
                shown, hint);
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
        for (size_t k = 0; k < recipe->axes[i].n_columns; k++) {
            const struct column *column = &recipe->axes[i].columns[k];
            if (!column->is_field && value_get(recipe->params, column->name))
                problem_add(problems, column->pos,
                            "axis '%s' has the name of a parameter",
                            column->name);
        }
    }
}
