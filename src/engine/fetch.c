// Downloading what is ready: at most a few at once, before anything new is
// bought, because links expire. The key never goes there.

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/json.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"

#define TRIES_MAX 5
#define RETRY_NEAR_MS 50 // of a service on this machine
#define RETRY_FIRST_MS 500
#define RETRY_MOST_MS 15000
#define CLIP_MAX ((int64_t)2 << 30)
#define REDIRECTS 5

void fetch_renew(struct purchase *p)
{
    value_free(p->urls);
    p->urls = NULL;
    purchase_after(p, p->fetch ? p->fetch->retry_ms : 0, poll_now);
    if (p->fetch)
        p->fetch->retry_ms = 0;
}

// The service has ended the task: it no longer counts as in flight.
void fetch_enter_ready(struct purchase *p)
{
    fetch_end(p);
    purchase_release(p);
    if (p->urls)
        line_add(&p->engine->fetches, p);
    else
        fetch_renew(p);
}

bool fetch_recorded(struct purchase *p)
{
    if (p->state != ATTEMPT_READY || value_count(p->recorded) == 0)
        return false;
    value_free(p->urls);
    p->urls = p->recorded;
    p->recorded = NULL;
    p->last_chance = true;
    fetch_enter_ready(p);
    return true;
}

static void fetch_one(struct purchase *p);

static void begin(struct purchase *p)
{
    char *urls = json_text(p->urls);
    struct ledger_move with = {
        .price = -1, .urls = urls, .last_frame = p->last_frame};
    purchase_move(p, ATTEMPT_FETCHING, &with);
    free(urls);
}

// What it needs from its first download on; who only waits takes less.
static void need(struct purchase *p)
{
    if (p->fetch)
        return;
    p->fetch = xcalloc(1, sizeof(*p->fetch));
    p->fetch->fd = -1;
}

void fetch_pump(struct engine *engine)
{
    while (engine->n_fetching < FETCHES_MAX && engine->n_keeping < KEEPS_MAX) {
        struct purchase *p = line_take(&engine->fetches);
        if (!p)
            return;
        if (p->settled)
            continue;
        purchase_unpack_urls(p);
        p->fetching = true;
        engine->n_fetching++;
        need(p);
        if (p->state == ATTEMPT_FETCHING)
            fetch_one(p);
        else
            begin(p);
    }
}

static void leave_places(struct purchase *p)
{
    p->engine->n_fetching -= p->fetching;
    p->engine->n_keeping -= p->keeping;
    p->fetching = p->keeping = false;
}

// What is looked into needs no place among the downloads.
static void look_into(struct purchase *p)
{
    leave_places(p);
    p->keeping = true;
    p->engine->n_keeping++;
    keep_check(p);
}

// Another download of one that is being fetched.
static void fetch_more(struct purchase *p)
{
    leave_places(p);
    line_add_first(&p->engine->fetches, p);
}

static void close_part(struct purchase *p)
{
    if (p->fetch->fd >= 0)
        close(p->fetch->fd);
    p->fetch->fd = -1;
}

void fetch_end(struct purchase *p)
{
    struct fetch *f = p->fetch;
    leave_places(p);
    if (!f)
        return;
    close_part(p);
    free(f->part);
    free(f->why);
    f->part = f->why = NULL;
}

void fetch_forget(struct purchase *p)
{
    fetch_end(p);
    value_free(p->urls);
    value_free(p->recorded);
    free(p->packed_urls);
    p->packed_urls = NULL;
    p->urls = p->recorded = NULL;
    p->last_chance = false;
    if (!p->fetch)
        return;
    part_free(&p->fetch->whole);
    free(p->fetch->clips);
    free(p->fetch->kept);
    free(p->fetch);
    p->fetch = NULL;
}

void fetch_give_up(struct purchase *p, enum err_kind err, const char *kind,
                   char *text)
{
    purchase_move_end(p, ATTEMPT_READY, NULL, err, kind, text);
}

// A try that went on with what was here and brought more than is asked for
// twice. The tries are bounded all the same: by a clip's length over that.
static bool was_worth_it(struct fetch *f)
{
    if (f->bytes - f->reached < PART_OVERLAP)
        return false;
    f->reached = f->bytes;
    return f->resumed;
}

void fetch_disk_failed(struct purchase *p)
{
    fetch_give_up(p, p->err.kind, "disk",
                  xasprintf("%s; task %s is bought: run again to fetch it",
                            p->err.text, purchase_task(p)));
}

