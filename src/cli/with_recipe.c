#include "cli/with_recipe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/count.h"
#include "cli/from.h"
#include "cli/lock.h"
#include "cli/run.h"
#include "cli/state.h"
#include "data/yaml.h"
#include "recipe/override.h"
#include "recipe/param_help.h"
#include "report/summary.h"

// Words that are no overrides: the recipes.
static size_t count_recipes(const struct options *options)
{
    size_t n = 0;
    for (size_t i = 0; i < options->n_words; i++)
        n += i == 0 || !override_is(options->words[i]);
    return n;
}

int with_recipe(const struct options *options,
                int (*then)(struct loaded *, const struct options *))
{
    if (count_recipes(options) != 1) {
        log_error("%s takes one recipe, for example: tarmac %s "
                  "recipes/orbit.yaml",
                  options->argv[1], options->argv[1]);
        return EXIT_USAGE;
    }
    if (lock_is_named_so(options->words[0])) {
        log_error("%s is a lock: name the recipe that it stands beside",
                  options->words[0]);
        return EXIT_USAGE;
    }
    if (ratings_are_named_so(options->words[0])) {
        log_error("%s are ratings: name the recipe, and --ratings",
                  options->words[0]);
        return EXIT_USAGE;
    }
    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, options->words[0]);
    bool ok = load_recipe(options->words[0], options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (ok)
        code = then(&loaded, options);
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

int run_command(const struct options *options)
{
    if (options->from)
        return from_command(options);
    return with_recipe(options, run_loaded);
}

int plan_command(const struct options *options)
{
    return with_recipe(options, options->count ? count_loaded : plan_loaded);
}

// As recipes/*.yaml names it, too.
static int check_lock(const char *file, const struct options *options)
{
    int code = EXIT_ALL_DELIVERED;
    struct lock *lock = lock_load(file, options->json, &code);
    if (lock && !options->json)
        printf("%s: ok\n", file);
    fflush(stdout);
    lock_free(lock);
    return code;
}

static int check_ratings(const char *file, const struct options *options)
{
    struct problems problems;
    struct err err;
    problems_init(&problems, file);
    bool ok = ratings_check(file, &problems, &err);
    int code = load_say(&problems, &err, options->json);
    if (ok && !options->json)
        printf("%s: ok\n", file);
    fflush(stdout);
    problems_free(&problems);
    return code;
}

static int check_one(const char *file, const struct options *options)
{
    if (lock_is_named_so(file))
        return check_lock(file, options);
    if (ratings_are_named_so(file))
        return check_ratings(file, options);
    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, file);
    load_recipe(file, options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (code == EXIT_ALL_DELIVERED && !options->json)
        printf("%s: ok\n", file);
    fflush(stdout); // in order with what is said on stderr
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

int check_command(const struct options *options)
{
    if (options->n_words == 0) {
        log_error("check takes recipes, for example: tarmac check "
                  "recipes/*.yaml");
        return EXIT_USAGE;
    }
    size_t n = count_recipes(options);
    if (n > 1 && n < options->n_words) {
        log_error("check changes one recipe at a time, for example: tarmac "
                  "check recipes/orbit.yaml seconds=10");
        return EXIT_USAGE;
    }
    int worst = EXIT_ALL_DELIVERED;
    for (size_t i = 0; i < n; i++) {
        int code = check_one(options->words[i], options);
        if (code != EXIT_ALL_DELIVERED)
            worst = code;
    }
    return worst;
}

int recipe_help(const struct options *options)
{
    struct problems problems;
    struct err err;
    const char *file = options->words[0];
    size_t len;
    problems_init(&problems, file);
    char *dir = folder_of(file);
    char *text = file_read(file, YAML_BYTES_MAX, &len, &err);
    struct value *tree = text ? yaml_read(text, len, &problems) : NULL;
    if (tree)
        sources_include(&tree, file, dir, &problems);
    if (tree) {
        struct buf out;
        buf_init(&out, 1 << 20);
        param_help(tree, &out);
        fputs(out.len ? out.data : "", stdout);
        buf_free(&out);
    }
    err.kind = text ? ERR_NONE : ERR_RECIPE;
    int code = load_say(&problems, &err, options->json);
    value_free(tree);
    free(text);
    free(dir);
    problems_free(&problems);
    return code;
}
