#include "engine/order.h"

#include <math.h>

#include "engine/fingerprint.h"
#include "engine/frames.h"
#include "engine/route.h"
#include "recipe/fields.h"

#define PRICE_MAX 1e15 // thousandths

static bool check_fields(const struct field_table *table,
                         const struct value *request, struct err *err)
{
    struct problems problems;
    problems_init(&problems, "request");
    fields_check(table, request, &problems);
    bool ok = problems.errors == 0;
    for (size_t i = 0; !ok && i < problems.n; i++) {
        if (problems.items[i].warning)
            continue;
        err_set(err, ERR_RECIPE, "%s", problems.items[i].text);
        break;
    }
    problems_free(&problems);
    return ok;
}

const struct value *order_said(const struct dialect *dialect, const char *route,
                               const struct value *request, const char *field)
{
    const struct value *v = value_get(request, field);
    if (v || !dialect->defaults)
        return v;
    return value_get(dialect->defaults(dialect->ctx, route), field);
}

static const struct value *said(const struct order *order, const char *field)
{
    return order_said(order->gateway->dialect, order->route, order->request,
                      field);
}

const struct clip_row *order_film(const struct engine *engine,
                                  const struct value *request)
{
    const struct value *video = value_get(request, "video");
    const char *clip = value_get_text(video, "clip");
    const struct purchase *source =
        clip ? index_get(&engine->by_fingerprint, clip) : NULL;
    int64_t n = value_integer(value_get(video, "file"), 1);
    return source && n >= 1 && (uint64_t)n <= source->n_clips
               ? &source->clips[n - 1]
               : NULL;
}

// What is silent about it lasts as long as the film that it is made of.
static bool seconds_of(const struct engine *engine, const struct order *order,
                       double *seconds)
{
    const struct clip_row *film = order_film(engine, order->request);
    if (film)
        *seconds = film->seconds;
    return value_number(said(order, "seconds"), seconds) || film;
}

// The gateway's own price list first ("*" is any model), then the dialect's
// dated table.
static int64_t price_of(const struct engine *engine, const struct order *order,
                        int64_t *least)
{
    const struct gateway *g = order->gateway;
    const char *model = value_text(said(order, "model"));
    const struct value *listed = model ? value_get(g->prices, model) : NULL;
    double rate, seconds;
    if (!listed)
        listed = value_get(g->prices, "*");
    if (value_number(listed, &rate) && seconds_of(engine, order, &seconds)) {
        double price = round(rate * 1000) * seconds;
        *least = price >= 0 && price < PRICE_MAX ? llround(price) : -1;
        return *least;
    }
    return g->dialect->price(g->dialect->ctx, order->route, order->request,
                             least);
}

bool order_check(struct engine *engine, const struct order *order,
                 struct checked *checked, struct err *err)
{
    const struct gateway *g = order->gateway;
    struct field_table table;
    *checked = (struct checked){.price = -1, .least = -1};
    if (!route_fields(g, order->route, &table, err) ||
        !check_fields(&table, order->request, err))
        return false;
    checked->named = files_name(&engine->files, &table, order->request,
                                frames_as_data(g), err);
    if (!checked->named)
        return false;
    checked->price = price_of(engine, order, &checked->least);
    fingerprint_make(g->identity, order->route, checked->named, order->take,
                     checked->fingerprint);
    return true;
}

void checked_free(struct checked *checked)
{
    value_free(checked->named);
    *checked = (struct checked){0};
}
