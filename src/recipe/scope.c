#include "recipe/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "recipe/names.h"
#include "recipe/template.h"

#define TEXT_MAX 300

// The number of the kept point that `n` kept ones come before.
static uint64_t kept_point(const struct sweep *sweep, uint64_t n)
{
    uint64_t word = 0;
    if (!sweep->kept)
        return n;
    for (;; word++) {
        uint64_t here = (uint64_t)__builtin_popcountll(sweep->kept[word]);
        if (n < here)
            break;
        n -= here;
    }
    uint64_t bits = sweep->kept[word];
    while (n-- > 0)
        bits &= bits - 1;
    return word * 64 + (uint64_t)__builtin_ctzll(bits);
}

struct spot spot_of(const struct recipe *recipe, uint64_t i)
{
    const struct sweep *sweep = &recipe->sweep;
    uint64_t takes = (uint64_t)sweep->takes, point = i / takes;
    return (struct spot){
        .index = i,
        .number = point < sweep->n_kept ? kept_point(sweep, point)
                                        : sweep->grid + point - sweep->n_kept,
        .take = (int)(i % takes) + 1,
    };
}

bool spot_next(const struct recipe *recipe, struct spot *spot)
{
    const struct sweep *sweep = &recipe->sweep;
    if (spot->index + 1 >= recipe_cells(recipe))
        return false;
    spot->index++;
    if (spot->take < sweep->takes) {
        spot->take++;
        return true;
    }
    spot->take = 1;
    spot->number++;
    while (sweep->kept && spot->number < sweep->grid &&
           !(sweep->kept[spot->number / 64] >> (spot->number % 64) & 1))
        spot->number++;
    return true;
}

static void pick(struct scope *scope)
{
    const struct recipe *recipe = scope->recipe;
    uint64_t number = scope->spot.number;
    if (number >= recipe->sweep.grid) {
        const struct included *included =
            &recipe->sweep.included[number - recipe->sweep.grid];
        for (size_t i = 0; i < recipe->n_axes; i++)
            scope->picks[i] = included->points[i];
        return;
    }
    // The last axis turns fastest, as nested loops do.
    for (size_t i = recipe->n_axes; i-- > 0;) {
        scope->picks[i] = (size_t)(number % recipe->axes[i].n);
        number /= recipe->axes[i].n;
    }
}

void scope_init(struct scope *scope, const struct recipe *recipe,
                const struct spot *spot)
{
    *scope = (struct scope){
        .recipe = recipe,
        .name = {.type = VALUE_STRING,
                 .string = {recipe->name, strlen(recipe->name)}},
        .index = {.type = VALUE_INT},
        .take = {.type = VALUE_INT},
    };
    scope_move(scope, spot);
}

void scope_move(struct scope *scope, const struct spot *spot)
{
    scope_free(scope);
    scope->done = NULL;
    scope->n_done = 0;
    scope->depth = 0;
    scope->bytes = 0;
    scope->failed = false;
    scope->loop = NULL;
    scope->spot = *spot;
    scope->index.integer = (int64_t)spot->index + 1;
    scope->take.integer = spot->take;
    pick(scope);
}

void scope_free(struct scope *scope)
{
    for (size_t i = 0; i < scope->n_done; i++)
        value_free(scope->done[i].value);
    free(scope->done);
}

const struct value *scope_point(const struct scope *scope, size_t i,
                                const struct column *column)
{
    return column->points[scope->picks[i]];
}

char *scope_text(const struct scope *scope)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < scope->recipe->n_axes; i++) {
        const struct axis *axis = &scope->recipe->axes[i];
        const struct value *v = scope_point(scope, i, &axis->columns[0]);
        char *point = template_text(v);
        char *safe = name_safe(v->type == VALUE_NULL ? "none" : point);
        buf_printf(&out, "%s%s=%s", i ? " " : "", axis->name, safe);
        free(safe);
        free(point);
    }
    return buf_take(&out);
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
        return &scope->name;
    if (strcmp(name, "index") == 0)
        return &scope->index;
    if (strcmp(name, "take") == 0)
        return &scope->take;
    size_t axis;
    const struct column *column = sweep_find(recipe, name, &axis);
    if (column)
        return scope_point(scope, axis, column);
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
