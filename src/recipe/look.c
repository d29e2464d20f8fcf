#include "recipe/look.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/fields.h"
#include "recipe/keys.h"
#include "recipe/variables.h"

// What an expression sees while it is tested.
struct look {
    struct scope *scope;
    const struct recipe_choice *choice;
    char *missing; // the name that is none; owned
};

static const struct value null_value = {.type = VALUE_NULL};
static const struct value group_value = {.type = VALUE_MAP};

// "motion", or "extra.a" where an axis is called "extra.a.b".
static bool is_group(const struct recipe *recipe, const char *name)
{
    size_t len = strlen(name);
    if (field_is_group(name))
        return true;
    const struct value *v = value_get_path(recipe->request, name);
    if (v && v->type == VALUE_MAP)
        return true;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        for (size_t k = 0; k < recipe->axes[i].n_columns; k++) {
            const char *column = recipe->axes[i].columns[k].name;
            if (strncmp(column, name, len) == 0 && column[len] == '.')
                return true;
        }
    }
    return false;
}

bool recipe_is_of_ratings(const char *name)
{
    return strcmp(name, "rating") == 0 || strcmp(name, "verdict") == 0;
}

static bool is_of_cells(const char *name)
{
    return strcmp(name, "take") == 0 || strcmp(name, "index") == 0;
}

static const struct recipe_ratings *ratings_of(const struct look *look)
{
    return look->choice ? look->choice->ratings : NULL;
}

static const struct value *get_rated(const struct look *look, const char *name)
{
    const struct recipe_ratings *ratings = ratings_of(look);
    if (!ratings || ratings->none)
        return NULL;
    return ratings->get(ratings->ctx, name, look->scope->picks,
                        look->scope->spot.take);
}

static const struct value *get(void *ctx, const char *name)
{
    struct look *look = ctx;
    const struct value *v = is_of_cells(name) && !look->choice
                                ? NULL
                                : scope_get(look->scope, name);
    if (!v && !look->scope->failed && recipe_is_of_ratings(name))
        v = get_rated(look, name);
    if (v || look->scope->failed)
        return v;
    if (is_group(look->scope->recipe, name))
        return &group_value;
    if (field_is_neutral(name))
        return &null_value; // it is not set
    free(look->missing);
    look->missing = xstrdup(name);
    return NULL;
}

static void say_missing(const struct look *look, struct err *err)
{
    const char *name = look->missing;
    const struct recipe_ratings *ratings = ratings_of(look);
    if (is_of_cells(name)) {
        err_set(err, ERR_RECIPE,
                "'%s' has no meaning here: cells are counted afterwards", name);
        return;
    }
    if (recipe_is_of_ratings(name) && !look->choice) {
        err_set(err, ERR_RECIPE,
                "'%s' has no meaning here: a recipe's cells do not depend on "
                "what is thought of them; --only knows it",
                name);
        return;
    }
    if (recipe_is_of_ratings(name) && ratings && ratings->none) {
        err_set(err, ERR_USAGE, "%s", ratings->none);
        return;
    }
    char *shown = key_printable(name);
    char *hint = variables_hint(look->scope->recipe, name);
    err_set(err, ERR_RECIPE, "unknown name '%s'%s", shown, hint);
    free(hint);
    free(shown);
}

int scope_test(struct scope *scope, int expr,
               const struct recipe_choice *choice, struct err *err)
{
    const struct recipe_exprs *exprs = scope->recipe->exprs;
    struct look look = {.scope = scope, .choice = choice};
    int answer = exprs->test(exprs->ctx, expr, get, &look, err);
    if (answer < 0 && scope->failed)
        *err = scope->err;
    else if (answer == -2 && look.missing)
        say_missing(&look, err);
    free(look.missing);
    return answer < 0 ? -1 : answer;
}
