// What the recipe wants bought again by itself: a task that was paid for, and
// brought no clip. The ledger counts, over all runs.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/flow.h"
#include "engine/purchase.h"
#include "recipe/retry.h"

bool retry_wants(const struct purchase *p, const struct purchase_row *row)
{
    const struct recipe_retry *retry = p->engine->config.retry;
    const struct attempt_row *a = &row->attempt;
    bool failed = a->state == ATTEMPT_FAILED || a->state == ATTEMPT_FORGOTTEN;
    const char *kind = a->kind ? a->kind : attempt_state_name(a->state);
    bool has_clip = a->state == ATTEMPT_FAILED && a->urls; // and is paid for
    return retry && failed && !has_clip && p->ordered &&
           p->cancel == CANCEL_NOT_ASKED && !p->engine->stopped &&
           row->bought <= retry->count && retry_has(retry, kind);
}

static void say(struct purchase *p, const struct purchase_row *row)
{
    const struct attempt_row *a = &row->attempt;
    const char *reason = a->reason ? a->reason : "";
    char *text = xasprintf("%s: task %s of '%s' %s%s%s%s; buying it again, "
                           "retry %d of %d",
                           purchase_cell(p), a->task_id ? a->task_id : "(none)",
                           purchase_where(p),
                           a->state == ATTEMPT_FORGOTTEN ? "is gone" : "failed",
                           *reason ? " (" : "", reason, *reason ? ")" : "",
                           row->bought, p->engine->config.retry->count);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
}

void retry_begin(struct purchase *p, const struct purchase_row *row)
{
    say(p, row);
    purchase_release(p);
    purchase_restart(p);
    p->bought_max = p->engine->config.retry->count + 1;
    submit_want(p);
}

bool retry_take(struct purchase *p)
{
    bool failed = p->state == ATTEMPT_FAILED || p->state == ATTEMPT_FORGOTTEN;
    struct purchase_row row;
    if (!failed || !p->engine->config.retry)
        return false;
    if (!purchase_find(p, p->fingerprint, &row))
        return true;
    bool wants = retry_wants(p, &row);
    if (wants)
        retry_begin(p, &row);
    purchase_row_free(&row);
    return wants;
}
