#include "recipe/recipe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "recipe/cell.h"
#include "recipe/defaults.h"
#include "recipe/gateways.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/names.h"
#include "recipe/params.h"
#include "recipe/retry.h"
#include "recipe/sweep.h"
#include "recipe/variables.h"

#define TIMEOUT_MS (30 * 60 * 1000)
#define UNKNOWN_WAIT_MS (60 * 1000)

static const struct key top_keys[] = {
    {"tarmac", KEY_ANY},   {"name", KEY_TEXT},    {"about", KEY_TEXT},
    {"gateway", KEY_TEXT}, {"script", KEY_TEXT},  {"params", KEY_MAP},
    {"request", KEY_MAP},  {"sweep", KEY_MAP},    {"limits", KEY_MAP},
    {"outputs", KEY_MAP},  {"gateways", KEY_MAP}, {"retry", KEY_MAP},
    {"route", KEY_TEXT},   {"include", KEY_ANY},
};

static const struct key limit_keys[] = {
    {"in_flight", KEY_COUNT},       {"budget", KEY_CREDITS},
    {"timeout", KEY_DURATION},      {"unknown_wait", KEY_DURATION},
    {"memory", KEY_SIZE},           {"instructions", KEY_STEPS},
    {"cell_timeout", KEY_DURATION}, {"run_timeout", KEY_DURATION},
};

static const struct key output_keys[] = {
    {"dir", KEY_TEXT},
    {"name", KEY_TEXT},
    {"embed", KEY_BOOL},
};

// Fields of the request that were written beside it.
static char *top_hint(const char *name)
{
    const char *alias = field_alias(name);
    if (alias)
        return xasprintf(" (it stands under 'request', as '%s')", alias);
    if (field_is_neutral(name) || field_is_group(name))
        return xstrdup(" (it stands under 'request')");
    return NULL;
}

const struct key_set keys_of_recipe = {
    .where = "",
    .keys = top_keys,
    .n = sizeof(top_keys) / sizeof(top_keys[0]),
    .hint = top_hint,
    .secret = "keys belong in ~/.config/tarmac/config.yaml, never in a recipe",
};
const struct key_set keys_of_limits = {
    .where = " in limits",
    .keys = limit_keys,
    .n = sizeof(limit_keys) / sizeof(limit_keys[0]),
};
const struct key_set keys_of_outputs = {
    .where = " in outputs",
    .keys = output_keys,
    .n = sizeof(output_keys) / sizeof(output_keys[0]),
};

// A recipe of another format is not worth reading further.
static bool check_format(const struct value *tree, struct problems *problems)
{
    if (tree->type != VALUE_MAP) {
        char *found = key_shown(tree);
        problem_add(problems, tree->pos,
                    "a recipe is a map that begins with 'tarmac: %d', found %s",
                    RECIPE_FORMAT, found);
        free(found);
        return false;
    }
    const struct value *format = value_get(tree, "tarmac");
    if (!format) {
        problem_add(problems, tree->pos,
                    "'tarmac: %d' is missing: it says that this is a recipe",
                    RECIPE_FORMAT);
        return true;
    }
    if (format->type == VALUE_INT && format->integer > RECIPE_FORMAT) {
        problem_add(problems, format->pos,
                    "this recipe is format %" PRId64 "; this tarmac reads %d: "
                    "a newer one is needed",
                    format->integer, RECIPE_FORMAT);
        return false;
    }
    if (format->type != VALUE_INT || format->integer != RECIPE_FORMAT) {
        char *found = key_shown(format);
        problem_add(problems, format->pos, "'tarmac' takes %d, found %s",
                    RECIPE_FORMAT, found);
        free(found);
    }
    return true;
}

