// With a lock: nothing is bought. What was bought already is fetched by the
// task that the lock names, and all else is told to differ.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/flow.h"
#include "engine/purchase.h"

void locked_settle(struct purchase *p, char *text)
{
    purchase_settle(p, ERR_NONE, "locked", text);
}

static void settle_missing(struct purchase *p, const char *why)
{
    locked_settle(p, xasprintf("this purchase is not in %s%s%s%s; nothing was "
                               "spent; run without --locked to buy it, with "
                               "--lock to lock it",
                               p->engine->config.lock->name, why ? " (" : "",
                               why ? why : "", why ? ")" : ""));
}

void locked_look(struct purchase *p)
{
    const struct engine_lock *lock = p->engine->config.lock;
    char *why = NULL;
    p->locked = lock->find(lock->arg, p, &why);
    if (p->locked)
        resume_look(p);
    else
        settle_missing(p, why);
    free(why);
}

void locked_settle_failed(struct purchase *p)
{
    purchase_settle(p, ERR_NONE, p->locked->failed,
                    xasprintf("%s has it as failed (%s)",
                              p->engine->config.lock->name, p->locked->failed));
}

void locked_instead(struct purchase *p)
{
    const struct engine_locked *locked = p->locked;
    if (!p->attempt && locked && locked->task_id)
        adopt_locked(p); // also of one that failed: then the ledger knows it
    else if (!p->attempt && locked && locked->failed)
        locked_settle_failed(p);
    else
        locked_settle(p, xasprintf("it was not bought yet, and --locked buys "
                                   "nothing; run without it to buy it"));
}

bool locked_differs(const struct purchase *p, const struct attempt_row *attempt)
{
    const char *task_id = p->locked ? p->locked->task_id : NULL;
    return task_id && !p->locked->failed &&
           (!attempt->task_id || strcmp(attempt->task_id, task_id) != 0);
}
