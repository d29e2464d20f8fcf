#include "fake_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"

struct purchase {
    struct purchase *next;
    const struct gateway *gateway;
    struct value *request;
    char *prompt, *key, *cell, *task_id;
    int take, steps;
    bool settled;
    const char *kind, *failure;
    enum err_kind err;
    struct clip_row clips[2];
    size_t n_clips;
    struct engine_watch *watches;
    char fingerprint[HASH_HEX];
    int64_t arrival;
    unsigned reads;
    size_t keepers;
    bool hastened;
    enum purchase_cancel cancel;
};

struct engine {
    bool dry;
    struct purchase *first;
    size_t n;
    int64_t arrivals;
    int64_t paused_ms;
    char told[512]; // "outcome:prompt " of every call
    char paths[256];
};

struct engine *fake_engine_new(bool dry)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));
    engine->dry = dry;
    return engine;
}

struct engine *engine_new(const struct engine_config *config, struct err *err)
{
    (void)err;
    return fake_engine_new(config->dry);
}

void engine_free(struct engine *engine)
{
    while (engine->first) {
        struct purchase *p = engine->first;
        engine->first = p->next;
        if (p->keepers > 0)
            abort(); // a cell that has ended keeps it
        value_free(p->request);
        free(p->prompt);
        free(p->key);
        free(p->cell);
        free(p->task_id);
        free(p);
    }
    free(engine);
}

static void deliver(struct engine *engine, struct purchase *p)
{
    p->n_clips = strcmp(p->prompt, "two") == 0 ? 2 : 1;
    for (size_t i = 0; i < p->n_clips; i++) {
        struct clip_row *row = &p->clips[i];
        row->n = (int)i + 1;
        row->seconds = 5;
        row->width = 1280;
        row->height = 768;
        memcpy(row->ext, "mp4", 4);
        row->size = engine->dry ? 0 : 7;
        if (!engine->dry)
            snprintf(row->sha256, HASH_HEX, "%064zx", i + 10);
    }
    p->settled = true;
    p->arrival = ++engine->arrivals;
}

static void end(struct purchase *p, const char *kind, const char *failure,
                enum err_kind err)
{
    p->kind = kind;
    p->failure = failure;
    p->err = err;
    p->settled = true;
}

static void cancel(struct purchase *p)
{
    if (strcmp(p->prompt, "never") == 0) {
        p->cancel = CANCEL_DONE;
        end(p, "cancelled", "it was cancelled", ERR_NONE);
    } else {
        p->cancel = strcmp(p->prompt, "stubborn") == 0 ? CANCEL_FAILED
                                                       : CANCEL_NOT_OFFERED;
    }
}

static void step(struct engine *engine, struct purchase *p)
{
    if (p->settled || strcmp(p->prompt, "deaf") == 0)
        return;
    p->steps++;
    if (p->hastened)
        p->reads++;
    p->hastened = false;
    if (p->steps == 1 && strcmp(p->prompt, "adopted?") == 0)
        end(p, "not_found", "the gateway does not know this task", ERR_RECIPE);
    else if (p->cancel == CANCEL_UNDER_WAY)
        cancel(p);
    else if (p->steps == 1 && p->task_id)
        ; // adopted: it has one
    else if (p->steps == 1 && strcmp(p->prompt, "refuse") == 0)
        end(p, "credits", "not enough credits", ERR_GATEWAY);
    else if (p->steps == 1)
        p->task_id = xasprintf("task-%s-%d", p->prompt, p->take);
    else if (p->steps == 3 && strcmp(p->prompt, "fail") == 0)
        end(p, "moderation", "the prompt was flagged", ERR_NONE);
    else if (p->steps == 6 && strcmp(p->prompt, "slow") == 0)
        deliver(engine, p);
    else if (p->steps == 3 && strcmp(p->prompt, "slow") != 0 &&
             strcmp(p->prompt, "never") != 0 &&
             strcmp(p->prompt, "stubborn") != 0)
        deliver(engine, p);
    for (struct engine_watch *w = p->watches; w; w = w->next)
        w->fn(w);
}

