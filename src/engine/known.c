// By what a purchase is found, besides its fingerprint: the token of its
// callbacks, and its task. The keys are its own.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/purchase.h"

void purchase_set_task(struct purchase *p, const char *task_id)
{
    purchase_lose_task(p);
    if (!task_id)
        return;
    const char *identity = p->gate->gateway->identity;
    purchase_find_by_task(p, xasprintf("%s\n%s", identity, task_id));
    p->task_id = p->task_key + strlen(identity) + 1;
}

void purchase_find_by_task(struct purchase *p, char *key)
{
    purchase_lose_task(p);
    p->task_key = key;
    index_set(&p->engine->by_task, key, p);
}

void purchase_lose_task(struct purchase *p)
{
    if (p->task_key)
        index_lose(&p->engine->by_task, p->task_key, p);
    free(p->task_key);
    p->task_key = NULL;
    p->task_id = NULL;
}

void purchase_lose_token(struct purchase *p)
{
    index_lose(&p->engine->by_token, p->token, p);
}
