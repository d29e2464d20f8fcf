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
#include "cli/state.h"
#include "cli/stuck.h"
#include "data/json.h"
#include "data/yaml.h"
#include "engine/route.h"
#include "report/events.h"
#include "report/summary.h"

#define SCRIPT_BYTES_MAX (1u << 20)
#define CONTEXT_BYTES_MAX (256u << 20) // a tree as JSON
#define LUA_BYTECODE "\x1b"            // a compiled script begins so

static void say_problem_json(const struct problems *p, const struct problem *at)
{
    struct value *v =
        event_message(at->warning ? "warning" : "error", at->text);
    value_set(v, "file", value_str(p->file));
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

// A local file that one field names, before a cell asks for it.
static void check_file(const struct loaded *loaded, const char *field,
                       const struct value *v, struct problems *problems)
{
    const char *name = value_text(v);
    if (!name || strstr(name, "${") || strstr(name, "://") ||
        text_starts(name, "data:"))
        return;
    struct err err;
    char *path = NULL;
    if (!path_below(loaded->dir, name, &path, &err))
        problem_add(problems, v->pos, "'%s': %s", field, err.text);
    else if (!path)
        problem_add(problems, v->pos,
                    "'%s': there is no %s beside the recipe; a file lies "
                    "there or below, or is a URL",
                    field, name);
    else if (path_is_dir(path))
        problem_add(problems, v->pos, "'%s': %s is a directory", field, name);
    free(path);
}

static void check_files(const struct loaded *loaded, struct problems *problems)
{
    static const char *const fields[] = {"image", "last_image", "video",
                                         "character_video"};
    const struct recipe *recipe = loaded->recipe;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        bool swept = false;
        for (size_t a = 0; a < recipe->n_axes; a++) {
            const struct axis *axis = &recipe->axes[a];
            if (strcmp(axis->name, fields[i]) != 0)
                continue;
            swept = true;
            for (size_t p = 0; p < axis->n; p++)
                check_file(loaded, fields[i], axis->points[p], problems);
        }
        const struct value *v = value_get_path(recipe->request, fields[i]);
        if (!swept && v)
            check_file(loaded, fields[i], v, problems);
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
        .lua_dir = options->lua_dir,
        .dry = true,
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

// What decides, besides its modules, what the script asks for.
static void make_context(struct loaded *loaded)
{
    struct hash *hash = hash_new();
    add_tree(hash, loaded->tree);
    if (loaded->recipe->params)
        add_tree(hash, loaded->recipe->params);
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
    loaded->recipe =
        recipe_read(loaded->tree, options->params, options->n_params, problems);
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
    return problems->errors == 0 &&
           (!loaded->script || try_script(loaded, options, err));
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
    return loaded->tree && finish(options, loaded, problems, err);
}

bool load_tree(struct value *tree, const struct options *options,
               struct loaded *loaded, struct problems *problems,
               struct err *err)
{
    *loaded = (struct loaded){.tree = tree, .dir = path_absolute(".")};
    err->kind = ERR_NONE;
    return finish(options, loaded, problems, err);
}

void loaded_free(struct loaded *loaded)
{
    stuck_unwatch();
    gateway_clear(&loaded->gateway);
    dialects_free(loaded->dialects);
    recipe_free(loaded->recipe);
    config_free(&loaded->config);
    value_free(loaded->tree);
    free(loaded->script);
    free(loaded->script_name);
    free(loaded->traceback);
    free(loaded->dir);
    *loaded = (struct loaded){0};
}