static void fetch_failed(struct purchase *p, const char *why)
{
    long status = p->answer->status;
    if (was_worth_it(p->fetch))
        p->fetch->tries = 0;
    p->fetch->unborne = p->fetch->from > 0 && p->answer->result == NET_ANSWERED;
    bool expired = p->answer->result == NET_ANSWERED &&
                   (status == 403 || status == 404 || status == 410);
    // A link that we may not follow is renewed once.
    bool last = (p->last_chance && !expired) ||
                (p->answer->barred && p->fetch->tries > 0);
    if (p->fetch->tries++ >= TRIES_MAX || last) {
        fetch_give_up(
            p, ERR_NET, "network",
            xasprintf("could not download the clip of task %s (%s%s); it is "
                      "bought: run again to fetch it",
                      purchase_task(p), why,
                      expired && status != 404 ? ": its link has expired"
                                               : ""));
        return;
    }
    int64_t first =
        p->gate->reach == NET_REACH_ANY ? RETRY_NEAR_MS : RETRY_FIRST_MS;
    p->fetch->retry_ms =
        expired && p->fetch->tries == 1
            ? 0
            : pace_back_off(p->fetch->tries - 1, first, RETRY_MOST_MS,
                            engine_chance(p->engine));
    value_free(p->urls); // read the task again: the link may be new
    p->urls = NULL;
    purchase_move(p, ATTEMPT_READY, NULL);
}

// --- one URL
static int64_t clip_max(const struct purchase *p)
{
    int64_t max = p->gate->gateway->clip_max;
    return max ? max : CLIP_MAX;
}

static bool write_failed(struct purchase *p)
{
    struct err err;
    err_errno(&err, ERR_DISK, "cannot write %s", p->fetch->part);
    purchase_note_err(p, &err);
    return false;
}

// What came of it fills no disk while it waits for a larger limit.
static bool too_large(struct purchase *p)
{
    if (ftruncate(p->fetch->fd, 0) != 0)
        return write_failed(p);
    struct err err;
    err_set(&err, ERR_NET, "larger than clip_max");
    purchase_note_err(p, &err);
    return false;
}

// --- the note of its part
static struct part_owner owner_of(const struct purchase *p)
{
    return (struct part_owner){.attempt = p->attempt,
                               .n = (int)p->fetch->i + 1,
                               .task_id = p->task_id,
                               .boot = env_boot_id()};
}

// What an earlier run has begun.
static void recall(struct purchase *p, int64_t size)
{
    struct fetch *f = p->fetch;
    size_t len = 0;
    char *text = store_part_noted(f->part, &len);
    struct part_owner owner = owner_of(p);
    if (text && part_noted(text, len, &owner, &f->whole))
        f->reached = size;
    free(text);
}

// Now, since a process that is killed has no last moment to do it in.
static void note(struct purchase *p)
{
    struct fetch *f = p->fetch;
    if (f->whole.total < PART_NOTED_MIN)
        return;
    f->noted = true;
    struct part_owner owner = owner_of(p);
    char *text = part_note(&f->whole, &owner);
    if (owner.boot)
        store_part_note(f->part, text);
    free(text);
}

static bool forget(struct purchase *p)
{
    struct err err;
    part_free(&p->fetch->whole);
    if (p->fetch->noted && !store_part_unnote(p->fetch->part, &err)) {
        purchase_note_err(p, &err);
        return false;
    }
    p->fetch->noted = false;
    return true;
}

// --- its bytes
static bool take_whole(struct purchase *p, const struct net_response *response)
{
    struct fetch *f = p->fetch;
    const char *url = value_text(value_at(p->urls, f->i));
    bool empty = f->have == 0;
    f->have = f->bytes = 0;
    if (!forget(p))
        return false;
    if (!empty && (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0))
        return write_failed(p);
    part_learn(&f->whole, url, response);
    if (f->whole.total > clip_max(p))
        return too_large(p);
    note(p);
    return true;
}

static bool headers_done(void *arg, const struct net_response *response)
{
    struct purchase *p = arg;
    struct fetch *f = p->fetch;
    switch (part_offered(&f->whole, f->from, response)) {
    case PART_WHOLE:
        return take_whole(p, response);
    case PART_REST:
        f->resumed = true;
        return f->whole.total <= clip_max(p) || (forget(p) && too_large(p));
    case PART_OTHER:
        f->other = true;
        return false;
    case PART_NONE:
        return false;
    }
    return false;
}

// Bytes that are here already are compared, others written.
static bool sink(void *arg, const void *bytes, size_t len)
{
    struct purchase *p = arg;
    struct fetch *f = p->fetch;
    int64_t end = f->bytes + (int64_t)len;
    int64_t known = f->have < end ? f->have - f->bytes : (int64_t)len;
    size_t here = known > 0 ? (size_t)known : 0;
    if (end > clip_max(p))
        return forget(p) && too_large(p);
    f->other = (f->resumed && end > f->whole.total) ||
               (here > 0 && !store_part_has(f->fd, f->bytes, bytes, here));
    if (f->other)
        return false;
    if (!file_write_all(f->fd, (const char *)bytes + here, len - here))
        return write_failed(p);
    f->bytes = end;
    CRASH_POINT("mid", "download");
    return true;
}

