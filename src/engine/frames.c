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

// A frame of a clip, found.
struct source {
    const char *field;
    const struct value *at; // which picture
    char *text;             // of it, for people
    struct purchase_row row;
    const struct clip_row *clip;
};

void frames_free(struct frames *frames)
{
    value_free(frames->sources);
    free(frames->out);
    free(frames->why);
    *frames = (struct frames){0};
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
           xasprintf("%s: %s: %s", s->field, s->text, why));
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
    char *which = word ? xasprintf("the %s frame", word)
                       : xasprintf("the frame at %.15g s", seconds);
    const char *task = row->clips_task_id ? row->clips_task_id : "(none)";
    char *text = xasprintf("%s of task %s", which, task);
    free(which);
    return text;
}

// False: `p` has settled. The source is to be freed either way.
static bool find_source(struct purchase *p, const char *field,
                        const struct value *frame, struct source *s)
{
    *s = (struct source){.field = field, .at = value_get(frame, "frame")};
    if (!purchase_find(p, value_get_text(frame, "of"), &s->row))
        return false;
    s->text = words_of(s->at, &s->row);
    int64_t n = value_integer(value_get(frame, "file"), 1);
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

static void take(struct purchase *p, const char *field, const char *source)
{
    if (!p->frames.sources)
        p->frames.sources = value_map();
    value_set(p->frames.sources, field, value_str(source));
}

static void go_on(struct purchase *p);

static bool is_reachable(const struct purchase *p, const char *url)
{
    return !net_is_loopback(url) || gateway_is_near(p->gate->gateway);
}

// --- an address that may have expired
static void renewed(struct purchase *p)
{
    struct dialect_status status;
    // Where nothing is said, the old one is all that there is.
    if (poll_read(p, &status) && status.last_frame &&
        is_reachable(p, status.last_frame))
        take(p, p->frames.asked, status.last_frame);
    dialect_status_free(&status);
    p->frames.asked = NULL;
    go_on(p);
}

static bool is_old(const struct purchase *p, const struct source *s)
{
    int64_t age = engine_wall(p->engine) - s->row.attempt.ended_ms;
    return age < 0 || age > FRESH_MS;
}

// A request that cannot read its picture may fail, and be paid. True: the task
// is asked for the address that the picture has now.
static bool renew(struct purchase *p, const struct source *s)
{
    const char *identity = p->gate->gateway->identity;
    struct err err;
    bool theirs = strcmp(s->row.gateway, identity) == 0;
    if (!theirs || !is_old(p, s) || gate_ask_wait(p->gate) > 0)
        return false;
    p->frames.asked = s->field;
    return poll_ask(p, s->row.clips_task_id, renewed, &err);
}

// The address that the service gave the clip's last frame. False: `p` has
// settled, or goes on when that is renewed.
static bool take_address(struct purchase *p, const struct source *s)
{
    const struct gateway *g = p->gate->gateway;
    const char *url = s->row.attempt.state == ATTEMPT_DELIVERED
                          ? s->row.attempt.last_frame
                          : NULL;
    char *why = NULL;
    if (!is_last(s->at) || !url)
        why = xasprintf("'%s' takes pictures by their address only, and the "
                        "clip's gateway gave none for it; upload the picture "
                        "and give its URL",
                        g->name);
    else if (!is_reachable(p, url))
        why = xasprintf("'%s' cannot reach its address on this machine; "
                        "upload the picture and give its URL",
                        g->name);
    else
        take(p, s->field, url);
    if (why)
        refuse_source(p, s, why);
    free(why);
    return !p->settled && !renew(p, s);
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
    struct frames *f = &p->frames;
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
    struct frames *f = &p->frames;
    if (!f->then)
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
    struct frames *f = &p->frames;
    if (!store_has(engine->config.store, s->clip->sha256, s->clip->ext,
                   s->clip->size)) {
        refuse_source(p, s,
                      "its clip is gone from the store; run again to fetch it");
        return false;
    }
    free(f->out);
    f->out = picture_path(engine, s, &p->err);
    if (!f->out) {
        purchase_settle_disk(p);
        return false;
    }
    take(p, s->field, f->out);
    if (path_exists(f->out))
        return true;
    char *clip =
        store_path(engine->config.store, s->clip->sha256, s->clip->ext);
    checker_frame(engine->checker, clip, s->at, f->out, on_cut, p);
    free(clip);
    return false;
}

static bool take_frame(struct purchase *p, const char *field,
                       const struct value *frame)
{
    struct source source;
    bool ready = find_source(p, field, frame, &source) &&
                 (frames_as_data(p->gate->gateway) ? take_picture(p, &source)
                                                   : take_address(p, &source));
    source_free(&source);
    return ready;
}

static void go_on(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    const struct field_table *table = dialect->fields(dialect->ctx, p->route);
    struct frames *f = &p->frames;
    while (f->next < table->n) {
        const struct field *field = &table->fields[f->next++];
        const struct value *v = field->type == FIELD_FILE
                                    ? value_get_path(p->request, field->name)
                                    : NULL;
        if (v && v->type == VALUE_MAP && !take_frame(p, field->name, v))
            return;
    }
    purchase_fn *then = f->then;
    f->then = NULL;
    then(p);
}

void frames_prepare(struct purchase *p, purchase_fn *then)
{
    frames_free(&p->frames);
    p->frames.then = then;
    go_on(p);
}
