// What others may know of a purchase, and how they hear of its changes.

#include "engine/flow.h"
#include "engine/leaving.h"
#include "engine/purchase.h"
#include "engine/trouble.h"

enum attempt_state purchase_state(const struct purchase *p)
{
    return p->state;
}

const char *purchase_task_id(const struct purchase *p)
{
    return p->task_id;
}

bool purchase_answered(const struct purchase *p)
{
    return p->settled || p->task_id;
}

bool purchase_settled(const struct purchase *p)
{
    return p->settled;
}

bool purchase_was_bought_now(const struct purchase *p)
{
    return p->bought_now;
}

enum attempt_state purchase_found(const struct purchase *p)
{
    return p->found;
}

bool purchase_unrecorded(const struct purchase *p)
{
    return p->settled && p->bought_now && trouble_of(p)->unrecorded > 0 &&
           p->state == ATTEMPT_SUBMITTING;
}

bool purchase_lacks_of_gateway(const struct purchase *p)
{
    return p->lacks_of_gateway;
}

double purchase_progress(const struct purchase *p)
{
    return p->progress;
}

int64_t purchase_price(const struct purchase *p)
{
    return p->price;
}

int64_t purchase_price_least(const struct purchase *p)
{
    return p->least;
}

const char *engine_time_unknown(const struct engine *engine)
{
    return engine->time_unknown;
}

int64_t purchase_price_asked(const struct purchase *p)
{
    return p->asked_price;
}

const char *purchase_cell(const struct purchase *p)
{
    return p->cell ? p->cell : "";
}

const struct gateway *purchase_gateway(const struct purchase *p)
{
    return p->gate->gateway;
}

const struct value *purchase_request(const struct purchase *p)
{
    // Not even who may not change it notices.
    return p->packed ? purchase_unpack((struct purchase *)p) : p->request;
}

const struct value *purchase_named(const struct purchase *p)
{
    return p->named ? p->named : purchase_request(p);
}

const char *purchase_route(const struct purchase *p)
{
    return p->route;
}

int purchase_take(const struct purchase *p)
{
    return p->take;
}

struct checker *engine_checker(const struct engine *engine)
{
    return engine->checker;
}

const char *purchase_failure_kind(const struct purchase *p)
{
    return p->ending.kind;
}

const char *purchase_failure(const struct purchase *p)
{
    return p->ending.text;
}

enum err_kind purchase_failure_err(const struct purchase *p)
{
    return p->ending.err;
}

const char *purchase_fingerprint(const struct purchase *p)
{
    return p->fingerprint;
}

int64_t purchase_arrival(const struct purchase *p)
{
    return p->n_clips ? p->clips[0].id : 0;
}

// An answer counts once what it changed is on disk, and so in the state.
unsigned purchase_reads(const struct purchase *p)
{
    return p->writing && p->reads > 0 ? p->reads - 1 : p->reads;
}

enum purchase_cancel purchase_cancelled(const struct purchase *p)
{
    return p->cancel;
}

void purchase_show(const struct purchase *p, void *shown)
{
    ((struct purchase *)p)->shown = shown; // to who looks on, it is the same
}

void *purchase_shown(const struct purchase *p)
{
    return p->shown;
}

size_t purchase_clips(const struct purchase *p)
{
    return p->n_clips;
}

const struct clip_row *purchase_clip(const struct purchase *p, size_t i)
{
    return i < p->n_clips ? &p->clips[i] : NULL;
}

void purchase_keep(struct purchase *p)
{
    p->keepers++;
}

void purchase_drop(struct purchase *p)
{
    p->keepers--;
    leaving_look(p);
}

void purchase_asked_by(struct purchase *p)
{
    if (p->played)
        p->played->cells++;
}

uint64_t purchase_cells(const struct purchase *p)
{
    return p->played ? p->played->cells : 0;
}

bool purchase_is_again(const struct purchase *p)
{
    return p->played && p->played->again;
}

void engine_watch(struct purchase *p, struct engine_watch *watch)
{
    watch->purchase = p;
    watch->next = p->watches;
    watch->link = &p->watches;
    if (watch->next)
        watch->next->link = &watch->next;
    p->watches = watch;
    p->left = false;
    purchase_count(p);
}

void engine_unwatch(struct engine_watch *watch)
{
    struct purchase *p = watch->purchase;
    if (!p)
        return;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    watch->purchase = NULL;
    watch->next = NULL;
    p->left = !p->watches;
    purchase_count(p);
    leaving_look(p);
}