void fetch_anew(struct purchase *p)
{
    if (forget(p))
        fetch_more(p);
    else
        fetch_disk_failed(p);
}

// Why there is nothing to keep; owned.
static char *shortage(const struct purchase *p, bool came)
{
    const struct fetch *f = p->fetch;
    if (came && f->bytes > 0)
        return xasprintf("%lld of %lld bytes came", (long long)f->bytes,
                         (long long)f->whole.total);
    if (came)
        return xstrdup("it is empty");
    if (p->answer->result == NET_STOPPED && p->answer->status / 100 == 2)
        return xasprintf("HTTP %ld", p->answer->status);
    return answer_said(p->answer);
}

static void fetched(struct purchase *p)
{
    struct fetch *f = p->fetch;
    const struct answer *a = p->answer;
    bool came = a->result == NET_ANSWERED &&
                (a->status == 200 || (a->status == 206 && f->resumed));
    close_part(p);
    if (p->err.kind == ERR_NET) {
        fetch_give_up(p, ERR_NET, "too_large",
                      xasprintf("the clip of task %s is larger than clip_max "
                                "(%lld MB); it is bought: raise clip_max of "
                                "gateway '%s' and run again",
                                purchase_task(p), (long long)clip_max(p) >> 20,
                                purchase_where(p)));
    } else if (p->err.kind != ERR_NONE) {
        fetch_disk_failed(p);
    } else if (f->other || (f->from > 0 && a->status == 416)) {
        fetch_anew(p);
    } else if (came && f->bytes > 0 &&
               (f->whole.total == 0 || f->bytes == f->whole.total)) {
        look_into(p);
    } else {
        char *why = shortage(p, came);
        fetch_failed(p, why);
        free(why);
    }
}

static void on_done(void *arg, const struct net_response *response)
{
    struct purchase *p = arg;
    p->exchange = NULL;
    answer_take(answer_renew(&p->answer), response);
    purchase_due(p, fetched);
}

static bool open_part(struct purchase *p)
{
    struct fetch *f = p->fetch;
    free(f->part);
    f->part =
        store_part_path(p->engine->config.store, p->attempt, (int)f->i + 1);
    struct err err;
    purchase_note_err(p, NULL);
    f->resumed = f->other = false;
    bool fresh;
    f->fd = store_part_open(f->part, &f->have, &fresh, &err);
    if (f->fd < 0) {
        purchase_note_err(p, &err);
        return false;
    }
    f->noted = !fresh;
    if (f->whole.total == 0 && f->have > 0)
        recall(p, f->have);
    // The last try may ask for the whole: not every server bears a Range.
    bool whole = f->distrust || (f->unborne && f->tries >= TRIES_MAX);
    f->from = f->bytes = whole ? 0 : part_start(&f->whole, f->have);
    return f->have == 0 || lseek(f->fd, f->have, SEEK_SET) == f->have ||
           write_failed(p);
}

static void fetch_one(struct purchase *p)
{
    const char *url = value_text(value_at(p->urls, p->fetch->i));
    if (!open_part(p)) {
        purchase_due(p, fetched);
        return;
    }
    struct part_ask ask;
    part_ask(&ask, &p->fetch->whole, url, p->fetch->from);
    struct net_request request = {
        .method = "GET",
        .url = url ? url : "",
        .headers = ask.headers,
        .n_headers = ask.n,
        .redirects = REDIRECTS,
        .reach = p->gate->reach,
        .stall_ms = p->gate->gateway->timeout_ms,
        .headers_done = headers_done,
        .sink = sink,
        .done = on_done,
        .arg = p,
    };
    answer_drop(&p->answer);
    p->exchange = net_send(p->engine->net, &request);
}

static void begin_file(struct fetch *f)
{
    part_free(&f->whole);
    f->reached = 0;
    f->distrust = false;
}

void fetch_enter_fetching(struct purchase *p)
{
    struct fetch *f = p->fetch;
    size_t n = value_count(p->urls);
    if (n != f->n) {
        f->n = n;
        f->i = 0;
        begin_file(f);
        free(f->clips);
        f->clips = xcalloc(n, sizeof(*f->clips));
    }
    purchase_changed(p);
    fetch_one(p);
}

void fetch_next(struct purchase *p)
{
    begin_file(p->fetch);
    if (++p->fetch->i < p->fetch->n)
        fetch_more(p);
    else
        purchase_deliver(p);
}
