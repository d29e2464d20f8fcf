#include "gateway/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/official_order.h"
#include "gateway/reverse_order.h"
#include "gateway/schema.h"

void order_forget_inputs(struct order *o)
{
    for (size_t i = 0; i < o->n_inputs; i++)
        free(o->inputs[i].source);
    o->n_inputs = 0;
}

void order_clear(struct order *o)
{
    free(o->prompt);
    free(o->model);
    free(o->callback_url);
    order_forget_inputs(o);
    *o = (struct order){0};
}

const char *order_source(const struct order *o, enum order_role role)
{
    for (size_t i = 0; i < o->n_inputs; i++)
        if (o->inputs[i].role == role)
            return o->inputs[i].source;
    return NULL;
}

void order_add(struct order *o, enum order_role role, const char *source)
{
    if (o->n_inputs < ORDER_INPUTS_MAX)
        o->inputs[o->n_inputs++] = (struct order_input){role, xstrdup(source)};
}

static bool read_reverse(const struct wire *wire, const char *profile,
                         const char *route, const char *body, size_t len,
                         bool draft, struct order *out, struct err *err)
{
    struct reverse_refusal why = {0};
    bool ok = reverse_order(wire, profile, route, body, len, draft, out, &why);
    if (!ok)
        err_set(err, ERR_FORMAT, "%s", why.message);
    free(why.message);
    return ok;
}

static bool read_official(const struct wire *wire, const char *route,
                          const char *body, size_t len, bool draft,
                          struct order *out, struct err *err)
{
    struct schema_issues issues = {0};
    bool ok = official_order(wire, route, body, len, draft, out, &issues);
    if (!ok && issues.n > 0) {
        char *path = schema_path(&issues.all[0]);
        err_set(err, ERR_FORMAT, "%s: %s", path, issues.all[0].message);
        free(path);
    } else if (!ok) {
        err_set(err, ERR_FORMAT, "its request does not parse");
    }
    schema_issues_clear(&issues);
    return ok;
}

bool order_read(const struct wire *wire, const char *api, const char *profile,
                const char *route, const char *body, size_t len, bool draft,
                struct order *out, struct err *err)
{
    bool ok;
    *out = (struct order){0};
    if (strcmp(api, "official") == 0) {
        ok = read_official(wire, route, body, len, draft, out, err);
    } else {
        ok = read_reverse(wire, profile, route, body, len, draft, out, err);
        if (!ok) { // a strict profile may have become stricter since
            order_clear(out);
            ok = read_reverse(wire, "lenient", route, body, len, draft, out,
                              err);
        }
    }
    if (!ok)
        order_clear(out);
    return ok;
}
