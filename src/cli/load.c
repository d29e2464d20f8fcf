#include "cli/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/gateways.h"
#include "cli/names_db.h"
#include "cli/state.h"
#include "cli/stuck.h"
#include "data/json.h"
#include "data/yaml.h"
#include "engine/route.h"
#include "recipe/param.h"
#include "recipe/template.h"
#include "report/events.h"
#include "report/summary.h"
#include "script/expr.h"

#define SCRIPT_BYTES_MAX (1u << 20)
#define CONTEXT_BYTES_MAX (256u << 20) // a tree as JSON
#define IN_FLIGHT_DEFAULT 4
#define LUA_BYTECODE "\x1b" // a compiled script begins so

static void say_problem_json(const struct problems *p, const struct problem *at)
{
    struct value *v =
        event_message(at->warning ? "warning" : "error", at->text);
    value_set(v, "file", value_str(problems_file_name(p, at->pos)));
    value_set(v, "line", value_int(at->pos.line));
    value_set(v, "column", value_int(at->pos.col));
    event_say(v);
}

void load_say_traceback(const char *lines)
{
    struct buf out;
    buf_init(&out, 8192);
    traceback_text(lines, &out);
    fputs(out.data, stderr);
    buf_free(&out);
}

static void say_err(const struct err *err, const char *traceback, bool json)
{
    if (json) {
        struct value *event = event_message("error", err->text);
        event_traceback(event, traceback);
        event_say(event);
        return;
    }
    log_error("%s", err->text);
    if (traceback)
        load_say_traceback(traceback);
}

static int say(const struct problems *problems, const struct err *err,
               const char *traceback, bool json)
{
    if (json) {
        for (size_t i = 0; i < problems->n; i++)
            say_problem_json(problems, &problems->items[i]);
    } else {
        struct buf out;
        buf_init(&out, 1 << 20);
        problems_write(problems, &out);
        fputs(out.data, stderr);
        buf_free(&out);
    }
    if (err->kind != ERR_NONE)
        say_err(err, traceback, json);
    return problems->errors > 0 ? EXIT_RECIPE : exit_code_of(err->kind);
}

int load_say(const struct problems *problems, const struct err *err, bool json)
{
    return say(problems, err, NULL, json);
}

int load_say_err(const struct err *err, bool json)
{
    say_err(err, NULL, json);
    return exit_code_of(err->kind);
}

int loaded_say(const struct loaded *loaded, const struct problems *problems,
               const struct err *err, bool json)
{
    return say(problems, err, loaded->traceback, json);
}

// The script of `recipe`, from beside it; one that leads elsewhere is refused.
static void read_script(struct loaded *loaded, const struct recipe *recipe,
                        struct problems *problems)
{
    if (!recipe->script)
        return;
    struct err err;
    char *path;
    bool below = path_below(loaded->dir, recipe->script, &path, &err);
    if (below && !path)
        err_set(&err, ERR_RECIPE, "there is no %s beside the recipe",
                recipe->script);
    else if (below)
        loaded->script =
            file_read(path, SCRIPT_BYTES_MAX, &loaded->script_len, &err);
    if (!loaded->script)
        problem_add(problems, recipe->script_pos, "script: %s", err.text);
    else if (memchr(loaded->script, '\0', loaded->script_len) ||
             text_starts(loaded->script, LUA_BYTECODE))
        problem_add(problems, recipe->script_pos,
                    "script: %s is no text, as a script must be",
                    recipe->script);
    loaded->script_name = xstrdup(recipe->script);
    free(path);
}

static const char *const *files_of(const struct loaded *loaded)
{
    return (const char *const *)loaded->sources.files;
}

