// Runway's own API: how a task is, its end, and the account.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/answer.h"
#include "gateway/input.h"
#include "gateway/official.h"
#include "gateway/official_answer.h"
#include "gateway/official_order.h"

#define API "official"
#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define CREDITS_OPEN                                                           \
    1000000 // what an account without a ceiling is told to have

static void no_task(const struct routes *r, struct net_call *call)
{
    official_error(r, call, 404, "Could not find Task");
}

// --- as it is

struct look {
    const char *host;
    struct value *told; // NULL: nothing that may be seen
};

static const char *status_of(const struct task *t)
{
    static const char *const names[TASK_STATES] = {
        [TASK_QUEUED] = "PENDING",      [TASK_RUNNING] = "RUNNING",
        [TASK_FAILED] = "FAILED",       [TASK_SUCCEEDED] = "SUCCEEDED",
        [TASK_CANCELLED] = "CANCELLED",
    };
    bool waits = t->state == TASK_QUEUED && t->throttled;
    return waits ? "THROTTLED" : names[t->state];
}

static void set_time(struct value *v, const char *name, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char whole[32];
    strftime(whole, sizeof whole, "%Y-%m-%dT%H:%M:%S", &tm);
    char *text = xasprintf("%s.%03" PRId64 "Z", whole, ms % 1000);
    value_set(v, name, value_str(text));
    free(text);
}

static void set_cost(struct value *v, const struct task *t)
{
    bool refunded = t->state == TASK_FAILED || t->state == TASK_CANCELLED;
    struct value *cost = value_map();
    value_set(cost, "credits", official_credits(refunded ? 0 : t->cost));
    value_set(v, task_is_final(t->state) ? "cost" : "estimatedCost", cost);
}

static void set_output(struct value *v, const struct task *t, const char *host)
{
    bool picture = t->output == TASK_PICTURE;
    char *url = xasprintf("http://%s/assets/%s%s", host, t->id,
                          picture ? ASSET_PICTURE : ASSET_CLIP);
    struct value *list = value_list();
    value_add(list, value_str(url));
    value_set(v, "output", list);
    free(url);
}

static void see(void *arg, const struct task *t)
{
    struct look *look = arg;
    if (t->hidden || strcmp(t->api, API) != 0)
        return;
    struct value *v = look->told = value_map();
    value_set(v, "id", value_str(t->id));
    value_set(v, "status", value_str(status_of(t)));
    set_time(v, "createdAt", t->created_ms);
    if (t->state == TASK_RUNNING)
        value_set(v, "progress", value_real((double)t->percent / 100));
    if (t->state == TASK_SUCCEEDED)
        set_output(v, t, look->host);
    if (t->state == TASK_FAILED) {
        const char *code = t->failure_code ? t->failure_code : "INTERNAL";
        value_set(v, "failure", value_str(t->msg ? t->msg : ""));
        value_set(v, "failureCode", value_str(code));
    }
    set_cost(v, t);
}

static void retrieve(const struct routes *r, const char *id,
                     struct net_call *call)
{
    struct look look = {.host = routes_host(r, call)};
    struct err err;
    tasks_look(r->tasks, id, see, &look, &err);
    if (look.told)
        answer_json(call, 200, look.told);
    else if (err.kind == ERR_NONE)
        no_task(r, call);
    else
        official_error(r, call, 500, err.text);
}

// --- its end

struct removal {
    struct routes *routes;
    struct net_call *call;
};

static void removed(void *arg, enum task_removal removal, const struct err *err)
{
    struct removal *x = arg;
    if (err) {
        log_error("gateway: a task could not be cancelled: %s", err->text);
        official_error(x->routes, x->call, 500, err->text);
    } else if (removal == TASK_REMOVAL_NONE) {
        no_task(x->routes, x->call);
    } else {
        net_answer(x->call, 204, NULL, "", 0);
    }
    free(x);
}

static void cancel(struct routes *r, const char *id, struct net_call *call)
{
    struct look look = {.host = ""};
    struct err err = {.kind = ERR_NONE};
    tasks_look(r->tasks, id, see, &look, &err);
    bool there = look.told != NULL;
    value_free(look.told);
    if (!there && err.kind != ERR_NONE) {
        official_error(r, call, 500, err.text);
    } else if (!there) {
        no_task(r, call);
    } else {
        struct removal *x = xmalloc(sizeof *x);
        *x = (struct removal){r, call};
        tasks_cancel(r->tasks, id, removed, x);
    }
}

void official_task(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault)
{
    (void)fault;
    const char *id = net_call_path(call) + strlen(route->path);
    if (!asset_id_ok(id, strlen(id)))
        no_task(r, call);
    else if (strcmp(net_call_method(call), "DELETE") == 0)
        cancel(r, id, call);
    else
        retrieve(r, id, call);
}

// --- the account

static struct value *usage_of(const struct routes *r, const char *model)
{
    int64_t since = clock_wall_ms(&clock_system) - DAY_MS;
    struct value *v = value_map();
    value_set(v, "dailyGenerations",
              value_int(tasks_bought_since(r->tasks, API, model, since)));
    return v;
}

static struct value *limits_of(const struct routes *r, const char *model)
{
    struct value *v = value_map();
    value_set(v, "maxConcurrentGenerations",
              value_int(official_at_once(r->wire, r->tier, model)));
    value_set(v, "maxDailyGenerations",
              value_int(official_a_day(r->wire, r->tier, model)));
    return v;
}

static void set_models(const struct routes *r, struct value *limits,
                       struct value *usage)
{
    const struct value *models = value_get(wire_official(r->wire), "models");
    for (size_t i = 0; i < value_count(models); i++) {
        const char *model = models->map.members[i].key;
        value_set(usage, model, usage_of(r, model));
        value_set(limits, model, limits_of(r, model));
    }
}

static bool balance(const struct routes *r, int64_t *credits, struct err *err)
{
    int64_t spent = 0;
    if (!tasks_spent(r->tasks, API, &spent, err))
        return false;
    int64_t has = r->credits > 0 ? r->credits : CREDITS_OPEN;
    int64_t left = has * 1000 - (r->credits > 0 ? spent : 0);
    *credits = left > 0 ? left / 1000 : 0;
    return true;
}

static int64_t month_of(const struct routes *r)
{
    char *path = xasprintf("tiers.%d.monthly", r->tier);
    const struct value *v = value_get_path(wire_official(r->wire), path);
    free(path);
    return value_integer(v, 0);
}

void official_organization(struct routes *r, const struct route *route,
                           struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    struct value *v = value_map();
    struct value *tier = value_set(v, "tier", value_map());
    struct value *limits = value_map(), *used = value_map();
    value_set(tier, "maxMonthlyCreditSpend", value_int(month_of(r)));
    value_set(tier, "models", limits);
    struct value *usage = value_set(v, "usage", value_map());
    value_set(usage, "models", used);
    struct err err = {.kind = ERR_NONE};
    int64_t credits = 0;
    if (balance(r, &credits, &err)) {
        set_models(r, limits, used);
        value_set(v, "creditBalance", value_int(credits));
        answer_json(call, 200, v);
    } else {
        value_free(v);
        official_error(r, call, 500, err.text);
    }
}
