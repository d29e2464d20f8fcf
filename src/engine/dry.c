// A dry engine: what is recorded counts, and what is not is "delivered" at once
// with the facts that it asks for. Nothing is written, sent or started.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/flow.h"
#include "engine/order.h"
#include "engine/purchase.h"
#include "ledger/settle.h"

#define WIDTH 1280
#define HEIGHT 720
#define LONGEST 100

// "16:9" and "1280:720" alike, as a picture of about 1280x720.
static void size_of(const char *ratio, int *width, int *height)
{
    *width = WIDTH;
    *height = HEIGHT;
    char *end = NULL;
    long w = ratio ? strtol(ratio, &end, 10) : 0;
    long h = end && *end == ':' ? strtol(end + 1, NULL, 10) : 0;
    if (w <= 0 || h <= 0 || w > 10000 || h > 10000)
        return;
    bool pixels = w > LONGEST && h > LONGEST;
    *width = pixels ? (int)w : w >= h ? WIDTH : (int)(WIDTH * w / h);
    *height = pixels ? (int)h : w >= h ? (int)(WIDTH * h / w) : WIDTH;
}

static const struct value *asked(const struct purchase *p, const char *field)
{
    return order_said(p->gate->gateway->dialect, p->route, p->request, field);
}

static void make_up(struct purchase *p)
{
    struct clip_row clip = {.n = 1, .ext = "mp4"};
    value_number(asked(p, "seconds"), &clip.seconds);
    size_of(value_text(asked(p, "ratio")), &clip.width, &clip.height);
    purchase_set_clips(p, &clip, 1);
    if (!p->task_id) {
        char task[sizeof("dry-") + 16];
        snprintf(task, sizeof(task), "dry-%.16s", p->fingerprint);
        purchase_set_task(p, task);
    }
    purchase_assume(p, ATTEMPT_DELIVERED);
    purchase_settle_delivered(p);
}

static void take_row(struct purchase *p, const struct purchase_row *row)
{
    enum attempt_state state = row->attempt.state;
    // An intent was never sent, and a run sends it.
    if (settle_leaves_to_buy(&row->attempt) || state == ATTEMPT_INTENT) {
        p->bought_now = true;
        make_up(p);
        return;
    }
    p->found = state;
    purchase_take_row(p, row);
    bool open = attempt_state_is_open(state);
    if (state == ATTEMPT_DELIVERED && p->n_clips > 0) {
        purchase_settle_delivered(p);
    } else if (open || state == ATTEMPT_DELIVERED) {
        make_up(p);
    } else if (p->engine->config.retry_failed || retry_wants(p, row)) {
        purchase_restart(p);
        p->bought_now = true;
        make_up(p);
    } else {
        resume_recorded(p, &row->attempt);
    }
}

void dry_look(struct purchase *p)
{
    struct purchase_row row;
    if (!purchase_find(p, p->fingerprint, &row))
        return;
    take_row(p, &row);
    purchase_row_free(&row);
}
