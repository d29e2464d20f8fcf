#include "cli/recipe_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/state.h"
#include "data/yaml.h"
#include "ledger/list.h"
#include "report/summary.h"
#include "script/expr.h"

// The name of the recipe in `file`; NULL after saying what is wrong.
static char *name_in(const char *file, const struct options *options, int *code)
{
    struct err err = {0};
    struct problems problems;
    problems_init(&problems, file);
    size_t len;
    char *name = NULL;
    char *text = file_read(file, YAML_BYTES_MAX, &len, &err);
    struct value *tree = text ? yaml_read(text, len, &problems) : NULL;
    char *dir = folder_of(file);
    struct sources sources = {0};
    struct options alone = *options; // the words behind it are no overrides
    alone.n_words = 1;
    bool whole =
        tree && sources_read(&tree, file, dir, &alone, &sources, &problems);
    struct exprs *exprs = exprs_new();
    struct recipe_given given = {.exprs = exprs_table(exprs)};
    struct recipe *recipe = whole ? recipe_read(tree, &given, &problems) : NULL;
    sources_free(&sources);
    if (recipe)
        name = xstrdup(recipe->name);
    else if (!text)
        err.kind = ERR_RECIPE;
    if (!recipe)
        *code = load_say(&problems, &err, options->json);
    recipe_free(recipe);
    exprs_free(exprs);
    value_free(tree);
    free(dir);
    free(text);
    problems_free(&problems);
    return name;
}

struct names {
    char **list;
    size_t n;
};

static void on_name(void *arg, const struct value *row)
{
    struct names *names = arg;
    names->list = xreallocarray(names->list, names->n + 1, sizeof(char *));
    names->list[names->n++] = xstrdup(value_get_text(row, "recipe"));
}

// A word that is no file is the name of a recipe that was run, else a mistake.
bool recipe_is_known(struct ledger *ledger, const char *word, struct err *err)
{
    struct names names = {0};
    bool ok = ledger_list_recipes(ledger, on_name, &names, err);
    bool known = false;
    for (size_t i = 0; i < names.n; i++)
        known |= strcmp(names.list[i], word) == 0;
    if (ok && !known) {
        const char *near =
            text_nearest(word, (const char *const *)names.list, names.n);
        err_set(err, ERR_USAGE,
                "%s is neither a recipe's file nor the name of one that was "
                "run here%s%s%s; see: tarmac status",
                word, near ? " (did you mean '" : "", near ? near : "",
                near ? "'?)" : "");
    }
    for (size_t i = 0; i < names.n; i++)
        free(names.list[i]);
    free(names.list);
    return ok && known;
}

int recipe_name_read(const char *word, const struct options *options,
                     struct recipe_named *named)
{
    int code = EXIT_ALL_DELIVERED;
    *named = (struct recipe_named){.is_file = word && path_exists(word)};
    if (named->is_file) {
        named->dir = folder_of(word);
        named->name = name_in(word, options, &code);
    } else {
        named->name = xstrdup(word);
    }
    return code;
}

void recipe_named_free(struct recipe_named *named)
{
    free(named->name);
    free(named->dir);
    *named = (struct recipe_named){0};
}
