// Which points of the grid make cells: what `exclude` leaves out, what `sample`
// takes of the rest, and how often each is bought.

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "data/json.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/look.h"
#include "recipe/scope.h"
#include "recipe/sweep.h"

#define POINT_TEXT_MAX (1u << 20) // bytes

// --- reading

static void read_expression(struct recipe *recipe, const struct value *v,
                            struct problems *problems)
{
    const char *text = value_text(v);
    struct err err = {0};
    int expr = -1;
    if (!text) {
        char *found = key_shown(v);
        problem_add(problems, v->pos,
                    "'exclude' takes a Lua expression, such as \"motion.z == 4 "
                    "and shot == 2\", or a list of them, found %s",
                    found);
        free(found);
        return;
    }
    if (recipe->exprs)
        expr = recipe->exprs->compile(recipe->exprs->ctx, text, &err);
    else
        err_set(&err, ERR_RECIPE, "there is no Lua here");
    if (expr < 0) {
        problem_add(problems, v->pos, "'exclude': %s", err.text);
        return;
    }
    struct sweep *sweep = &recipe->sweep;
    sweep->excluded = xreallocarray(sweep->excluded, sweep->n_excluded + 1,
                                    sizeof(*sweep->excluded));
    sweep->excluded[sweep->n_excluded++] = (struct exclusion){expr, v->pos};
}

static void read_exclude(struct recipe *recipe, const struct value *v,
                         struct problems *problems)
{
    if (v->type != VALUE_LIST) {
        read_expression(recipe, v, problems);
        return;
    }
    if (v->list.n > SWEEP_EXCLUDED_MAX)
        problem_add(problems, v->pos, "more than %d expressions",
                    SWEEP_EXCLUDED_MAX);
    for (size_t i = 0; i < v->list.n && i < SWEEP_EXCLUDED_MAX; i++)
        read_expression(recipe, v->list.items[i], problems);
}

static const struct key sample_keys[] = {
    {"count", KEY_ANY},
    {"seed", KEY_ANY},
};
const struct key_set keys_of_sample = {
    .where = " in sample",
    .keys = sample_keys,
    .n = sizeof(sample_keys) / sizeof(sample_keys[0]),
};

// A whole number from `min` to `max`; false with a problem that begins `what`.
static bool read_whole(const struct value *v, const char *what, int64_t min,
                       int64_t max, int64_t *out, struct problems *problems)
{
    if (v->type == VALUE_INT && v->integer >= min && v->integer <= max) {
        *out = v->integer;
        return true;
    }
    char *found = key_shown(v);
    problem_add(problems, v->pos,
                "%s takes a whole number from %lld to %lld, found %s", what,
                (long long)min, (long long)max, found);
    free(found);
    return false;
}

static void read_sample(struct recipe *recipe, const struct value *v,
                        struct problems *problems)
{
    if (!keys_check(v, &keys_of_sample, problems))
        return;
    const struct value *count = value_get(v, "count");
    const struct value *seed = value_get(v, "seed");
    int64_t n = 0;
    if (!count)
        problem_add(problems, v->pos,
                    "a sample is {count: N, seed: S}: 'count' is missing");
    else if (read_whole(count, "'count' in sample", 1, RECIPE_CELLS_MAX, &n,
                        problems))
        recipe->sweep.sample = (uint64_t)n;
    if (seed)
        read_whole(seed, "'seed' in sample", 0, INT64_MAX, &recipe->sweep.seed,
                   problems);
}

void filters_read(struct recipe *recipe, const struct value *map,
                  struct problems *problems)
{
    const struct value *exclude = key_get(map, "exclude");
    const struct value *sample = key_get(map, "sample");
    const struct value *takes = key_get(map, "takes");
    int64_t n = 1;
    if (exclude)
        read_exclude(recipe, exclude, problems);
    if (sample)
        read_sample(recipe, sample, problems);
    if (takes)
        read_whole(takes, "'takes'", 1, RECIPE_TAKES_MAX, &n, problems);
    recipe->sweep.takes = (int)n;
}

