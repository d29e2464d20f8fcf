#include "report/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/json.h"
#include "report/events.h"
#include "report/listing.h"
#include "report/summary.h"

#define COLUMN 14 // of what stands before a name
#define PROMPT_SHOWN 40

// --- what a run would do

static const char *course_name(enum plan_course course)
{
    static const char *const names[] = {
        [PLAN_BUY] = "buy",         [PLAN_SHARED] = "shared",
        [PLAN_HAVE] = "have",       [PLAN_OPEN] = "open",
        [PLAN_UNKNOWN] = "unknown", [PLAN_NOTHING] = "nothing",
    };
    return names[course];
}

enum plan_course plan_course_of(const struct purchase *purchase)
{
    enum attempt_state found = purchase_found(purchase);
    if (purchase_failure_kind(purchase))
        return PLAN_NOTHING;
    if (purchase_was_bought_now(purchase))
        return purchase_cells(purchase) > 1 ? PLAN_SHARED : PLAN_BUY;
    if (found == ATTEMPT_UNKNOWN || found == ATTEMPT_SUBMITTING)
        return PLAN_UNKNOWN;
    if (found == ATTEMPT_DELIVERED)
        return PLAN_HAVE;
    bool open = attempt_state_is_open(found) && found != ATTEMPT_INTENT;
    return open || !purchase_is_again(purchase) ? PLAN_OPEN : PLAN_SHARED;
}

// --- a cell

static void range_text(int64_t least, int64_t most, struct buf *out)
{
    if (least >= 0 && least < most) {
        char number[NUMBER_TEXT];
        number_text((double)least / 1000, number);
        buf_printf(out, "%s–", number);
    }
    credits_text(most, out);
}

static void course_text(const struct purchase *purchase, struct buf *out)
{
    static const char *const words[] = {
        [PLAN_SHARED] = "shared",         [PLAN_HAVE] = "there already",
        [PLAN_OPEN] = "on its way",       [PLAN_UNKNOWN] = "perhaps bought",
        [PLAN_NOTHING] = "failed before",
    };
    enum plan_course course = plan_course_of(purchase);
    int64_t price = purchase_price_asked(purchase);
    if (course != PLAN_BUY)
        buf_str(out, words[course]);
    else if (price < 0)
        buf_str(out, "price unknown");
    else
        range_text(purchase_price_least(purchase), price, out);
}

