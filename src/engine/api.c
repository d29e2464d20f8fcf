#include "engine/api.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/json.h"
#include "engine/purchase.h"

#define HEADERS_MAX 32
#define SUBMIT_MS 120000
#define POLL_MS 60000

struct dialect_ctx api_ctx(const struct gate *gate, const char *callback_url)
{
    return (struct dialect_ctx){.prefix = gate->gateway->prefix,
                                .profile = gate->gateway->profile,
                                .callback_url = callback_url};
}

void api_take(struct gate *gate, const struct net_response *response,
              struct answer *answer)
{
    answer_take(answer, response);
    answer_hide(answer, gate->key);
    answer_hide_headers(answer, gate->gateway->headers);
    if (response->peer == NET_REACH_PRIVATE && gate->reach > response->peer)
        gate->reach = response->peer; // and so may its assets be
}

static void on_done(void *arg, const struct net_response *response)
{
    struct purchase *p = arg;
    p->exchange = NULL;
    if (p->state == ATTEMPT_SUBMITTING)
        p->over_ms = engine_now(p->engine);
    api_take(p->gate, response, answer_renew(&p->answer));
    purchase_due(p, p->then);
}

// What would let a text end its header or its request line.
static bool is_plain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

static bool path_is_fine(const char *path)
{
    return path && path[0] == '/' && is_plain(path) && !strchr(path, ' ');
}

struct headers {
    struct net_header items[HEADERS_MAX];
    size_t n;
};

static bool add_headers(struct headers *h, const struct value *map,
                        bool trusted, struct err *err)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const char *name = map->map.members[i].key;
        const char *text = value_text(map->map.members[i].value);
        bool ours = strcasecmp(name, "authorization") == 0 ||
                    strcasecmp(name, "host") == 0;
        if (!text || !*name || !is_plain(name) || !is_plain(text) ||
            strpbrk(name, ": ") || (ours && !trusted))
            return err_set(err, ERR_RECIPE, "the header '%.64s' may not be set",
                           name);
        if (h->n == HEADERS_MAX)
            return err_set(err, ERR_RECIPE, "more than %d headers",
                           HEADERS_MAX);
        h->items[h->n++] = (struct net_header){name, text};
    }
    return true;
}

static bool headers_of(struct headers *h, const struct gate *gate,
                       const struct dialect_call *call, struct err *err)
{
    h->n = 0;
    if (call->body)
        h->items[h->n++] =
            (struct net_header){"Content-Type", "application/json"};
    h->items[h->n++] = (struct net_header){"Accept", "application/json"};
    return add_headers(h, call->headers, false, err) &&
           add_headers(h, gate->gateway->headers, true, err);
}

static struct net_exchange *
send_call(struct gate *gate, const struct dialect_call *call, bool spending,
          int64_t most_ms, api_done *done, void *arg, struct err *err)
{
    struct headers h;
    if (!path_is_fine(call->path)) {
        err_set(err, ERR_RECIPE, "'%.64s' is no path",
                call->path ? call->path : "");
        return NULL;
    }
    if (!headers_of(&h, gate, call, err))
        return NULL;
    int64_t asked = gate->gateway->timeout_ms;
    int64_t usual = spending ? SUBMIT_MS : POLL_MS;
    int64_t timeout = asked ? asked : usual;
    char *url = xasprintf("%s%s", gate->url, call->path);
    char *body = call->body ? json_text(call->body) : NULL;
    struct net_request request = {
        .method = call->method,
        .url = url,
        .headers = h.items,
        .n_headers = h.n,
        .bearer = gate->key,
        .body = body,
        .body_len = body ? strlen(body) : 0,
        .spending = spending,
        .timeout_ms = most_ms && most_ms < timeout ? most_ms : timeout,
        .done = done,
        .arg = arg};
    struct net_exchange *exchange = net_send(gate->engine->net, &request);
    free(url);
    free(body);
    return exchange;
}

bool api_send(struct purchase *p, const struct dialect_call *call,
              bool spending, purchase_fn *then, struct err *err)
{
    answer_drop(&p->answer);
    p->epoch = p->gate->epoch;
    p->exchange = send_call(p->gate, call, spending, 0, on_done, p, err);
    if (p->exchange)
        p->then = then;
    return p->exchange != NULL;
}

struct net_exchange *api_ask(struct gate *gate, const struct dialect_call *call,
                             int64_t most_ms, api_done *done, void *arg,
                             struct err *err)
{
    return send_call(gate, call, false, most_ms, done, arg, err);
}
