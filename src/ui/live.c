#include "ui/live.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "ui/live_inside.h"

#define LOOK_MS 100 // between two looks while a round goes on
#define IDLE_MS 250 // and else
#define CALM 10     // a look that takes long is followed by a rest of so many
#define ALIVE_MS 15000
#define LEAVE_MS 1000
#define BODY_MAX 4096
#define BODIES_MAX 65536
#define CONNECTIONS_MAX 128

static void on_look(void *arg)
{
    struct live *live = arg;
    live->looks = true;
}

static void on_alive(void *arg)
{
    struct live *live = arg;
    live_wake(live, true);
    loop_timer_start(live->alive, ALIVE_MS);
}

static bool listens(struct live *live, struct err *err)
{
    struct net_server_spec spec = {
        .host = "127.0.0.1",
        .body_max = BODY_MAX,
        .bodies_max = BODIES_MAX,
        .connections = CONNECTIONS_MAX,
        .wants_body = live_wants_body,
        .handle = live_handle,
        .served = live_served,
        .arg = live,
    };
    live->server = net_server_listen(live->config.loop, &spec, err);
    if (!live->server)
        return false;
    unsigned port = net_server_port(live->server);
    live->host[0] = xasprintf("127.0.0.1:%u", port);
    live->host[1] = xasprintf("localhost:%u", port);
    return true;
}

struct live *live_new(const struct live_config *config, struct err *err)
{
    struct live *live = xcalloc(1, sizeof(*live));
    live->config = *config;
    live->config.state_dir = live->state_dir = xstrdup(config->state_dir);
    live->config.media_program = live->media_program =
        xstrdup(config->media_program);
    live->can = value_map();
    token_make(live->token);
    live->look = loop_timer_new(config->loop, on_look, live);
    live->alive = loop_timer_new(config->loop, on_alive, live);
    live->posters =
        posters_new(config->loop, live->media_program, live->state_dir, NULL);
    live->ledger = ledger_open_read(config->state_dir, err);
    if (!live->ledger || !listens(live, err)) {
        live_free(live);
        return NULL;
    }
    live->watched =
        watched_new(live->ledger, live->state_dir, config->from_afar);
    loop_timer_start(live->look, 0);
    loop_timer_start(live->alive, ALIVE_MS);
    return live;
}

static void on_late(void *arg)
{
    bool *late = arg;
    *late = true;
}

void live_leave(struct live *live)
{
    if (!live)
        return;
    bool late = false, more = true;
    struct err err;
    struct loop_timer *timer =
        loop_timer_new(live->config.loop, on_late, &late);
    loop_timer_start(timer, LEAVE_MS);
    while (more && !late && watched_look(live->watched, &more, &err))
        loop_once(live->config.loop, false);
    live->leaves = true;
    live_wake(live, false);
    while (live->calls > 0 && !late)
        loop_once(live->config.loop, true);
    loop_timer_free(timer);
}

void live_free(struct live *live)
{
    if (!live)
        return;
    live_drop_controls(live);
    live_drop_pictures(live);
    posters_free(live->posters);
    net_server_free(live->server);
    loop_timer_free(live->look);
    loop_timer_free(live->alive);
    watched_free(live->watched);
    ledger_close(live->ledger);
    value_free(live->can);
    free(live->host[0]);
    free(live->host[1]);
    free(live->state_dir);
    free(live->media_program);
    free(live);
}

char *live_url(const struct live *live)
{
    return xasprintf("http://%s/%s/", live->host[0], live->token);
}

bool live_show(struct live *live, const char *run, uint64_t cells, bool again,
               struct err *err)
{
    return watched_show(live->watched, run, cells, again, err);
}

void live_purchase(struct live *live, uint64_t nth,
                   const struct purchase *purchase)
{
    watched_purchase(live->watched, nth, purchase);
}

void live_forget(struct live *live)
{
    watched_forget(live->watched);
}

void live_may(struct live *live, const struct live_can *can)
{
    struct value *v = value_map();
    value_set(v, "paused", value_bool(can->paused));
    value_set(v, "busy", value_bool(can->busy));
    struct value *list = value_set(v, "controls", value_list());
    for (int i = 0; i < LIVE_ACTIONS; i++)
        if (can->actions & 1u << i)
            value_add(list, value_str(live_action_name((enum live_action)i)));
    value_set_text(v, "told", can->told);
    value_set_text(v, "left", can->left);
    value_free(live->can);
    live->can = v;
}

static void look(struct live *live)
{
    struct err err;
    bool more;
    int64_t began = clock_mono_ms(&clock_system);
    if (!watched_look(live->watched, &more, &err))
        log_debug("the page: %s", err.text);
    if (watched_head(live->watched)) {
        char *head = live_head(live, 0);
        watched_head_is(live->watched, head);
        free(head);
    }
    live_wake(live, false);
    int64_t took = clock_mono_ms(&clock_system) - began;
    bool busy = value_truth(value_get(live->can, "busy"), false);
    int64_t rest = busy ? LOOK_MS : IDLE_MS;
    if (took * CALM > rest)
        rest = took * CALM;
    loop_timer_start(live->look, rest);
}

void live_step(struct live *live)
{
    live_do_controls(live);
    if (!live->looks)
        return;
    live->looks = false;
    look(live);
}