void engine_step(struct engine *engine)
{
    for (struct purchase *p = engine->first; p; p = p->next)
        step(engine, p);
}

static struct purchase *add(struct engine *engine, const struct order *order,
                            const char *prompt, char *key)
{
    struct purchase *p = xcalloc(1, sizeof(*p));
    p->gateway = order->gateway;
    p->request = value_copy(order->request);
    p->prompt = xstrdup(prompt ? prompt : "");
    p->cell = xstrdup(order->cell);
    p->key = key;
    p->take = order->take;
    hash_bytes(key, strlen(key), p->fingerprint);
    struct purchase **link = &engine->first;
    while (*link)
        link = &(*link)->next;
    *link = p;
    engine->n++;
    if (engine->dry) {
        p->task_id = xasprintf("dry-%zu", engine->n);
        deliver(engine, p);
    }
    return p;
}

struct purchase *engine_buy(struct engine *engine, const struct order *order,
                            struct err *err)
{
    const char *prompt = value_get_text(order->request, "prompt");
    if (prompt && strcmp(prompt, "wrong") == 0) {
        err_set(err, ERR_RECIPE, "prompt: not this one");
        return NULL;
    }
    if (prompt && strcmp(prompt, "disk") == 0) {
        err_set(err, ERR_DISK, "the ledger cannot be read");
        return NULL;
    }
    size_t used = strlen(engine->paths);
    snprintf(engine->paths + used, sizeof(engine->paths) - used, "%s:%s ",
             order->path, prompt ? prompt : "");
    if (prompt && strcmp(prompt, "diverge") == 0 && order->memory) {
        order->memory->diverged = true;
        err_set(err, ERR_RECIPE, "the script asks for something else");
        return NULL;
    }
    char *request = json_text(order->request);
    char *key = xasprintf("%s %d", request, order->take);
    free(request);
    for (struct purchase *p = engine->first; p; p = p->next) {
        if (strcmp(p->key, key) == 0) {
            free(key);
            return p;
        }
    }
    return add(engine, order, prompt, key);
}

struct purchase *engine_find_task(struct engine *engine,
                                  const struct gateway *gateway,
                                  const char *task_id, struct err *err)
{
    (void)gateway;
    if (strcmp(task_id, "broken") == 0) {
        err_set(err, ERR_DISK, "the ledger cannot be read");
        return NULL;
    }
    for (struct purchase *p = engine->first; p; p = p->next) {
        if (p->task_id && strcmp(p->task_id, task_id) == 0)
            return p;
    }
    return NULL;
}

// "elsewhere" was bought elsewhere; any other id is not known.
struct purchase *engine_adopt_task(struct engine *engine,
                                   const struct gateway *gateway,
                                   const char *task_id)
{
    struct value *request = value_map();
    struct order order = {
        .gateway = gateway, .request = request, .take = 1, .cell = ""};
    bool known = strcmp(task_id, "elsewhere") == 0;
    bool dry = engine->dry;
    engine->dry = false;
    struct purchase *p = add(engine, &order, known ? "elsewhere" : "adopted?",
                             xasprintf("adopted %s", task_id));
    engine->dry = dry;
    value_free(request);
    p->task_id = xstrdup(task_id);
    if (dry)
        end(p, "not_found", "the gateway was not asked", ERR_RECIPE);
    return p;
}

void purchase_keep(struct purchase *p)
{
    p->keepers++;
}

void purchase_drop(struct purchase *p)
{
    if (p->keepers-- == 0)
        abort(); // nobody kept it
}

int64_t engine_paused_ms(const struct engine *engine)
{
    return engine->paused_ms;
}

void fake_engine_paused(struct engine *engine, int64_t ms)
{
    engine->paused_ms += ms;
}

