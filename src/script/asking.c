// Who has asked for a purchase. Somebody who looks on asks that at every change
// of every purchase, so it is kept for him, and only for him.

#include <stdlib.h>

#include "base/mem.h"
#include "script/internal.h"

void asking_note(struct script_cell *cell, struct purchase *purchase)
{
    struct script *script = cell->script;
    if (!script->config.asking)
        return;
    const char *key = purchase_fingerprint(purchase);
    struct asker *asker = xcalloc(1, sizeof(*asker));
    asker->cell = cell;
    asker->purchase = purchase;
    asker->of_cell = cell->askers;
    cell->askers = asker;
    asker->next = index_get(&script->askers, key);
    if (asker->next)
        asker->next->before = asker;
    index_set(&script->askers, key, asker);
}

static void leave(struct script *script, struct asker *asker)
{
    const char *key = purchase_fingerprint(asker->purchase);
    if (asker->next)
        asker->next->before = asker->before;
    if (asker->before)
        asker->before->next = asker->next;
    else if (asker->next)
        index_set(&script->askers, key, asker->next);
    else
        index_remove(&script->askers, key);
}

void asking_forget(struct script_cell *cell)
{
    while (cell->askers) {
        struct asker *asker = cell->askers;
        cell->askers = asker->of_cell;
        leave(cell->script, asker);
        free(asker);
    }
}

// Without it all are looked at, as when one cell is cancelled.
void script_asking(const struct script *script, const struct purchase *p,
                   void (*fn)(void *ctx, void *arg), void *ctx)
{
    if (script->config.asking) {
        const char *key = purchase_fingerprint(p);
        const struct asker *asker = index_get(&script->askers, key);
        for (; asker; asker = asker->next)
            fn(ctx, asker->cell->arg);
        return;
    }
    for (struct script_cell *cell = script->cells; cell; cell = cell->next)
        if (cell_has_asked(cell, p))
            fn(ctx, cell->arg);
}