// The file's name without its folder and ".yaml", made to fit.
static char *name_of_file(const char *file)
{
    char *name = xstrdup(path_base(file));
    char *dot = strrchr(name, '.');
    if (dot && dot != name &&
        (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
        *dot = '\0';
    char *safe = name_safe(name);
    for (char *s = safe; *s; s++) {
        char one[] = {*s, '\0'};
        if (*s != '.' && !key_is_name(one))
            *s = '-';
    }
    free(name);
    return safe;
}

static void read_name(struct recipe *recipe, const struct value *tree,
                      struct problems *problems)
{
    const struct value *v = value_get(tree, "name");
    const char *name = value_text(v);
    if (name && (!key_is_name(name) || name_fault(name))) {
        char *shown = key_shown(v);
        problem_add(problems, v->pos,
                    "a recipe's name takes letters, digits, '.', '_' and '-', "
                    "found %s",
                    shown);
        free(shown);
        name = NULL;
    }
    recipe->name = name ? xstrdup(name) : name_of_file(problems->file);
}

static void read_texts(struct recipe *recipe, const struct value *tree,
                       struct problems *problems)
{
    recipe->about = xstrdup(value_get_text(tree, "about"));
    const struct value *v = value_get(tree, "gateway");
    const char *gateway = value_text(v);
    recipe->gateway_pos = v ? v->pos : tree->pos;
    if (gateway && !key_is_name(gateway)) {
        char *shown = key_shown(v);
        problem_add(problems, v->pos,
                    "'gateway' takes the name of a gateway, found %s", shown);
        free(shown);
    }
    recipe->gateway = xstrdup(gateway ? gateway : "local");
    v = value_get(tree, "script");
    const char *script = value_text(v);
    recipe->script_pos = v ? v->pos : tree->pos;
    if (script && !path_is_safe(script)) {
        char *shown = key_shown(v);
        problem_add(problems, v->pos,
                    "'script' takes a file beside the recipe or below, found "
                    "%s",
                    shown);
        free(shown);
    }
    recipe->script = xstrdup(script);
    v = value_get(tree, "route");
    recipe->route_pos = v ? v->pos : tree->pos;
    recipe->route = xstrdup(value_text(v) ? value_text(v) : "generate");
}

static void read_gateways(struct recipe *recipe, const struct value *tree,
                          struct problems *problems)
{
    const struct value *map = key_get(tree, "gateways");
    if (value_count(map) == 0 || map->type != VALUE_MAP)
        return;
    recipe->gateways = value_copy(map);
    for (size_t i = 0; i < map->map.n; i++)
        gateway_entry_check(map->map.members[i].key, map->map.members[i].value,
                            false, problems);
    defaults_remove(recipe->gateways);
}

static void read_limits(struct recipe *recipe, const struct value *tree,
                        struct problems *problems)
{
    struct recipe_limits *limits = &recipe->limits;
    *limits = (struct recipe_limits){.budget = -1,
                                     .timeout_ms = TIMEOUT_MS,
                                     .unknown_wait_ms = UNKNOWN_WAIT_MS};
    const struct value *map = key_get(tree, "limits");
    size_t before = problems->errors;
    if (!map || map->type != VALUE_MAP ||
        !keys_check(map, &keys_of_limits, problems) ||
        problems->errors != before)
        return;
    limits->in_flight = (int)value_integer(value_get(map, "in_flight"), 0);
    if (value_get(map, "budget"))
        key_credits(value_get(map, "budget"), &limits->budget);
    if (value_get(map, "timeout"))
        key_duration(value_get(map, "timeout"), &limits->timeout_ms);
    if (value_get(map, "cell_timeout"))
        key_duration(value_get(map, "cell_timeout"), &limits->cell_timeout_ms);
    if (value_get(map, "run_timeout"))
        key_duration(value_get(map, "run_timeout"), &limits->run_timeout_ms);
    if (value_get(map, "unknown_wait"))
        key_duration(value_get(map, "unknown_wait"), &limits->unknown_wait_ms);
    if (value_get(map, "memory"))
        key_size(value_get(map, "memory"), &limits->memory);
    if (value_get(map, "instructions"))
        key_steps(value_get(map, "instructions"), &limits->instructions);
}

// Needs the axes: the default name holds them all.
static void read_outputs(struct recipe *recipe, const struct value *tree,
                         struct problems *problems)
{
    const struct value *map = key_get(tree, "outputs");
    if (map && map->type == VALUE_MAP)
        keys_check(map, &keys_of_outputs, problems);
    const char *dir = value_get_text(map, "dir");
    const char *fault = dir ? name_fault(dir) : NULL;
    if (dir && dir[0] == '~')
        fault = "is not read as your home; it lies below the folder that holds "
                ".tarmac";
    if (fault)
        problem_add(problems, value_get(map, "dir")->pos, "'%s' %s", dir,
                    fault);
    recipe->out_dir = xstrdup(dir ? dir : "out");
    recipe->embed = value_truth(value_get(map, "embed"), true);
    const char *name = value_get_text(map, "name");
    const struct value *sweep = value_get(tree, "sweep");
    recipe->out_name_pos = name    ? value_get(map, "name")->pos
                           : sweep ? sweep->pos
                                   : tree->pos;
    if (name && strlen(name) > NAME_TOTAL_MAX)
        problem_add(problems, recipe->out_name_pos,
                    "'name' is longer than %d bytes", NAME_TOTAL_MAX);
    recipe->out_name = name ? xstrdup(name) : name_default(recipe);
}

static void read_request(struct recipe *recipe, const struct value *tree,
                         struct problems *problems)
{
    const struct value *map = key_get(tree, "request");
    bool given = map && map->type == VALUE_MAP;
    recipe->request = given ? value_copy(map) : value_map();
    if (given)
        fields_check_shape(map, problems);
    else
        recipe->request->pos = tree->pos;
}

// A field that a column sets is no template any more: its first point stands in
// for it. A column below a field that is no map would hide it.
static void settle_field(struct recipe *recipe, const struct column *column,
                         struct problems *problems)
{
    const char *dot = column->name;
    while ((dot = strchr(dot + 1, '.'))) {
        char *parent = xstrndup(column->name, (size_t)(dot - column->name));
        const struct value *v = value_get_path(recipe->request, parent);
        if (v && v->type != VALUE_MAP && v->type != VALUE_NULL)
            problem_add(problems, column->pos,
                        "the request's '%s' is %s: '%s' cannot be set", parent,
                        value_type_name(v->type), column->name);
        free(parent);
    }
    value_set_path(recipe->request, column->name,
                   value_copy(column->points[0]));
}

static void settle_fields(struct recipe *recipe, struct problems *problems)
{
    for (size_t i = 0; i < recipe->n_axes; i++) {
        const struct axis *axis = &recipe->axes[i];
        for (size_t k = 0; k < axis->n_columns; k++) {
            if (axis->columns[k].is_field)
                settle_field(recipe, &axis->columns[k], problems);
        }
    }
}

static void check_shape(const void *arg, const struct value *request,
                        struct problems *problems)
{
    (void)arg;
    fields_check_shape(request, problems);
}

// What only shows when everything is put together: variables, loops, types of
// resolved fields, names. `fields`, `cells`: nothing is wrong so far with the
// request's fields, and with all that makes cells and names.
static void check_whole(struct recipe *recipe, const struct value *tree,
                        const struct recipe_given *given, bool fields,
                        bool cells, struct problems *problems)
{
    bool named = value_get_text(value_get(tree, "outputs"), "name");
    struct value *name = value_str(recipe->out_name);
    name->pos = recipe->out_name_pos;
    bool known = variables_check(recipe, tree, name, problems);
    settle_fields(recipe, problems);
    struct sweep_readers readers = {
        .name = named ? name : NULL,
        .exclude = value_get(value_get(tree, "sweep"), "exclude"),
    };
    sweep_check_use(recipe, &readers, problems);
    value_free(name);
    if (!known || !cells)
        return;
    size_t before = problems->errors;
    variables_check_fields(recipe, problems);
    bool resolved = problems->errors == before;
    before = problems->errors;
    sweep_count(recipe, problems);
    if (problems->errors > before)
        return;
    struct request_check check = {.check = check_shape};
    if (fields && resolved)
        cells_vary(recipe, &check, problems);
    if (!given->count)
        names_check(recipe, given->names, problems);
}

struct recipe *recipe_read(const struct value *tree,
                           const struct recipe_given *given,
                           struct problems *problems)
{
    static const struct recipe_given nothing = {0};
    if (!given)
        given = &nothing;
    size_t before = problems->errors;
    if (!check_format(tree, problems))
        return NULL;
    struct recipe *recipe = xcalloc(1, sizeof(*recipe));
    recipe->exprs = given->exprs;
    keys_check(tree, &keys_of_recipe, problems);
    read_name(recipe, tree, problems);
    read_texts(recipe, tree, problems);
    read_limits(recipe, tree, problems);
    retry_read(recipe, tree, problems);
    read_gateways(recipe, tree, problems);
    size_t request = problems->errors;
    read_request(recipe, tree, problems);
    size_t parts = problems->errors;
    params_read(recipe, key_get(tree, "params"), given->params, given->n_params,
                problems);
    const struct value *sweep = key_get(tree, "sweep");
    sweep_read(recipe, sweep && sweep->type == VALUE_MAP ? sweep : NULL,
               problems);
    read_outputs(recipe, tree, problems);
    params_check_axes(recipe, problems);
    check_whole(recipe, tree, given, request == parts,
                problems->errors == parts, problems);
    if (problems->errors == before)
        return recipe;
    recipe_free(recipe);
    return NULL;
}

void recipe_free(struct recipe *recipe)
{
    if (!recipe)
        return;
    sweep_free(recipe);
    free(recipe->name);
    free(recipe->about);
    free(recipe->gateway);
    free(recipe->script);
    free(recipe->route);
    value_free(recipe->params);
    value_free(recipe->request);
    value_free(recipe->gateways);
    free(recipe->out_dir);
    free(recipe->out_name);
    free(recipe);
}