void engine_forget(struct engine *engine, struct call_memory *memory)
{
    (void)engine, (void)memory;
}

void engine_told(struct engine *engine, struct call_memory *memory,
                 const struct purchase *purchase, const char *outcome)
{
    (void)memory;
    size_t used = strlen(engine->told);
    snprintf(engine->told + used, sizeof(engine->told) - used, "%s:%s ",
             outcome, purchase->prompt);
}

const char *fake_engine_told(const struct engine *engine)
{
    return engine->told;
}

const char *fake_engine_paths(const struct engine *engine)
{
    return engine->paths;
}

const char *purchase_fingerprint(const struct purchase *p)
{
    return p->fingerprint;
}

int64_t purchase_arrival(const struct purchase *p)
{
    return p->arrival;
}

void purchase_hasten(struct purchase *p)
{
    p->hastened = true;
}

unsigned purchase_reads(const struct purchase *p)
{
    return p->reads;
}

void purchase_cancel(struct purchase *p)
{
    p->cancel = p->settled ? CANCEL_TOO_LATE : CANCEL_UNDER_WAY;
}

enum purchase_cancel purchase_cancelled(const struct purchase *p)
{
    return p->cancel;
}

void engine_stop(struct engine *engine)
{
    (void)engine;
}

bool engine_quiet(const struct engine *engine)
{
    (void)engine;
    return true;
}

enum attempt_state purchase_state(const struct purchase *p)
{
    return !p->settled                ? ATTEMPT_RUNNING
           : p->cancel == CANCEL_DONE ? ATTEMPT_CANCELLED
           : p->kind                  ? ATTEMPT_FAILED
                                      : ATTEMPT_DELIVERED;
}

const char *purchase_task_id(const struct purchase *p)
{
    return p->task_id;
}

bool purchase_answered(const struct purchase *p)
{
    return p->task_id || p->settled;
}

bool purchase_settled(const struct purchase *p)
{
    return p->settled;
}

bool purchase_was_bought_now(const struct purchase *p)
{
    return p->task_id;
}

double purchase_progress(const struct purchase *p)
{
    return p->settled ? 1 : p->reads > 0 ? 0.25 : -1;
}

int64_t purchase_price(const struct purchase *p)
{
    (void)p;
    return 25000;
}

const char *purchase_cell(const struct purchase *p)
{
    return p->cell;
}

const struct gateway *purchase_gateway(const struct purchase *p)
{
    return p->gateway;
}

const struct value *purchase_request(const struct purchase *p)
{
    return p->request;
}

const char *purchase_failure_kind(const struct purchase *p)
{
    return p->kind;
}

const char *purchase_failure(const struct purchase *p)
{
    return p->failure;
}

enum err_kind purchase_failure_err(const struct purchase *p)
{
    return p->err;
}

size_t purchase_clips(const struct purchase *p)
{
    return p->n_clips;
}

const struct clip_row *purchase_clip(const struct purchase *p, size_t i)
{
    return &p->clips[i];
}

void engine_watch(struct purchase *purchase, struct engine_watch *watch)
{
    watch->purchase = purchase;
    watch->next = purchase->watches;
    purchase->watches = watch;
}

void engine_unwatch(struct engine_watch *watch)
{
    if (!watch->purchase)
        return;
    struct engine_watch **link = &watch->purchase->watches;
    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    watch->purchase = NULL;
}

size_t fake_engine_purchases(const struct engine *engine)
{
    return engine->n;
}

struct purchase *fake_engine_purchase(const struct engine *engine, size_t i)
{
    struct purchase *p = engine->first;
    while (p && i--)
        p = p->next;
    return p;
}

size_t fake_engine_watches(const struct engine *engine)
{
    size_t n = 0;
    for (struct purchase *p = engine->first; p; p = p->next) {
        for (struct engine_watch *w = p->watches; w; w = w->next)
            n++;
    }
    return n;
}

int fake_purchase_take(const struct purchase *p)
{
    return p->take;
}
