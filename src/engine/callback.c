#include "engine/callback.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/timing.h"
#include "ledger/runs.h"
#include "net/server.h"

#define BODY_MAX (1u << 20)
#define HEAD_MEMORY ((size_t)16 << 10) // a connection's: many are kept open
#define PORTS_MAX 64
#define LOOPBACK "127.0.0.1"

struct listener {
    struct net_server *servers[PORTS_MAX];
    int n;
    int any;      // the port that we were free to choose; 0: none yet
    bool has_old; // open attempts were asked for theirs
};

static void answer(struct net_call *call, unsigned status, const char *body)
{
    net_answer(call, status, "application/json", body, strlen(body));
}

static void hear(struct purchase *p, const char *body, size_t len)
{
    free(p->heard);
    p->heard = xmalloc(len + 1);
    memcpy(p->heard, body, len);
    p->heard[len] = 0;
    p->heard_len = len;
    p->hint = true;
    purchase_poke(p);
}

static struct gate *gate_named(struct engine *engine, const char *identity)
{
    struct gate *gate = engine->gates;
    while (gate && strcmp(gate->gateway->identity, identity) != 0)
        gate = gate->next;
    return gate;
}

// While it is not on disk which task it is, a callback may be the only word of
// it: answered 503, the service says it again, to us or to the next run.
static unsigned status_for(enum attempt_state state, const char *task_id)
{
    bool open = attempt_state_is_open(state);
    return task_id || !open ? 200 : 503;
}

// A token of an earlier run whose answer was lost: this is the evidence that
// its purchase has been waiting for. It begins as if it had been ordered.
static unsigned hear_for_dead(struct engine *engine, const char *token,
                              const char *body, size_t len)
{
    struct purchase_row row;
    bool found;
    if (!ledger_find_token(engine->config.ledger, token, &row, &found, NULL))
        return 503;
    if (!found)
        return 404;
    struct gate *gate = gate_named(engine, row.gateway);
    const struct attempt_row *a = &row.attempt;
    if (gate && !index_get(&engine->by_fingerprint, row.fingerprint) &&
        (a->state == ATTEMPT_UNKNOWN || a->state == ATTEMPT_SUBMITTING) &&
        run_is_dead(engine->state_dir, a->owner)) {
        struct purchase *p = resume_row(engine, gate, &row);
        hear(p, body, len);
        purchase_due(p, resume_look);
    }
    unsigned status = status_for(a->state, a->task_id);
    purchase_row_free(&row);
    return status;
}

static void handle(void *arg, struct net_call *call)
{
    struct engine *engine = arg;
    const char *path = net_call_path(call);
    if (!text_starts(path, "/cb/") ||
        strlen(path) != strlen("/cb/") + TOKEN_HEX - 1) {
        answer(call, 404, "{\"ok\":false}");
        return;
    }
    if (strcmp(net_call_method(call), "POST") != 0) {
        answer(call, 405, "{\"ok\":false}");
        return;
    }
    const char *token = path + strlen("/cb/");
    size_t len;
    const char *body = net_call_body(call, &len);
    struct purchase *p = index_get(&engine->by_token, token);
    timing_heard(engine, token);
    len = body ? len : 0;
    body = body ? body : "";
    if (p && !p->settled)
        hear(p, body, len);
    unsigned status = p ? status_for(p->state, p->task_id)
                        : hear_for_dead(engine, token, body, len);
    log_debug("a callback came (%zu bytes), answered %u", len, status);
    answer(call, status, status == 200 ? "{\"ok\":true}" : "{\"ok\":false}");
}

static struct net_server *listen_on(struct engine *engine, const char *host,
                                    int port, struct err *err)
{
    struct listener *l = engine->listener;
    if (!l)
        l = engine->listener = xcalloc(1, sizeof(*l));
    if (l->n == PORTS_MAX) {
        err_set(err, ERR_GATEWAY, "listening on %d ports already", l->n);
        return NULL;
    }
    struct net_server_spec spec = {.host = host,
                                   .port = (uint16_t)port,
                                   .body_max = BODY_MAX,
                                   .memory = HEAD_MEMORY,
                                   .handle = handle,
                                   .arg = engine};
    struct net_server *server =
        net_server_listen(engine->config.loop, &spec, err);
    if (server)
        l->servers[l->n++] = server;
    return server;
}

bool listener_has(const struct engine *engine, int port)
{
    const struct listener *l = engine->listener;
    for (int i = 0; l && i < l->n; i++)
        if (port && net_server_port(l->servers[i]) == port)
            return true;
    return false;
}

int listener_open(struct engine *engine, const char *host, int port,
                  struct err *err)
{
    if (port && listener_has(engine, port))
        return port;
    if (!port && engine->listener && engine->listener->any)
        return engine->listener->any;
    struct net_server *server = listen_on(engine, host, port, err);
    if (!server)
        return 0;
    if (!port)
        engine->listener->any = net_server_port(server);
    return net_server_port(server);
}

void listener_open_also(struct engine *engine, int port)
{
    struct err err;
    listener_open_old(engine);
    if (port && !listener_has(engine, port))
        (void)listen_on(engine, LOOPBACK, port, &err);
}

void listener_open_old(struct engine *engine)
{
    if (engine->listener && engine->listener->has_old)
        return;
    int ports[PORTS_MAX / 2];
    size_t n = 0;
    struct err err;
    if (!ledger_callback_ports(engine->config.ledger, ports, PORTS_MAX / 2, &n,
                               &err))
        log_warn("%s", err.text);
    // One that another run has is that run's to hear.
    for (size_t i = 0; i < n; i++)
        if (!listener_has(engine, ports[i]))
            (void)listen_on(engine, LOOPBACK, ports[i], &err);
    if (engine->listener)
        engine->listener->has_old = true;
}

void listener_free(struct listener *l)
{
    for (int i = 0; l && i < l->n; i++)
        net_server_free(l->servers[i]);
    free(l);
}
