#include "cli/about.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/load.h"
#include "cli/named.h"
#include "cli/recipe_name.h"
#include "report/summary.h"

static bool is_yaml(const char *word)
{
    const char *dot = strrchr(word, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int of_recipe(const struct options *options, const char *word,
                     struct about *about)
{
    struct recipe_named named;
    int code = recipe_name_read(word, options, &named);
    if (code == EXIT_ALL_DELIVERED)
        about->scope.recipe = about->recipe = xstrdup(named.name);
    recipe_named_free(&named);
    return code;
}

static int of_purchase(struct named *named, struct about *about)
{
    const struct value *row;
    named->matches = value_list();
    int code = named_find(named, &row);
    if (row)
        about->scope.purchase = value_integer(value_get(row, "purchase"), -1);
    value_free(named->matches);
    return code;
}

int about_read(const struct options *options, const struct state *state,
               struct ledger *ledger, char *word, struct about *about)
{
    struct err err = {0};
    bool is_file = path_exists(word), yaml = is_yaml(word);
    *about = (struct about){0};
    if (is_file ? yaml : recipe_is_known(ledger, word, &err))
        return of_recipe(options, word, about);
    if (err.kind != ERR_NONE && (yaml || err.kind != ERR_USAGE))
        return load_say_err(&err, options->json);
    return of_purchase(
        &(struct named){
            .options = options, .word = word, .state = state, .ledger = ledger},
        about);
}

void about_free(struct about *about)
{
    free(about->recipe);
    *about = (struct about){0};
}