// --- ranks

// A point's rank comes from what it holds, not from where it stands, so that
// points which are added later do not reshuffle the others.

static uint64_t hash_text(const char *text, size_t len)
{
    char hex[HASH_HEX];
    hash_bytes(text, len, hex);
    hex[16] = '\0';
    return strtoull(hex, NULL, 16);
}

// Every bit of `x` changes half of the bits (the finalizer of splitmix64).
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t point_rank(const struct axis *axis, size_t point)
{
    uint64_t sum = 0;
    struct buf text;
    buf_init(&text, POINT_TEXT_MAX);
    // A zip group's number is only where a point stands.
    for (size_t k = axis->n_columns > 1; k < axis->n_columns; k++) {
        buf_clear(&text);
        buf_printf(&text, "%s=", axis->columns[k].name);
        json_canonical(axis->columns[k].points[point], &text);
        sum += hash_text(text.data, text.len);
    }
    buf_free(&text);
    return sum;
}

// Of every point of every axis, one axis after the other; owned.
static uint64_t *point_ranks(const struct recipe *recipe)
{
    size_t n = 0;
    for (size_t i = 0; i < recipe->n_axes; i++)
        n += recipe->axes[i].n;
    uint64_t *ranks = xcalloc(n + 1, sizeof(*ranks));
    uint64_t *at = ranks;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        for (size_t k = 0; k < recipe->axes[i].n; k++)
            *at++ = point_rank(&recipe->axes[i], k);
    }
    return ranks;
}

static uint64_t rank_of(const struct scope *scope, const uint64_t *ranks,
                        uint64_t seed)
{
    uint64_t sum = seed;
    for (size_t i = 0; i < scope->recipe->n_axes; i++) {
        sum += ranks[scope->picks[i]];
        ranks += scope->recipe->axes[i].n;
    }
    return mix(sum);
}

// --- the smallest ranks seen so far, the largest of them on top

struct ranked {
    uint64_t rank, number;
};

struct heap {
    struct ranked *items;
    size_t n, cap, max;
};

static bool is_below(const struct ranked *a, const struct ranked *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->number < b->number;
}

static void swap(struct ranked *a, struct ranked *b)
{
    struct ranked t = *a;
    *a = *b;
    *b = t;
}

static void sink(struct heap *heap)
{
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < heap->n &&
            is_below(&heap->items[child], &heap->items[child + 1]))
            child++;
        if (child >= heap->n || !is_below(&heap->items[i], &heap->items[child]))
            return;
        swap(&heap->items[i], &heap->items[child]);
        i = child;
    }
}

static void heap_add(struct heap *heap, struct ranked item)
{
    if (heap->n == heap->max) {
        if (is_below(&item, &heap->items[0])) {
            heap->items[0] = item;
            sink(heap);
        }
        return;
    }
    if (heap->n == heap->cap) {
        heap->cap = heap->cap ? 2 * heap->cap : 64;
        heap->items =
            xreallocarray(heap->items, heap->cap, sizeof(*heap->items));
    }
    size_t i = heap->n++;
    heap->items[i] = item;
    for (; i > 0 && is_below(&heap->items[(i - 1) / 2], &heap->items[i]);
         i = (i - 1) / 2)
        swap(&heap->items[(i - 1) / 2], &heap->items[i]);
}

// --- counting

// 1: some expression is true; -1 with a problem.
static int is_excluded(struct scope *scope, struct problems *problems)
{
    const struct sweep *sweep = &scope->recipe->sweep;
    for (size_t i = 0; i < sweep->n_excluded; i++) {
        struct err err = {0};
        int answer = scope_test(scope, sweep->excluded[i].expr, NULL, &err);
        if (answer == 0)
            continue;
        if (answer < 0) {
            char *point = scope_text(scope);
            problem_add(problems, sweep->excluded[i].pos,
                        "'exclude': %s (where %s)", err.text, point);
            free(point);
        }
        return answer;
    }
    return 0;
}