static size_t columns(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

// What it is, of one that is no output.
static void needed_text(const struct cell_report *report,
                        const struct purchase *purchase, struct buf *out)
{
    const struct value *request = purchase_request(purchase);
    const char *route = purchase_route(purchase);
    const char *model = value_get_text(request, "model");
    const char *prompt = value_get_text(request, "prompt");
    buf_printf(out, "needed by %s:", report->name);
    if (route && strcmp(route, "generate") != 0)
        buf_printf(out, " %s", route);
    if (model) {
        buf_byte(out, ' ');
        shown_text(model, strlen(model), PROMPT_SHOWN, out);
    }
    if (prompt) {
        char *shown = text_printable(prompt, strlen(prompt), PROMPT_SHOWN);
        buf_printf(out, " \"%s%s\"", shown,
                   strlen(prompt) > PROMPT_SHOWN ? "…" : "");
        free(shown);
    }
}

static void line_text(const struct cell_report *report,
                      const struct purchase *purchase, const char *what,
                      const char *output, struct buf *out)
{
    buf_printf(out, "  %s", what);
    for (size_t n = columns(what); n < COLUMN; n++)
        buf_byte(out, ' ');
    buf_byte(out, ' ');
    if (output)
        buf_str(out, output);
    else
        needed_text(report, purchase, out);
}

static char *ask_why(const struct plan_why *why,
                     const struct cell_report *report,
                     const struct purchase *purchase)
{
    bool buys = plan_course_of(purchase) == PLAN_BUY;
    return why && buys ? why->ask(why->arg, report, purchase) : NULL;
}

// The first output that it brings; NULL: none. *more: the next.
static const struct cell_output *output_of(const struct cell_report *report,
                                           const struct purchase *purchase,
                                           size_t *at)
{
    while (*at < report->n && report->outputs[*at].purchase != purchase)
        ++*at;
    return *at < report->n ? &report->outputs[(*at)++] : NULL;
}

static void purchase_text(const struct cell_report *report,
                          const struct purchase *purchase,
                          const struct plan_why *why, bool requests,
                          struct buf *out)
{
    struct buf what;
    size_t at = 0;
    const struct cell_output *output = output_of(report, purchase, &at);
    char *reason = ask_why(why, report, purchase);
    buf_init(&what, 1024);
    course_text(purchase, &what);
    line_text(report, purchase, what.data, output ? output->shown : NULL, out);
    if (reason)
        buf_printf(out, " (%s)", reason);
    buf_byte(out, '\n');
    while (output && (output = output_of(report, purchase, &at))) {
        line_text(report, purchase, "with it", output->shown, out);
        buf_byte(out, '\n');
    }
    if (requests && purchase_request(purchase)) {
        buf_printf(out, "  %*s ", COLUMN, "");
        json_canonical(purchase_request(purchase), out);
        buf_byte(out, '\n');
    }
    buf_free(&what);
    free(reason);
}

void plan_cell_text(const struct cell_report *report,
                    const struct plan_why *why, bool requests, struct buf *out)
{
    for (size_t i = 0; i < report->n_purchases; i++)
        purchase_text(report, report->purchases[i], why, requests, out);
}

static void set_credits(struct value *v, const char *key, int64_t thousandths)
{
    if (thousandths >= 0)
        value_set(v, key, credits_value(thousandths));
}

static struct value *purchase_value(const struct cell_report *report,
                                    const struct purchase *purchase,
                                    const struct plan_why *why)
{
    struct value *v = value_map();
    char *reason = ask_why(why, report, purchase);
    value_set_text(v, "plan", course_name(plan_course_of(purchase)));
    value_set_text(v, "gateway", purchase_gateway(purchase)->name);
    value_set_text(v, "route", purchase_route(purchase));
    value_set(v, "take", value_int(purchase_take(purchase)));
    value_set_text(v, "fingerprint", purchase_fingerprint(purchase));
    set_credits(v, "price", purchase_price_asked(purchase));
    set_credits(v, "price_least", purchase_price_least(purchase));
    value_set_text(v, "why", reason);
    if (purchase_request(purchase))
        value_set(v, "request", value_copy(purchase_request(purchase)));
    free(reason);
    return v;
}

// As of a run, but for what only a run knows.
struct value *plan_cell_event(const struct cell_report *report,
                              const struct plan_why *why)
{
    struct value *event = event_cell(report);
    const struct value *outputs = value_get(event, "outputs");
    for (size_t i = 0; i < report->n; i++) {
        struct value *output = outputs->list.items[i];
        const struct purchase *purchase = report->outputs[i].purchase;
        enum plan_course course = plan_course_of(purchase);
        value_remove(output, "placed");
        value_set(output, "plan", value_str(course_name(course)));
        value_set_text(output, "fingerprint", purchase_fingerprint(purchase));
        if (course == PLAN_HAVE)
            continue;
        value_remove(output, "task_id");
        value_remove(output, "sha256");
        value_remove(output, "clip_sha256");
        value_remove(output, "bytes");
    }
    struct value *list = value_set(event, "purchases", value_list());
    for (size_t i = 0; i < report->n_purchases; i++)
        value_add(list, purchase_value(report, report->purchases[i], why));
    return event;
}

// --- all of them

static int64_t needed(const struct plan_totals *totals,
                      const struct plan_money *money, size_t i)
{
    return money->spent[i] + totals->price;
}

static bool is_over(const struct plan_totals *totals,
                    const struct plan_money *money, size_t i)
{
    return money->budget[i] >= 0 && totals->bought > 0 &&
           needed(totals, money, i) > money->budget[i];
}

int plan_exit(const struct plan_totals *totals, const struct plan_money *money)
{
    bool wanted[256] = {false};
    wanted[totals->exit] = true;
    wanted[EXIT_BUDGET] |=
        is_over(totals, money, 0) || is_over(totals, money, 1);
    return exit_first(wanted);
}

static bool knows_prices(const struct plan_totals *totals)
{
    return totals->bought > 0 && !totals->price_unknown;
}

// The dialect's prices are not what the user's own service may ask.
static const char *prices_as_of(const struct plan_money *money)
{
    const struct gateway *gateway = money->gateway;
    return gateway->prices ? NULL : gateway->dialect->as_of;
}

static void bought_text(const struct plan_totals *totals,
                        const struct plan_money *money, struct buf *out)
{
    if (totals->bought == 0)
        buf_str(out, "nothing to buy");
    else
        buf_printf(out, "%" PRIu64 " to buy%s", totals->bought,
                   totals->price_unknown ? ", price unknown (say prices: "
                                           "under the gateway)"
                                         : " for ");
    if (knows_prices(totals)) {
        range_text(totals->price_least, totals->price, out);
        if (prices_as_of(money))
            buf_printf(out, " (prices of %s, for orientation)",
                       prices_as_of(money));
    }
    buf_printf(out, ", %" PRIu64 " there already", totals->have);
    if (totals->saved > 0) {
        buf_str(out, " (saves ");
        credits_text(totals->saved, out);
        buf_byte(out, ')');
    }
    if (totals->open > 0)
        buf_printf(out, ", %" PRIu64 " on the way", totals->open);
    if (totals->unknown > 0)
        buf_printf(out, ", %" PRIu64 " perhaps bought", totals->unknown);
    buf_byte(out, '\n');
}

static void shared_text(const struct plan_totals *totals, struct buf *out)
{
    uint64_t cells = totals->shared + totals->shared_purchases;
    if (totals->shared_purchases == 1)
        buf_printf(out,
                   "%" PRIu64 " cells share one purchase: takes: %" PRIu64
                   " buys each\n",
                   cells, cells);
    else if (totals->shared_purchases > 1)
        buf_printf(out,
                   "%" PRIu64
                   " purchases are shared: cells ask for them %" PRIu64
                   " times in all, and each is bought once\n",
                   totals->shared_purchases, cells);
}

static void budget_text(const struct plan_totals *totals,
                        const struct plan_money *money, size_t i,
                        struct buf *out)
{
    static const char *const budgets[] = {"limits.budget",
                                          "the gateway's budget"};
    char number[NUMBER_TEXT];
    if (money->budget[i] < 0 || totals->price_unknown)
        return;
    number_text((double)totals->price / 1000, number);
    buf_printf(out, "%s: %s of ", budgets[i], number);
    credits_text(money->budget[i], out);
    if (money->spent[i] > 0) {
        number_text((double)money->spent[i] / 1000, number);
        buf_printf(out, ", %s spent before", number);
    }
    if (is_over(totals, money, i)) {
        number_text((double)needed(totals, money, i) / 1000, number);
        buf_printf(out, "; %s would be needed for all of them", number);
    }
    buf_byte(out, '\n');
}

static void time_text(const struct plan_totals *totals,
                      const struct plan_money *money, struct buf *out)
{
    const char *model = totals->time_unknown;
    if (model) {
        buf_str(out, "time unknown: nothing ");
        if (*model) {
            buf_str(out, "of ");
            shown_text(model, strlen(model), PROMPT_SHOWN, out);
            buf_byte(out, ' ');
        }
        buf_printf(out, "was bought at '%s' yet\n", money->gateway->name);
    } else if (totals->bought > 0 || totals->open > 0) {
        buf_str(out, "about ");
        age_text(totals->elapsed_ms + 999, out);
        buf_printf(out, ", with %d at once\n", totals->in_flight);
    }
}

void plan_text(const struct plan_totals *totals, const struct plan_money *money,
               struct buf *out)
{
    bought_text(totals, money, out);
    if (totals->bought > 0) {
        budget_text(totals, money, 0, out);
        budget_text(totals, money, 1, out);
    }
    shared_text(totals, out);
    time_text(totals, money, out);
}

static void set_budget(struct value *v, const char *key,
                       const struct plan_totals *totals,
                       const struct plan_money *money, size_t i)
{
    if (money->budget[i] < 0)
        return;
    struct value *budget = value_set(v, key, value_map());
    set_credits(budget, "credits", money->budget[i]);
    set_credits(budget, "spent", money->spent[i]);
    if (!totals->price_unknown)
        set_credits(budget, "needed", needed(totals, money, i));
}

struct value *plan_event(const struct plan_totals *totals,
                         const struct plan_money *money)
{
    struct value *v = value_map();
    value_set(v, "event", value_str("plan"));
    value_set(v, "exit", value_int(plan_exit(totals, money)));
    value_set(v, "cells", value_int((int64_t)totals->cells));
    value_set(v, "failed", value_int((int64_t)totals->failed));
    value_set(v, "bought", value_int((int64_t)totals->bought));
    value_set(v, "have", value_int((int64_t)totals->have));
    value_set(v, "open", value_int((int64_t)totals->open));
    value_set(v, "unknown", value_int((int64_t)totals->unknown));
    value_set(v, "shared", value_int((int64_t)totals->shared));
    value_set(v, "shared_purchases",
              value_int((int64_t)totals->shared_purchases));
    if (!totals->price_unknown) {
        set_credits(v, "credits", totals->price);
        set_credits(v, "credits_least", totals->price_least);
    }
    set_credits(v, "saved", totals->saved);
    if (prices_as_of(money))
        value_set_text(v, "prices_as_of", prices_as_of(money));
    set_budget(v, "budget", totals, money, 0);
    set_budget(v, "gateway_budget", totals, money, 1);
    value_set(v, "in_flight", value_int(totals->in_flight));
    if (totals->time_unknown)
        value_set_text(v, "time_unknown", totals->time_unknown);
    else
        value_set(v, "seconds", value_real((double)totals->elapsed_ms / 1000));
    return v;
}
