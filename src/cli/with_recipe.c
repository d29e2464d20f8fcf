#include "cli/with_recipe.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/run.h"
#include "report/summary.h"

static int with_recipe(const struct options *options,
                       int (*then)(struct loaded *, const struct options *))
{
    if (options->n_words > 1 && strchr(options->words[1], '=')) {
        log_error("%s takes no fields beside the recipe: write '%s' into it, "
                  "or give it params and say -p NAME=VALUE",
                  options->argv[1], options->words[1]);
        return EXIT_USAGE;
    }
    if (options->n_words != 1) {
        log_error("%s takes one recipe, for example: tarmac %s "
                  "recipes/orbit.yaml",
                  options->argv[1], options->argv[1]);
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
    return with_recipe(options, run_loaded);
}

int plan_command(const struct options *options)
{
    return with_recipe(options, plan_loaded);
}

static int check_one(const char *file, const struct options *options)
{
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
    int worst = EXIT_ALL_DELIVERED;
    for (size_t i = 0; i < options->n_words; i++) {
        int code = check_one(options->words[i], options);
        if (code != EXIT_ALL_DELIVERED)
            worst = code;
    }
    return worst;
}
