#include "engine/learned.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/forecast.h"

#define KEY_MAX 512
#define KINDS_MAX 256 // more are one
#define NEAR_WORTH_MS 5

static void learn(void *arg, const struct ledger_took *took)
{
    forecast_learn(arg, (double)took->least, (double)took->most);
}

static void read_kind(struct forecast *f, struct purchase *p, const char *model,
                      double seconds)
{
    struct ledger_kind kind = {.gateway = p->gate->gateway->identity,
                               .route = p->route,
                               .model = model,
                               .seconds = seconds};
    struct err err;
    if (!ledger_took_each(p->engine->config.ledger, &kind, learn, f, &err))
        log_warn("%s", err.text);
}

struct forecast *learned_of(struct purchase *p)
{
    struct index *kinds = &p->engine->learned;
    const char *model = value_get_text(purchase_request(p), "model");
    double seconds = -1;
    value_number(value_get(purchase_request(p), "seconds"), &seconds);
    char key[KEY_MAX] = "";
    bool one_of_many = kinds->n >= KINDS_MAX;
    snprintf(key, sizeof(key), "%.200s\n%.64s\n%.17g\n%.100s",
             p->gate->gateway->identity, p->route, seconds, model ? model : "");
    struct forecast *f = index_get(kinds, key);
    if (!f && one_of_many) {
        snprintf(key, sizeof(key), "%.200s", p->gate->gateway->identity);
        f = index_get(kinds, key);
    }
    if (f)
        return f;
    f = xcalloc(1, sizeof(*f));
    if (gateway_is_near(p->gate->gateway))
        f->worth = NEAR_WORTH_MS;
    index_set(kinds, key, f);
    if (!one_of_many && seconds >= 0)
        read_kind(f, p, model, seconds);
    if (!one_of_many && f->n == 0) // any length, then
        read_kind(f, p, model, -1);
    return f;
}

void learned_free(struct engine *engine)
{
    index_free_items(&engine->learned);
}
