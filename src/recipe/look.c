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
    bool counted;
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

static const struct value *get(void *ctx, const char *name)
{
    struct look *look = ctx;
    bool late = strcmp(name, "take") == 0 || strcmp(name, "index") == 0;
    const struct value *v =
        late && !look->counted ? NULL : scope_get(look->scope, name);
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
    if (strcmp(name, "take") == 0 || strcmp(name, "index") == 0) {
        err_set(err, ERR_RECIPE,
                "'%s' has no meaning here: cells are counted afterwards", name);
        return;
    }
    char *shown = key_printable(name);
    char *hint = variables_hint(look->scope->recipe, name);
    err_set(err, ERR_RECIPE, "unknown name '%s'%s", shown, hint);
    free(hint);
    free(shown);
}

int scope_test(struct scope *scope, int expr, bool counted, struct err *err)
{
    const struct recipe_exprs *exprs = scope->recipe->exprs;
    struct look look = {.scope = scope, .counted = counted};
    int answer = exprs->test(exprs->ctx, expr, get, &look, err);
    if (answer < 0 && scope->failed)
        *err = scope->err;
    else if (answer == -2 && look.missing)
        say_missing(&look, err);
    free(look.missing);
    return answer < 0 ? -1 : answer;
}