static bool check_points(const struct loaded *loaded, const char *field,
                         struct problems *problems)
{
    const struct recipe *recipe = loaded->recipe;
    bool swept = false;
    for (size_t a = 0; a < recipe->n_axes; a++) {
        const struct axis *axis = &recipe->axes[a];
        for (size_t c = 0; c < axis->n_columns; c++) {
            if (strcmp(axis->columns[c].name, field) != 0)
                continue;
            swept = true;
            for (size_t p = 0; p < axis->n_all; p++)
                sources_check_file(loaded->dir, files_of(loaded), field,
                                   axis->columns[c].points[p], problems);
        }
    }
    return swept;
}

// Local files that fields and parameters name, before a cell asks for them.
static void check_files(const struct loaded *loaded, struct problems *problems)
{
    static const char *const fields[] = {"image", "last_image", "video",
                                         "character_video"};
    const struct recipe *recipe = loaded->recipe;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const struct value *v = value_get_path(recipe->request, fields[i]);
        if (!check_points(loaded, fields[i], problems) && v)
            sources_check_file(loaded->dir, files_of(loaded), fields[i], v,
                               problems);
    }
    for (size_t i = 0; i < value_count(recipe->params); i++) {
        const struct value_member *param = &recipe->params->map.members[i];
        if (param_is_file(loaded->tree, param->key))
            sources_check_file(loaded->dir, files_of(loaded), param->key,
                               param->value, problems);
    }
}

// What is wrong with the script is known before anything is opened or bought.
static bool try_script(struct loaded *loaded, const struct options *options,
                       struct err *err)
{
    struct script_config config = {
        .clock = &clock_system,
        .recipe = loaded->recipe,
        .gateway = &loaded->gateway,
        .recipe_dir = loaded->dir,
        .files = files_of(loaded),
        .lua_dir = options->lua_dir,
    };
    struct script *script = script_new(&config, err);
    bool ok = script &&
              script_load(script, loaded->script, loaded->script_len,
                          loaded->script_name, err) &&
              script_try(script, &loaded->traceback, err);
    script_free(script);
    return ok;
}

// What else is wrong with a recipe that was refused: its gateway, its script,
// and what the gateway does not take. `problems` has all that was found so far.
static void check_rest(const struct options *options, struct loaded *loaded,
                       struct problems *problems, struct err *err)
{
    const struct value *v = value_get(loaded->tree, "gateway");
    const struct value *script = value_get(loaded->tree, "script");
    const char *name = value_text(v), *file = value_text(script);
    struct recipe part = {
        .gateway = xstrdup(name ? name : "local"),
        .gateways = (struct value *)value_get(loaded->tree, "gateways"),
        .script = xstrdup(file && path_is_safe(file) ? file : NULL),
    };
    if (v)
        part.gateway_pos = v->pos;
    if (script)
        part.script_pos = script->pos;
    read_script(loaded, &part, problems);
    struct problems of_gateway;
    problems_init(&of_gateway, problems->file);
    if (gateway_resolve(options->gateway ? options->gateway : part.gateway,
                        &loaded->config, &part, loaded->dir, loaded->dialects,
                        &loaded->gateway, &of_gateway, err)) {
        const char *route = value_get_text(loaded->tree, "route");
        struct field_table table;
        struct err none;
        if (route_fields(&loaded->gateway, route ? route : "generate", &table,
                         &none))
            recipe_check_tree(loaded->tree, &table, problems);
    }
    problems_add_new(problems, &of_gateway);
    problems_free(&of_gateway);
    free(part.gateway);
    free(part.script);
}

static void add_part(struct hash *hash, const char *bytes, size_t len)
{
    char *size = xasprintf("%zu:", len); // where it ends
    hash_add(hash, size, strlen(size));
    hash_add(hash, bytes, len);
    free(size);
}

static void add_tree(struct hash *hash, const struct value *tree)
{
    struct buf out;
    buf_init(&out, CONTEXT_BYTES_MAX);
    json_canonical(tree, &out);
    add_part(hash, out.data, out.len);
    buf_free(&out);
}

