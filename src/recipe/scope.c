#include "recipe/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/template.h"

void scope_init(struct scope *scope, const struct recipe *recipe,
                uint64_t index)
{
    *scope = (struct scope){.recipe = recipe, .index = index};
    // The last axis turns fastest, as nested loops do.
    for (size_t i = recipe->n_axes; i-- > 0;) {
        scope->picks[i] = (size_t)(index % recipe->axes[i].n);
        index /= recipe->axes[i].n;
    }
    scope->name = value_str(recipe->name);
    scope->number = value_int((int64_t)scope->index + 1);
    scope->take = value_int(1);
}

void scope_free(struct scope *scope)
{
    for (size_t i = 0; i < scope->n_done; i++)
        value_free(scope->done[i].value);
    free(scope->done);
    value_free(scope->name);
    value_free(scope->number);
    value_free(scope->take);
}

const struct value *scope_point(const struct scope *scope, size_t i)
{
    return scope->recipe->axes[i].points[scope->picks[i]];
}

static bool fail(struct scope *scope, const struct err *err)
{
    if (!scope->failed)
        scope->err = *err;
    scope->failed = true;
    return false;
}

// About what a copy of `v` takes.
static size_t weight(const struct value *v)
{
    size_t sum = sizeof(*v);
    if (v->type == VALUE_STRING)
        sum += v->string.len;
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
        sum += weight(v->list.items[i]);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
        sum += weight(v->map.members[i].value);
    return sum;
}

// A few references to references would otherwise fill the memory.
static const struct value *charge(struct scope *scope, const struct value *v)
{
    struct err err;
    if (!v)
        return NULL;
    scope->bytes += weight(v);
    if (scope->bytes <= SCOPE_BYTES_MAX)
        return v;
    err_set(&err, ERR_RECIPE, "the request becomes too large");
    fail(scope, &err);
    return NULL;
}

static const struct value *resolved(struct scope *scope,
                                    const struct value *raw)
{
    if (!template_any(raw))
        return raw;
    for (size_t i = 0; i < scope->n_done; i++) {
        if (scope->done[i].raw == raw)
            return scope->done[i].value;
    }
    struct err err;
    struct value *v = scope_apply(scope, raw, &err);
    if (!v) {
        fail(scope, &err);
        return NULL;
    }
    scope->done =
        xreallocarray(scope->done, scope->n_done + 1, sizeof(*scope->done));
    scope->done[scope->n_done++] = (struct scope_done){raw, v};
    return v;
}

static const struct value *find(struct scope *scope, const char *name)
{
    const struct recipe *recipe = scope->recipe;
    if (strcmp(name, "recipe") == 0)
        return scope->name;
    if (strcmp(name, "index") == 0)
        return scope->number;
    if (strcmp(name, "take") == 0)
        return scope->take;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (strcmp(recipe->axes[i].name, name) == 0)
            return scope_point(scope, i);
    }
    const struct value *v = value_get(recipe->params, name);
    if (v)
        return v;
    v = value_get_path(recipe->request, name);
    return v && v->type != VALUE_MAP ? resolved(scope, v) : NULL;
}

const struct value *scope_get(void *scope, const char *name)
{
    return charge(scope, find(scope, name));
}

static bool enter(struct scope *scope, const struct value *raw, struct err *err)
{
    for (size_t i = 0; i < scope->depth; i++) {
        if (scope->chain[i] != raw)
            continue;
        scope->loop = raw;
        return err_set(err, ERR_RECIPE,
                       "this refers to itself, through its ${…}");
    }
    if (scope->depth == SCOPE_DEPTH_MAX)
        return err_set(err, ERR_RECIPE,
                       "fields refer to fields more than %d deep",
                       SCOPE_DEPTH_MAX);
    scope->chain[scope->depth++] = raw;
    return true;
}

struct value *scope_apply(struct scope *scope, const struct value *raw,
                          struct err *err)
{
    struct template_vars vars = {.ctx = scope, .get = scope_get};
    if (!enter(scope, raw, err))
        return NULL;
    struct value *v = template_apply(raw, &vars, err);
    scope->depth--;
    // "unknown variable" is what template_apply() makes of our NULL.
    if (!v && scope->failed && err)
        *err = scope->err;
    return v;
}