static void keep(struct sweep *sweep, uint64_t number)
{
    sweep->kept[number / 64] |= UINT64_C(1) << (number % 64);
    sweep->n_kept++;
}

// False with a problem. Either keeps a point at once, or has it wait in `heap`.
static bool look_at_all(struct recipe *recipe, const uint64_t *ranks,
                        struct heap *heap, struct problems *problems)
{
    struct sweep *sweep = &recipe->sweep;
    char *text = xasprintf("seed=%lld", (long long)sweep->seed);
    uint64_t seed = hash_text(text, strlen(text));
    struct scope scope;
    struct spot spot = {.take = 1};
    scope_init(&scope, recipe, &spot);
    free(text);
    int out = 0;
    for (; spot.number < sweep->grid && out >= 0; spot.number++) {
        scope_move(&scope, &spot);
        out = is_excluded(&scope, problems);
        if (out == 0 && ranks)
            heap_add(heap, (struct ranked){rank_of(&scope, ranks, seed),
                                           spot.number});
        else if (out == 0)
            keep(sweep, spot.number);
    }
    scope_free(&scope);
    return out >= 0;
}

static bool leave_out(struct recipe *recipe, struct problems *problems)
{
    struct sweep *sweep = &recipe->sweep;
    bool sampled = sweep->sample > 0 && sweep->sample < sweep->grid;
    if (sweep->n_excluded == 0 && !sampled)
        return true;
    uint64_t *ranks = sampled ? point_ranks(recipe) : NULL;
    struct heap heap = {.max = (size_t)sweep->sample};
    sweep->kept = xcalloc((size_t)(sweep->grid / 64 + 1), sizeof(uint64_t));
    sweep->n_kept = 0;
    bool ok = look_at_all(recipe, ranks, &heap, problems);
    for (size_t i = 0; i < heap.n; i++)
        keep(sweep, heap.items[i].number);
    free(heap.items);
    free(ranks);
    return ok;
}

// Whether a cell of `include` is one of the grid that is kept.
static bool is_in_grid(const struct recipe *recipe, const size_t *points)
{
    const uint64_t *kept = recipe->sweep.kept;
    uint64_t number = 0;
    for (size_t i = 0; i < recipe->n_axes; i++) {
        if (points[i] >= recipe->axes[i].n)
            return false;
        number = number * recipe->axes[i].n + points[i];
    }
    return !kept || (kept[number / 64] >> (number % 64) & 1);
}

// What stands in the grid already is not bought, and named, twice. No mistake:
// an override may have put it there.
static void drop_included(struct recipe *recipe, struct problems *problems)
{
    struct sweep *sweep = &recipe->sweep;
    size_t n = 0;
    for (size_t r = 0; r < sweep->n_included; r++) {
        struct included row = sweep->included[r];
        if (!is_in_grid(recipe, row.points)) {
            sweep->included[n++] = row;
            continue;
        }
        problem_warn(problems, row.pos, "this cell is one of the grid already");
        free(row.points);
    }
    sweep->n_included = n;
}

void sweep_count(struct recipe *recipe, struct problems *problems)
{
    const struct sweep *sweep = &recipe->sweep;
    size_t before = problems->errors;
    if (!leave_out(recipe, problems))
        return;
    drop_included(recipe, problems);
    uint64_t cells = recipe_cells(recipe);
    if (cells == 0)
        problem_add(problems, sweep->excluded[0].pos,
                    "'exclude' leaves no cell");
    else if (cells > RECIPE_CELLS_MAX && problems->errors == before)
        problem_add(problems, sweep->pos, "this sweep has more than %u cells",
                    RECIPE_CELLS_MAX);
}