// What decides, besides its modules, what the script asks for. A tree is hashed
// whatever the order of its keys: that of the axes numbers the cells.
static void make_context(struct loaded *loaded)
{
    const struct recipe *recipe = loaded->recipe;
    struct hash *hash = hash_new();
    add_part(hash, recipe->name, strlen(recipe->name));
    for (size_t i = 0; i < recipe->n_axes; i++)
        add_part(hash, recipe->axes[i].name, strlen(recipe->axes[i].name));
    add_tree(hash, loaded->tree);
    if (recipe->params)
        add_tree(hash, recipe->params);
    add_part(hash, loaded->script, loaded->script_len);
    add_part(hash, loaded->gateway.identity, strlen(loaded->gateway.identity));
    hash_end(hash, loaded->context);
}

// The recipe's request, as its route takes it.
static void check_route(const struct loaded *loaded, struct problems *problems)
{
    const struct recipe *recipe = loaded->recipe;
    struct field_table table;
    struct err err;
    if (!route_fields(&loaded->gateway, recipe->route, &table, &err))
        problem_add(problems, recipe->route_pos, "%s", err.text);
    else if (!recipe->script) // which may complete what is left open
        recipe_check(recipe, &table, problems);
}

static void read_whole(const struct options *options, struct loaded *loaded,
                       struct problems *problems)
{
    struct names_db *names = names_db_new();
    loaded->exprs = exprs_new();
    struct recipe_given given = {
        .params = loaded->sources.params,
        .n_params = loaded->sources.n_params,
        .exprs = exprs_table(loaded->exprs),
        .names = names_db_table(names),
        .count = options->count,
    };
    loaded->recipe = recipe_read(loaded->tree, &given, problems);
    names_db_free(names);
}

static void remove_templates(const struct value *v)
{
    struct value *map = (struct value *)v;
    for (size_t i = v && v->type == VALUE_MAP ? v->map.n : 0; i-- > 0;) {
        const struct value_member *member = &map->map.members[i];
        if (member->value->type == VALUE_MAP)
            remove_templates(member->value);
        else if (template_any(member->value))
            value_remove(map, member->key);
    }
}

// Without its files of rows nothing is known of a recipe's axes: what is wrong
// with all that does not depend on them.
static void check_without_rows(const struct loaded *loaded,
                               struct problems *problems)
{
    struct recipe_given given = {
        .params = loaded->sources.params,
        .n_params = loaded->sources.n_params,
    };
    struct value *rest = value_copy(loaded->tree);
    struct value *outputs = (struct value *)value_get(rest, "outputs");
    value_remove(rest, "sweep");
    if (value_get(outputs, "name"))
        value_remove(outputs, "name");
    remove_templates(value_get(rest, "request"));
    recipe_free(recipe_read(rest, &given, problems));
    value_free(rest);
}

struct recipe_choice load_choice(const struct options *options,
                                 const struct loaded *loaded)
{
    return (struct recipe_choice){.only = options->only,
                                  .first = options->first,
                                  .ratings = ratings_table(loaded->ratings)};
}

char *load_beside(const char *recipe_file, const char *ending)
{
    size_t len = text_stem(recipe_file, ".yaml");
    if (len == 0)
        len = text_stem(recipe_file, ".yml");
    if (len == 0)
        len = strlen(recipe_file);
    return xasprintf("%.*s%s", (int)len, recipe_file, ending);
}

