#include "engine/leaving.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/list.h"
#include "engine/purchase.h"

#define FIRST 64
#define SHARED ((uint64_t)1)

// The first 63 bits of fingerprints, and whether sharing was said: a hash table
// of numbers, since every cell of a run leaves one. 0 is an empty place.
struct gone {
    uint64_t *items;
    size_t n, cap; // cap: a power of two
};

static uint64_t number_of(const char *fingerprint)
{
    char first[17];
    memcpy(first, fingerprint, 16);
    first[16] = '\0';
    uint64_t number = strtoull(first, NULL, 16) & ~SHARED;
    return number ? number : 2;
}

static uint64_t *place_of(const struct gone *gone, uint64_t number)
{
    size_t i = (size_t)(number >> 1) & (gone->cap - 1);
    while (gone->items[i] && (gone->items[i] & ~SHARED) != number)
        i = (i + 1) & (gone->cap - 1);
    return &gone->items[i];
}

static void grow(struct gone *gone)
{
    struct gone old = *gone;
    gone->cap = old.cap ? 2 * old.cap : FIRST;
    gone->items = xcalloc(gone->cap, sizeof(*gone->items));
    for (size_t i = 0; i < old.cap; i++)
        if (old.items[i])
            *place_of(gone, old.items[i] & ~SHARED) = old.items[i];
    free(old.items);
}

static void note(struct engine *engine, const struct purchase *p)
{
    if (!engine->gone)
        engine->gone = xcalloc(1, sizeof(*engine->gone));
    struct gone *gone = engine->gone;
    if (gone->n * 2 >= gone->cap)
        grow(gone);
    uint64_t number = number_of(p->fingerprint);
    uint64_t *place = place_of(gone, number);
    gone->n += *place == 0;
    *place = number | (p->shared ? SHARED : 0);
}

bool leaving_was_here(const struct engine *engine, const char *fingerprint,
                      bool *shared)
{
    const struct gone *gone = engine->gone;
    uint64_t is = gone ? *place_of(gone, number_of(fingerprint)) : 0;
    *shared = is & SHARED;
    return is != 0;
}

void leaving_free(struct engine *engine)
{
    if (engine->gone)
        free(engine->gone->items);
    free(engine->gone);
    engine->gone = NULL;
}

// --- who may
static bool may_leave(const struct purchase *p)
{
    const struct engine_config *config = &p->engine->config;
    bool dry = config->dry && config->hooks && config->hooks->seen;
    bool live = !config->dry && config->lets_go &&
                p->state == ATTEMPT_DELIVERED && !p->ending.kind;
    return p->settled && p->keepers == 0 && (dry || live);
}

// What is under way about it may still look at it.
static bool is_idle(const struct purchase *p)
{
    return !p->in_line && !p->in_due && !p->writing && !p->exchange &&
           p->cancel != CANCEL_UNDER_WAY;
}

void leaving_look(struct purchase *p)
{
    if (p->leaving || !may_leave(p))
        return;
    p->leaving = true;
    p->next_leaving = p->engine->leaving;
    p->engine->leaving = p;
}

// --- leaving
static void forget(struct purchase *p)
{
    struct engine *engine = p->engine;
    *(p->before ? &p->before->next : &engine->all) = p->next;
    *(p->next ? &p->next->before : &engine->all_last) = p->before;
    engine->held--;
    purchase_lose_token(p);
    index_lose(&engine->by_fingerprint, p->fingerprint, p);
    purchase_lose_task(p);
    purchase_free(p);
}

static bool remember(struct purchase *p)
{
    struct engine *engine = p->engine;
    if (!engine->config.dry) {
        note(engine, p);
        list_was_ours(p);
        return true;
    }
    const struct dry_seen *seen = engine->config.hooks->seen;
    struct dry_memo memo = {.arrival = purchase_arrival(p),
                            .cells = p->played->cells};
    struct err err;
    bool ok = seen->note(seen->ctx, p->fingerprint, &memo, &err);
    if (!ok)
        log_debug("%s", err.text); // then it stays
    return ok;
}

// One that somebody watches for a moment longer is looked at again then; one
// that something is under way about, in the next step.
void leaving_step(struct engine *engine)
{
    struct purchase *p = engine->leaving;
    engine->leaving = NULL;
    for (struct purchase *next; p; p = next) {
        next = p->next_leaving;
        p->leaving = false;
        if (!may_leave(p) || p->watches)
            continue;
        if (!is_idle(p))
            leaving_look(p);
        else if (remember(p))
            forget(p);
    }
}
