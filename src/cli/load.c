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
#include "data/json.h"
#include "data/yaml.h"
#include "report/events.h"

#define SCRIPT_BYTES_MAX (1u << 20)

int exit_code_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return EXIT_ALL_DELIVERED;
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_RECIPE:
    case ERR_FORMAT:
        return EXIT_RECIPE;
    case ERR_GATEWAY:
        return EXIT_REFUSED;
    case ERR_NET:
        return EXIT_NOT_DELIVERED;
    case ERR_DISK:
        return EXIT_DISK;
    case ERR_DEFECT:
        return EXIT_DEFECT;
    }
    return EXIT_DEFECT;
}

static void say_problem_json(const struct problems *p, const struct problem *at)
{
    struct value *v =
        event_message(at->warning ? "warning" : "error", at->text);
    value_set(v, "file", value_str(p->file));
    value_set(v, "line", value_int(at->pos.line));
    value_set(v, "column", value_int(at->pos.col));
    event_say(v);
}

int load_say(const struct problems *problems, const struct err *err, bool json)
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
    if (problems->errors > 0)
        return EXIT_RECIPE;
    if (err->kind == ERR_NONE)
        return EXIT_ALL_DELIVERED;
    if (json)
        event_say(event_message("error", err->text));
    else
        log_error("%s", err->text);
    return exit_code_of(err->kind);
}

// The recipe's script, from beside it; one that leads elsewhere is refused.
static void read_script(struct loaded *loaded, struct problems *problems)
{
    const struct recipe *recipe = loaded->recipe;
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
    free(path);
}

static void check_files(const struct loaded *loaded, struct problems *problems)
{
    static const char *const fields[] = {"image", "last_image"};
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
              script_try(script, err);
    script_free(script);
    return ok;
}

static bool finish(const struct options *options, struct loaded *loaded,
                   struct problems *problems, struct err *err)
{
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
    if (!loaded->recipe)
        return false;
    read_script(loaded, problems);
    loaded->dialects = dialects_new(options->lua_dir, err);
    if (!loaded->dialects)
        return false;
    const char *name =
        options->gateway ? options->gateway : loaded->recipe->gateway;
    if (!gateway_resolve(name, &loaded->config, loaded->recipe, loaded->dir,
                         loaded->dialects, &loaded->gateway, problems, err))
        return false;
    const struct dialect *dialect = loaded->gateway.dialect;
    const struct field_table *table = dialect->fields(dialect->ctx, "generate");
    // A script may complete what the recipe's request leaves open.
    if (table && !loaded->recipe->script)
        recipe_check(loaded->recipe, table, problems);
    check_files(loaded, problems);
    return problems->errors == 0 &&
           (!loaded->script || try_script(loaded, options, err));
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
        if (path_is_dir(file))
            err_set(err, ERR_RECIPE,
                    "%s is a directory; name the recipes in it", file);
        err->kind = ERR_RECIPE;
        return false;
    }
    char *absolute = path_absolute(file);
    loaded->dir = path_dir(absolute);
    free(absolute);
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
    gateway_clear(&loaded->gateway);
    dialects_free(loaded->dialects);
    recipe_free(loaded->recipe);
    config_free(&loaded->config);
    value_free(loaded->tree);
    free(loaded->script);
    free(loaded->script_name);
    free(loaded->dir);
    *loaded = (struct loaded){0};
}
