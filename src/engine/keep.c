// What was downloaded: does it play, and then into the store. A paid clip is
// never thrown away; what does not play is kept beside.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/flow.h"
#include "engine/purchase.h"

#define SECONDS_OFF 0.5
#define WHY_MAX 200

// Disk work in a thread: what it needs is its own.
struct keep_work {
    struct purchase *p;
    const struct store *store;
    char *part;
    bool noted;
    char ext[8];
    bool bad; // keep it beside, instead of in the store
    bool ok;
    char sha256[HASH_HEX];
    int64_t size;
    char *kept;
    struct err err;
};

static void work_free(struct keep_work *w)
{
    free(w->part);
    free(w->kept);
    free(w);
}

static void keep(void *arg)
{
    struct keep_work *w = arg;
    w->ok = w->bad ? store_keep_bad(w->store, w->part, &w->kept, &w->err)
                   : store_commit(w->store, w->part, w->noted, w->ext,
                                  w->sha256, &w->size, &w->err);
}

static void kept(struct purchase *p)
{
    if (p->err.kind != ERR_NONE)
        fetch_disk_failed(p);
    else
        fetch_next(p);
}

static void kept_bad(struct purchase *p)
{
    char *where = p->fetch->kept;
    p->fetch->kept = NULL;
    if (p->err.kind != ERR_NONE)
        fetch_disk_failed(p);
    else
        fetch_give_up(p, ERR_NET, "bad_clip",
                      xasprintf("the clip of task %s does not play (%s); it is "
                                "bought and kept as %s: run again to fetch it "
                                "anew",
                                purchase_task(p), p->fetch->why, where));
    free(where);
}

static void take_kept(struct fetch *f, struct keep_work *w)
{
    struct clip_row *clip = &f->clips[f->i];
    if (w->bad) {
        f->kept = w->kept;
        w->kept = NULL;
    } else if (w->ok) {
        *clip = (struct clip_row){.n = (int)f->i + 1,
                                  .size = w->size,
                                  .seconds = f->facts.seconds,
                                  .width = f->facts.width,
                                  .height = f->facts.height};
        memcpy(clip->sha256, w->sha256, HASH_HEX);
        memcpy(clip->ext, w->ext, sizeof(clip->ext));
    }
}

static void on_kept(void *arg)
{
    struct keep_work *w = arg;
    struct purchase *p = w->p;
    p->engine->pending--;
    purchase_note_err(p, w->ok ? NULL : &w->err);
    if (p->fetch) { // it has not ended meanwhile
        take_kept(p->fetch, w);
        purchase_due(p, w->bad ? kept_bad : kept);
    }
    work_free(w);
}

static void begin_work(struct purchase *p, bool bad)
{
    struct keep_work *w = xcalloc(1, sizeof(*w));
    w->p = p;
    w->store = p->engine->config.store;
    w->part = xstrdup(p->fetch->part);
    w->noted = p->fetch->noted;
    w->bad = bad;
    memcpy(w->ext, p->fetch->facts.ext, sizeof(w->ext));
    p->engine->pending++;
    loop_work(p->engine->config.loop, keep, on_kept, w);
}

static void compare_seconds(struct purchase *p)
{
    double wanted, got = p->fetch->facts.seconds;
    if (!value_number(value_get(purchase_request(p), "seconds"), &wanted) ||
        fabs(got - wanted) <= SECONDS_OFF)
        return;
    char *text = xasprintf("the clip of task %s takes %.2f s where %.15g s "
                           "were asked for",
                           purchase_task(p), got, wanted);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
}

// What was put together of several answers may be our doing, or that of a
// server which changed its mind: once more, in one piece.
static bool may_be_ours(struct purchase *p)
{
    struct fetch *f = p->fetch;
    if (!f->resumed)
        return false;
    f->distrust = true;
    fetch_anew(p);
    return true;
}

static void checked(struct purchase *p)
{
    switch (p->fetch->check) {
    case CHECKER_OK:
        compare_seconds(p);
        begin_work(p, false);
        break;
    case CHECKER_BAD:
        if (!may_be_ours(p))
            begin_work(p, true);
        break;
    case CHECKER_BROKEN:
        fetch_give_up(p, ERR_DISK, "disk",
                      xasprintf("cannot check the clip of task %s (%s); it is "
                                "bought: run again to fetch it",
                                purchase_task(p), p->fetch->why));
        break;
    }
}

static void on_checked(void *arg, enum checker_result result,
                       const struct checker_facts *facts, const char *why)
{
    struct purchase *p = arg;
    struct fetch *f = p->fetch;
    if (!f)
        return; // it has ended meanwhile
    f->check = result;
    f->facts = facts ? *facts : (struct checker_facts){0};
    free(f->why);
    f->why = why ? text_printable(why, strlen(why), WHY_MAX) : NULL;
    purchase_due(p, checked);
}

void keep_check(struct purchase *p)
{
    answer_drop(&p->answer);
    checker_check(p->engine->checker, p->fetch->part, on_checked, p);
}

void keep_recorded(struct purchase *p, const struct clip_row *clips)
{
    struct fetch *f = p->fetch;
    if (!f || !clips)
        return; // it has ended meanwhile
    memcpy(f->clips, clips, f->n * sizeof(*clips));
    f->recorded = true;
}

void keep_enter_delivered(struct purchase *p)
{
    const struct fetch *f = p->fetch;
    struct purchase_row row = {0};
    if (f && f->recorded)
        purchase_set_clips(p, f->clips, f->n);
    else if (purchase_find(p, p->fingerprint, &row))
        purchase_set_clips(p, row.clips, row.n_clips);
    else
        return;
    purchase_row_free(&row);
    purchase_settle_delivered(p);
}
