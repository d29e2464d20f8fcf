#include "engine/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/api.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"

#define WHY_MAX 200
#define FRESH_MS (10 * 60 * 1000) // a link that was told so lately still works

// A clip, or a frame of one, found.
struct source {
    const struct field *field;
    const struct value *at; // which picture; NULL: the clip itself
    char *text;             // of it, for people
    struct purchase_row row;
    const struct clip_row *clip;
};

void frames_free(struct purchase *p)
{
    struct frames *frames = p->frames;
    if (!frames)
        return;
    value_free(frames->sources);
    free(frames->out);
    free(frames->why);
    free(frames);
    p->frames = NULL;
}

bool frames_as_data(const struct gateway *g)
{
    return !g->dialect->never_data_uri &&
           (g->dialect->data_uri || gateway_is_near(g));
}

static void refuse(struct purchase *p, enum err_kind err, const char *kind,
                   char *why)
{
    purchase_settle(p, err, kind, xasprintf("%s; it was not bought", why));
    free(why);
}

static void refuse_source(struct purchase *p, const struct source *s,
                          const char *why)
{
    refuse(p, ERR_RECIPE, "invalid",
           xasprintf("%s: %s: %s", s->field->name, s->text, why));
}

static bool is_last(const struct value *at)
{
    const char *word = value_text(at);
    return word && strcmp(word, "last") == 0;
}

static char *words_of(const struct value *at, const struct purchase_row *row)
{
    const char *word = value_text(at);
    double seconds = 0;
    value_number(at, &seconds);
    char *which = !at    ? xstrdup("the clip")
                  : word ? xasprintf("the %s frame", word)
                         : xasprintf("the frame at %.15g s", seconds);
    const char *task = row->clips_task_id ? row->clips_task_id : "(none)";
    char *text = xasprintf("%s of task %s", which, task);
    free(which);
    return text;
}

// False: `p` has settled. The source is to be freed either way.
static bool find_source(struct purchase *p, const struct field *field,
                        const struct value *v, struct source *s)
{
    *s = (struct source){.field = field, .at = value_get(v, "frame")};
    if (!purchase_find(p, value_get_text(v, s->at ? "of" : "clip"), &s->row))
        return false;
    s->text = words_of(s->at, &s->row);
    int64_t n = value_integer(value_get(v, "file"), 1);
    if (s->row.n_clips == 0)
        refuse_source(p, s, "its clip is not delivered; wait for it first");
    else if (n < 1 || (size_t)n > s->row.n_clips)
        refuse_source(p, s, "the task has no such file");
    else
        s->clip = &s->row.clips[n - 1];
    return s->clip;
}

static void source_free(struct source *s)
{
    purchase_row_free(&s->row);
    free(s->text);
}

// `sha256`: what the file must hold; NULL: it does not matter.
static void take(struct purchase *p, const char *field, const char *as,
                 const char *text, const char *sha256)
{
    struct value *source = value_map();
    value_set(source, as, value_str(text));
    value_set_text(source, "sha256", sha256);
    if (!p->frames->sources)
        p->frames->sources = value_map();
    value_set(p->frames->sources, field, source);
}

static void go_on(struct purchase *p);

// --- addresses
static bool is_reachable(const struct purchase *p, const char *url)
{
    return !net_is_loopback(url) || gateway_is_near(p->gate->gateway);
}

static bool is_address(const char *text)
{
    return text &&
           (text_starts(text, "http://") || text_starts(text, "https://"));
}

// Of the n-th of a task's files.
static const char *nth_address(const struct value *urls, int n)
{
    const char *url = value_text(value_at(urls, (size_t)n - 1));
    return is_address(url) ? url : NULL;
}

// The address that the service gave it; owned. NULL: none that is known.
static char *address_of(const struct source *s)
{
    const struct attempt_row *attempt = &s->row.attempt;
    if (attempt->state != ATTEMPT_DELIVERED)
        return NULL;
    if (s->at)
        return is_last(s->at) && is_address(attempt->last_frame)
                   ? xstrdup(attempt->last_frame)
                   : NULL;
    const char *json = attempt->urls ? attempt->urls : "";
    struct value *urls = json_read(json, strlen(json), JSON_LENIENT, NULL);
    char *url = xstrdup(nth_address(urls, s->clip->n));
    value_free(urls);
    return url;
}

static void renewed(struct purchase *p)
{
    struct frames *f = p->frames;
    struct dialect_status status;
    bool read = poll_read(p, &status);
    const char *url = f->asked_file ? nth_address(status.urls, f->asked_file)
                                    : status.last_frame;
    // Where nothing is said, the old one is all that there is.
    if (read && is_address(url) && is_reachable(p, url))
        take(p, f->asked, "url", url, NULL);
    dialect_status_free(&status);
    f->asked = NULL;
    go_on(p);
}

static bool is_old(const struct purchase *p, const struct source *s)
{
    int64_t age = engine_wall(p->engine) - s->row.attempt.ended_ms;
    return age < 0 || age > FRESH_MS;
}

// A request that cannot read its input may fail, and be paid. True: the task is
// asked for the address that the input has now.
static bool renew(struct purchase *p, const struct source *s)
{
    const char *identity = p->gate->gateway->identity;
    struct err err;
    bool theirs = strcmp(s->row.gateway, identity) == 0;
    if (!theirs || !is_old(p, s) || gate_ask_wait(p->gate) > 0)
        return false;
    p->frames->asked = s->field->name;
    p->frames->asked_file = s->at ? 0 : s->clip->n;
    return poll_ask(p, s->row.clips_task_id, renewed, &err);
}