static bool finish(const struct options *options, struct loaded *loaded,
                   struct problems *problems, struct err *err)
{
    stuck_watch(options);
    struct problems of_config;
    problems_init(&of_config, "config.yaml");
    bool ok = config_read(&loaded->config, &of_config, err);
    if (!ok && err->kind == ERR_NONE) {
        problems_free(problems); // the configuration's come first, alone
        *problems = of_config;
        return false;
    }
    problems_free(&of_config);
    if (!ok)
        return false;
    read_whole(options, loaded, problems);
    loaded->dialects = dialects_new(options->lua_dir, err);
    if (!loaded->dialects)
        return false;
    if (!loaded->recipe) {
        int64_t format = value_integer(value_get(loaded->tree, "tarmac"), 0);
        if (loaded->tree->type == VALUE_MAP && format <= RECIPE_FORMAT)
            check_rest(options, loaded, problems, err);
        return false;
    }
    read_script(loaded, loaded->recipe, problems);
    const char *name =
        options->gateway ? options->gateway : loaded->recipe->gateway;
    if (!gateway_resolve(name, &loaded->config, loaded->recipe, loaded->dir,
                         loaded->dialects, &loaded->gateway, problems, err))
        return false;
    check_route(loaded, problems);
    check_files(loaded, problems);
    if (loaded->script)
        make_context(loaded);
    return problems->errors == 0 && (!loaded->script || options->count ||
                                     try_script(loaded, options, err));
}

// Why the file cannot be read is in `err`: what may have been meant instead.
static void say_unread(const char *file, struct err *err)
{
    char *yaml = xasprintf("%s.yaml", file);
    if (path_is_dir(file))
        err_set(err, ERR_RECIPE, "%s is a directory; name the recipes in it",
                file);
    else if (!path_exists(file) && path_exists(yaml))
        err_set(err, ERR_RECIPE, "there is no %s; did you mean %s?", file,
                yaml);
    err->kind = ERR_RECIPE;
    free(yaml);
}

bool load_recipe(const char *file, const struct options *options,
                 struct loaded *loaded, struct problems *problems,
                 struct err *err)
{
    *loaded = (struct loaded){0};
    err->kind = ERR_NONE;
    size_t len;
    char *text = file_read(file, YAML_BYTES_MAX, &len, err);
    if (!text) {
        say_unread(file, err);
        return false;
    }
    loaded->dir = folder_of(file);
    loaded->tree = yaml_read(text, len, problems);
    free(text);
    bool whole =
        loaded->tree && sources_read(&loaded->tree, file, loaded->dir, options,
                                     &loaded->sources, problems);
    if (loaded->sources.no_rows)
        check_without_rows(loaded, problems);
    return whole && finish(options, loaded, problems, err) &&
           ratings_read(options, loaded->recipe, file, &loaded->ratings,
                        problems, err);
}

bool load_tree(struct value *tree, const struct options *options,
               struct loaded *loaded, struct problems *problems,
               struct err *err)
{
    *loaded =
        (struct loaded){.made = true, .tree = tree, .dir = path_absolute(".")};
    err->kind = ERR_NONE;
    return finish(options, loaded, problems, err) &&
           ratings_read(options, loaded->recipe, NULL, &loaded->ratings,
                        problems, err);
}

bool load_tree_scripted(struct value *tree, char *script, size_t len,
                        const char *name, const struct options *options,
                        struct loaded *loaded, struct problems *problems,
                        struct err *err)
{
    *loaded = (struct loaded){.made = true,
                              .tree = tree,
                              .dir = path_absolute("."),
                              .script = script,
                              .script_len = len,
                              .script_name = xstrdup(name)};
    err->kind = ERR_NONE;
    return finish(options, loaded, problems, err);
}

void loaded_free(struct loaded *loaded)
{
    stuck_unwatch();
    gateway_clear(&loaded->gateway);
    dialects_free(loaded->dialects);
    ratings_free(loaded->ratings);
    recipe_free(loaded->recipe);
    exprs_free(loaded->exprs);
    config_free(&loaded->config);
    sources_free(&loaded->sources);
    value_free(loaded->tree);
    free(loaded->script);
    free(loaded->script_name);
    free(loaded->traceback);
    free(loaded->dir);
    *loaded = (struct loaded){0};
}

int loaded_in_flight(const struct loaded *loaded)
{
    if (loaded->recipe->limits.in_flight > 0)
        return loaded->recipe->limits.in_flight;
    if (loaded->gateway.in_flight > 0)
        return loaded->gateway.in_flight;
    return IN_FLIGHT_DEFAULT;
}
