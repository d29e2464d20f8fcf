// Downloading what is ready: at most a few at once, before anything new is
// bought, because links expire. The key never goes there.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    value_free(p->fetch.urls);
    p->fetch.urls = NULL;
    purchase_hold(p);
    purchase_after(p, p->fetch.retry_ms, poll_now);
    p->fetch.retry_ms = 0;
}

void fetch_enter_ready(struct purchase *p)
{
    fetch_end(p);
    if (p->fetch.urls)
        line_add(&p->engine->fetches, p);
    else
        fetch_renew(p);
}

bool fetch_recorded(struct purchase *p)
{
    if (p->state != ATTEMPT_READY || value_count(p->fetch.recorded) == 0)
        return false;
    value_free(p->fetch.urls);
    p->fetch.urls = p->fetch.recorded;
    p->fetch.recorded = NULL;
    p->fetch.last_chance = true;
    fetch_enter_ready(p);
    return true;
}

void fetch_pump(struct engine *engine)
{
    while (engine->n_fetching < FETCHES_MAX) {
        struct purchase *p = line_take(&engine->fetches);
        if (!p)
            return;
        if (p->settled)
            continue;
        p->fetching = true;
        engine->n_fetching++;
        char *urls = json_text(p->fetch.urls);
        struct ledger_move with = {
            .price = -1, .urls = urls, .last_frame = p->last_frame};
        purchase_move(p, ATTEMPT_FETCHING, &with);
        free(urls);
    }
}

static void close_part(struct purchase *p)
{
    if (p->fetch.fd >= 0)
        close(p->fetch.fd);
    p->fetch.fd = -1;
}

void fetch_end(struct purchase *p)
{
    close_part(p);
    free(p->fetch.part);
    free(p->fetch.why);
    p->fetch.part = p->fetch.why = NULL;
    if (p->fetching)
        p->engine->n_fetching--;
    p->fetching = false;
}

void fetch_give_up(struct purchase *p, enum err_kind err, const char *kind,
                   char *text)
{
    purchase_move_end(p, ATTEMPT_READY, NULL, err, kind, text);
}

void fetch_failed(struct purchase *p, const char *why)
{
    long status = p->answer.status;
    bool expired = p->answer.result == NET_ANSWERED &&
                   (status == 403 || status == 404 || status == 410);
    // A link that we may not follow is renewed once.
    bool last = (p->fetch.last_chance && !expired) ||
                (p->answer.barred && p->fetch.tries > 0);
    if (p->fetch.tries++ >= TRIES_MAX || last) {
        fetch_give_up(
            p, ERR_NET, "network",
            xasprintf("could not download the clip of task %s (%s); it is "
                      "bought: run again to fetch it",
                      purchase_task(p), why));
        return;
    }
    int64_t first =
        p->gate->reach == NET_REACH_ANY ? RETRY_NEAR_MS : RETRY_FIRST_MS;
    p->fetch.retry_ms =
        expired && p->fetch.tries == 1
            ? 0
            : pace_back_off(p->fetch.tries - 1, first, RETRY_MOST_MS,
                            engine_chance(p->engine));
    value_free(p->fetch.urls); // read the task again: the link may be new
    p->fetch.urls = NULL;
    purchase_move(p, ATTEMPT_READY, NULL);
}

// --- one URL
static int64_t clip_max(const struct purchase *p)
{
    int64_t max = p->gate->gateway->clip_max;
    return max ? max : CLIP_MAX;
}

// What came of it fills no disk while it waits for a larger limit.
static bool too_large(struct purchase *p)
{
    if (ftruncate(p->fetch.fd, 0) != 0)
        return err_errno(&p->err, ERR_DISK, "cannot write %s", p->fetch.part);
    return err_set(&p->err, ERR_NET, "larger than clip_max");
}

static bool headers_done(void *arg, const struct net_response *response)
{
    struct purchase *p = arg;
    const char *length = net_response_header(response, "content-length");
    return !length || strtoll(length, NULL, 10) <= clip_max(p) || too_large(p);
}

static bool sink(void *arg, const void *bytes, size_t len)
{
    struct purchase *p = arg;
    p->fetch.bytes += (int64_t)len;
    if (p->fetch.bytes > clip_max(p))
        return too_large(p);
    if (!file_write_all(p->fetch.fd, bytes, len))
        return err_errno(&p->err, ERR_DISK, "cannot write %s", p->fetch.part);
    return true;
}

static void fetched(struct purchase *p)
{
    close_part(p);
    const struct answer *a = &p->answer;
    bool came = a->result == NET_ANSWERED && a->status == 200;
    if (p->err.kind == ERR_NET) {
        fetch_give_up(p, ERR_NET, "too_large",
                      xasprintf("the clip of task %s is larger than clip_max "
                                "(%lld MB); it is bought: raise clip_max of "
                                "gateway '%s' and run again",
                                purchase_task(p), (long long)clip_max(p) >> 20,
                                purchase_where(p)));
    } else if (p->err.kind != ERR_NONE) {
        fetch_give_up(p, p->err.kind, "disk",
                      xasprintf("%s; task %s is bought: run again to fetch it",
                                p->err.text, purchase_task(p)));
    } else if (came && p->fetch.bytes > 0) {
        keep_check(p);
    } else {
        char *why = came ? xstrdup("it is empty") : answer_said(a);
        fetch_failed(p, why);
        free(why);
    }
}

static void on_done(void *arg, const struct net_response *response)
{
    struct purchase *p = arg;
    p->exchange = NULL;
    answer_take(&p->answer, response);
    purchase_due(p, fetched);
}

static bool open_part(struct purchase *p)
{
    struct fetch *f = &p->fetch;
    free(f->part);
    f->part =
        store_part_path(p->engine->config.store, p->attempt, (int)f->i + 1);
    f->bytes = 0;
    p->err = (struct err){.kind = ERR_NONE};
    f->fd = open(f->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                 0600);
    return f->fd >= 0 ||
           err_errno(&p->err, ERR_DISK, "cannot write %s", f->part);
}

static void fetch_one(struct purchase *p)
{
    const char *url = value_text(value_at(p->fetch.urls, p->fetch.i));
    if (!open_part(p)) {
        purchase_due(p, fetched);
        return;
    }
    struct net_request request = {
        .method = "GET",
        .url = url ? url : "",
        .redirects = REDIRECTS,
        .reach = p->gate->reach,
        .stall_ms = p->gate->gateway->timeout_ms,
        .headers_done = headers_done,
        .sink = sink,
        .done = on_done,
        .arg = p,
    };
    answer_free(&p->answer);
    p->exchange = net_send(p->engine->net, &request);
}

void fetch_enter_fetching(struct purchase *p)
{
    struct fetch *f = &p->fetch;
    size_t n = value_count(f->urls);
    if (n != f->n) {
        f->n = n;
        f->i = 0;
        free(f->clips);
        f->clips = xcalloc(n, sizeof(*f->clips));
    }
    purchase_changed(p);
    fetch_one(p);
}

void fetch_next(struct purchase *p)
{
    if (++p->fetch.i < p->fetch.n)
        fetch_one(p);
    else
        purchase_deliver(p);
}