// Why it can be sent by its address only; owned.
static char *no_address(const struct purchase *p, const struct source *s)
{
    const char *name = p->gate->gateway->name;
    if (!s->at && frames_as_data(p->gate->gateway))
        return xasprintf("it is too large to be sent as text, and its gateway "
                         "gave no address for it; upload it and give its URL");
    const char *what = s->at ? "picture" : "film";
    return xasprintf("'%s' takes %ss by their address only, and the clip's "
                     "gateway gave none for it; upload the %s and give its URL",
                     name, what, what);
}

// False: `p` has settled, or goes on when the address is renewed.
static bool take_address(struct purchase *p, const struct source *s)
{
    const struct gateway *g = p->gate->gateway;
    char *url = address_of(s);
    char *why = NULL;
    if (!url)
        why = no_address(p, s);
    else if (!is_reachable(p, url))
        why = xasprintf("'%s' cannot reach its address on this machine; "
                        "upload the %s and give its URL",
                        g->name, s->at ? "picture" : "film");
    else
        take(p, s->field->name, "url", url, NULL);
    if (why)
        refuse_source(p, s, why);
    free(why);
    free(url);
    return !p->settled && !renew(p, s);
}

// --- files
static bool is_stored(struct purchase *p, const struct source *s)
{
    if (store_has(p->engine->config.store, s->clip->sha256, s->clip->ext,
                  s->clip->size))
        return true;
    refuse_source(p, s,
                  "its clip is gone from the store; run again to fetch it");
    return false;
}

static bool take_film(struct purchase *p, const struct source *s)
{
    if (!is_stored(p, s))
        return false;
    char *path =
        store_path(p->engine->config.store, s->clip->sha256, s->clip->ext);
    take(p, s->field->name, "path", path, s->clip->sha256);
    free(path);
    return true;
}

// Where the picture is kept: it is the same for every request that wants it.
static char *picture_path(const struct engine *engine, const struct source *s,
                          struct err *err)
{
    char *dir = path_join(engine->state_dir, "frames");
    char *at =
        value_text(s->at) ? xstrdup(value_text(s->at)) : json_text(s->at);
    char *path = path_mkdirs(dir, err)
                     ? xasprintf("%s/%s-%s.png", dir, s->clip->sha256, at)
                     : NULL;
    free(at);
    free(dir);
    return path;
}

static void cut(struct purchase *p)
{
    struct frames *f = p->frames;
    char *why = f->why;
    f->why = NULL;
    if (f->result == CHECKER_OK)
        go_on(p);
    else if (f->result == CHECKER_BAD)
        refuse(p, ERR_NONE, "invalid",
               xasprintf("a frame of an earlier clip cannot be read (%s); ask "
                         "for another frame, or another take of that clip",
                         why));
    else
        refuse(
            p, ERR_DISK, "disk",
            xasprintf("cannot cut a frame out of an earlier clip (%s)", why));
    free(why);
}

static void on_cut(void *arg, enum checker_result result,
                   const struct checker_facts *facts, const char *why)
{
    (void)facts;
    struct purchase *p = arg;
    struct frames *f = p->frames;
    if (!f || !f->then)
        return; // it went another way meanwhile
    f->result = result;
    free(f->why);
    f->why = why ? text_printable(why, strlen(why), WHY_MAX) : NULL;
    purchase_due(p, cut);
}

// False: `p` has settled, or goes on when the picture is there.
static bool take_picture(struct purchase *p, const struct source *s)
{
    const struct engine *engine = p->engine;
    struct frames *f = p->frames;
    if (!is_stored(p, s))
        return false;
    free(f->out);
    struct err err;
    f->out = picture_path(engine, s, &err);
    if (!f->out) {
        purchase_note_err(p, &err);
        purchase_settle_disk(p);
        return false;
    }
    take(p, s->field->name, "path", f->out, NULL);
    if (path_exists(f->out))
        return true;
    char *clip =
        store_path(engine->config.store, s->clip->sha256, s->clip->ext);
    checker_frame(engine->checker, clip, s->at, f->out, on_cut, p);
    free(clip);
    return false;
}

static bool take_found(struct purchase *p, const struct source *s)
{
    bool fits = frames_as_data(p->gate->gateway) &&
                (s->at || files_fit(s->field, s->clip->size));
    if (!fits)
        return take_address(p, s);
    return s->at ? take_picture(p, s) : take_film(p, s);
}

static bool take_source(struct purchase *p, const struct field *field,
                        const struct value *v)
{
    struct source source;
    bool ready = find_source(p, field, v, &source) && take_found(p, &source);
    source_free(&source);
    return ready;
}

static void go_on(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    const struct field_table *table = dialect->fields(dialect->ctx, p->route);
    struct frames *f = p->frames;
    while (f->next < table->n) {
        const struct field *field = &table->fields[f->next++];
        const struct value *v =
            field->type == FIELD_FILE
                ? value_get_path(purchase_request(p), field->name)
                : NULL;
        if (v && v->type == VALUE_MAP && !take_source(p, field, v))
            return;
    }
    purchase_fn *then = f->then;
    f->then = NULL;
    then(p);
}

void frames_prepare(struct purchase *p, purchase_fn *then)
{
    frames_free(p);
    p->frames = xcalloc(1, sizeof(*p->frames));
    p->frames->then = then;
    go_on(p);
}
