#include "engine/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/api.h"
#include "engine/gate.h"
#include "engine/order.h"
#include "engine/purchase.h"

#define ASK_MS 15000 // longer than that no purchase waits for it
#define TEXT_MAX 2000
#define SHOWN_MAX 8 // models
#define NAME_SHOWN 60
#define LOOK_MAX 1000 // of a line, for one that may be sent
#define PRICE_COUNTED_MAX ((int64_t)10000000000000) // thousandths, of one

// What is counted of a purchase, bits of its `used`.
enum {
    USED_RUNNING = 1,
    USED_ASKED = 2,
    USED_SPENT = 4,
    USED_NEEDED = 8,
};

// Of one model.
struct model_use {
    int64_t bought, running, asked;
};

struct account {
    struct gate *gate;
    struct net_exchange *exchange;
    struct answer answer;
    bool due; // it is there
    struct dialect_account says;
    struct model_use *models; // of each of its models; NULL: nothing is counted
    int64_t spent, reserved, needed;
    int64_t unpriced; // of those that are needed
};

// --- pure
static const struct dialect_model *find(const struct dialect_account *account,
                                        const char *model)
{
    for (size_t i = 0; model && i < account->n; i++)
        if (strcmp(account->models[i].name, model) == 0)
            return &account->models[i];
    return NULL;
}

static enum account_word judge_today(const struct dialect_model *model,
                                     const struct account_use *use)
{
    int64_t left = model->left_today - use->bought;
    if (model->left_today < 0 || use->asked < left)
        return ACCOUNT_GO;
    return left > 0 ? ACCOUNT_WAITS : ACCOUNT_NONE_LEFT;
}

static enum account_word judge_price(int64_t balance, int64_t price,
                                     const struct account_use *use)
{
    if (balance < 0 || price < 0)
        return ACCOUNT_GO;
    int64_t left = balance - use->spent;
    if (left < price)
        return ACCOUNT_NO_CREDITS;
    return left - price < use->reserved ? ACCOUNT_WAITS : ACCOUNT_GO;
}

enum account_word account_judge(const struct dialect_account *account,
                                const char *model, int64_t price,
                                const struct account_use *use)
{
    const struct dialect_model *m = find(account, model);
    enum account_word word = m ? judge_today(m, use) : ACCOUNT_GO;
    if (word != ACCOUNT_NONE_LEFT) {
        enum account_word of_price = judge_price(account->balance, price, use);
        word = of_price == ACCOUNT_GO ? word : of_price;
    }
    bool full = m && m->in_flight >= 0 && use->running >= m->in_flight;
    if (word == ACCOUNT_GO && full && use->running > 0)
        word = ACCOUNT_WAITS;
    return word;
}

static void add_model(const struct dialect_model *m, struct buf *out)
{
    char *name = text_printable(m->name, strlen(m->name), NAME_SHOWN);
    bool both = m->in_flight >= 0 && m->left_today >= 0;
    buf_printf(out, "%s%s", out->len ? "; " : "", name);
    if (m->in_flight >= 0)
        buf_printf(out, " %lld at once", (long long)m->in_flight);
    if (m->left_today >= 0)
        buf_printf(out, "%s %lld left today", both ? "," : "",
                   (long long)m->left_today);
    free(name);
}

char *account_text(const struct dialect_account *account,
                   const char *const *models, size_t n)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    if (account->balance >= 0)
        buf_printf(&out, "%.15g credits", (double)account->balance / 1000);
    for (size_t i = 0; i < n; i++) {
        const struct dialect_model *m = find(account, models[i]);
        if (m && (m->in_flight >= 0 || m->left_today >= 0))
            add_model(m, &out);
    }
    if (out.len > 0)
        return buf_take(&out);
    buf_free(&out);
    return NULL;
}

// --- what the run has
static const char *model_of(const struct purchase *p)
{
    return value_text(order_said(p->gate->gateway->dialect, p->route,
                                 purchase_request(p), "model"));
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

// On its way to be bought, and nobody has said whether it was.
static bool is_asked(const struct purchase *p)
{
    return p->slot &&
           (p->state == ATTEMPT_INTENT || p->state == ATTEMPT_SUBMITTING);
}

// What failed is not charged.
static bool costs(const struct purchase *p)
{
    return p->bought_now && p->state != ATTEMPT_INTENT &&
           p->state != ATTEMPT_REFUSED && p->state != ATTEMPT_FAILED;
}

static struct model_use *model_use(const struct account *a, const char *model)
{
    const struct dialect_model *m = find(&a->says, model);
    return m ? &a->models[m - a->says.models] : NULL;
}

static struct account_use use_of(const struct account *a, const char *model)
{
    const struct model_use *m = model_use(a, model);
    struct account_use use = {.spent = a->spent, .reserved = a->reserved};
    if (m) {
        use.bought = m->bought;
        use.running = m->running;
        use.asked = m->asked;
    }
    return use;
}

static unsigned char used_by(const struct purchase *p)
{
    bool asked = is_asked(p), paid = costs(p);
    bool needed = p->ordered && (paid || p->state == ATTEMPT_INTENT);
    return (unsigned char)((p->slot ? USED_RUNNING : 0) |
                           (asked ? USED_ASKED : 0) |
                           (paid && !asked ? USED_SPENT : 0) |
                           (needed ? USED_NEEDED : 0));
}

static void count_bits(struct account *a, const struct purchase *p,
                       unsigned bits, int64_t n)
{
    struct model_use *m = model_use(a, model_of(p));
    int64_t price = p->least < PRICE_COUNTED_MAX ? p->least : PRICE_COUNTED_MAX;
    price = price > 0 ? n * price : 0;
    if (m && (bits & USED_RUNNING))
        m->running += n;
    if (m && (bits & USED_ASKED))
        m->asked += n;
    a->reserved += bits & USED_ASKED ? price : 0;
    a->spent += bits & USED_SPENT ? price : 0;
    a->needed += bits & USED_NEEDED ? price : 0;
    if ((bits & USED_NEEDED) && p->least < 0)
        a->unpriced += n;
}

void account_count(struct purchase *p)
{
    struct account *a = p->gate->account;
    unsigned char is = a && a->models ? used_by(p) : 0, was = p->used;
    p->used = is;
    if (is == was)
        return;
    count_bits(a, p, was & ~is, -1);
    count_bits(a, p, is & ~was, 1);
}

static void begin_counting(struct account *a)
{
    a->models = xcalloc(a->says.n ? a->says.n : 1, sizeof(*a->models));
    for (struct purchase *p = a->gate->engine->all; p; p = p->next)
        if (p->gate == a->gate)
            account_count(p);
}

static void count(struct purchase *p, int n)
{
    struct account *a = p->gate->account;
    struct model_use *m = a && a->models ? model_use(a, model_of(p)) : NULL;
    if (m)
        m->bought += n;
}

void account_bought(struct purchase *p)
{
    count(p, 1);
}

void account_not_bought(struct purchase *p)
{
    count(p, -1);
}

// --- asking
static void on_answer(void *arg, const struct net_response *response)
{
    struct account *a = arg;
    a->exchange = NULL;
    api_take(a->gate, response, &a->answer);
    a->due = true;
}

static void say_nothing_known(const struct account *a, const char *why)
{
    log_debug("'%s' does not tell what the account allows (%s); going on "
              "without",
              a->gate->gateway->name, why);
}

static void ask(struct gate *gate)
{
    const struct dialect *dialect = gate->gateway->dialect;
    struct dialect_ctx ctx = api_ctx(gate, "");
    struct dialect_call call = {0};
    struct account *a = gate->account = xcalloc(1, sizeof(*a));
    struct err err;
    a->gate = gate;
    a->says.balance = -1;
    if (dialect->account(dialect->ctx, &ctx, &call, &err))
        a->exchange = api_ask(gate, &call, ASK_MS, on_answer, a, &err);
    dialect_call_free(&call);
    if (!a->exchange)
        say_nothing_known(a, err.text);
}

// Those of the orders that wait.
static size_t models_waiting(const struct gate *gate,
                             const char *models[SHOWN_MAX])
{
    size_t n = 0;
    const struct purchase *p = gate->submits.first;
    for (; p && n < SHOWN_MAX; p = p->next_line) {
        const char *model = model_of(p);
        bool known = !model;
        for (size_t i = 0; i < n; i++)
            known |= same(models[i], model);
        if (!known)
            models[n++] = model;
    }
    return n;
}

static void say_it(const struct account *a)
{
    const char *models[SHOWN_MAX];
    size_t n = models_waiting(a->gate, models);
    char *text = account_text(&a->says, models, n);
    if (!text)
        return;
    char *line = xasprintf("%s: %s", a->gate->gateway->name, text);
    engine_say(a->gate->engine, ENGINE_ACCOUNT, NULL, line);
    free(line);
    free(text);
}

static void read_answer(struct account *a)
{
    const struct dialect *dialect = a->gate->gateway->dialect;
    struct dialect_answer answer = answer_view(&a->answer);
    struct err err;
    bool answered = a->answer.result == NET_ANSWERED;
    bool ok =
        answered && dialect->accounted(dialect->ctx, &answer, &a->says, &err);
    a->due = false;
    if (ok && a->says.read) {
        begin_counting(a);
        say_it(a);
    } else {
        char *said = answer_said(&a->answer);
        say_nothing_known(a, answered && !ok ? err.text : said);
        free(said);
    }
    answer_free(&a->answer);
}

bool account_known(struct gate *gate)
{
    if (!gate->gateway->dialect->account)
        return true;
    if (!gate->account)
        ask(gate);
    struct account *a = gate->account;
    if (a->due)
        read_answer(a);
    return !a->exchange;
}

void account_free(struct account *a)
{
    if (!a)
        return;
    if (a->exchange)
        net_cancel(a->exchange);
    answer_free(&a->answer);
    dialect_account_free(&a->says);
    free(a->models);
    free(a);
}

// --- the line
static void settle_none_left(struct purchase *p)
{
    purchase_settle(p, ERR_GATEWAY, "daily",
                    xasprintf("'%s' takes no more of %s today; it was not "
                              "bought; run again tomorrow",
                              purchase_where(p), model_of(p)));
}

// "50 are spent or reserved by this run, it costs 25, all that was asked for
// so far 75"; owned.
static char *why_not(const struct purchase *p, const struct account_use *use)
{
    const struct account *a = p->gate->account;
    int64_t need = a->unpriced > 0 ? -1 : a->needed; // by all so far
    struct buf out;
    buf_init(&out, TEXT_MAX);
    if (use->spent > 0)
        buf_printf(&out, "%.15g are spent or reserved by this run, ",
                   (double)use->spent / 1000);
    buf_printf(&out, "it costs %s%.15g", p->least < p->price ? "at least " : "",
               (double)p->least / 1000);
    if (need > p->least)
        buf_printf(&out, ", all that was asked for so far %.15g",
                   (double)need / 1000);
    return buf_take(&out);
}

static void settle_no_credits(struct purchase *p, const struct account_use *use)
{
    char *why = why_not(p, use);
    purchase_settle(
        p, ERR_GATEWAY, "credits",
        xasprintf("the %.15g credits at '%s' do not suffice (%s); it was not "
                  "bought; add credits there and run again",
                  (double)p->gate->account->says.balance / 1000,
                  purchase_where(p), why));
    free(why);
}

// False: it stays in the line.
static bool is_decided(struct purchase *p, const char *model, bool *may)
{
    struct account_use use = use_of(p->gate->account, model);
    enum account_word word =
        account_judge(&p->gate->account->says, model, p->least, &use);
    *may = word == ACCOUNT_GO;
    if (word == ACCOUNT_WAITS)
        return false;
    line_remove(&p->gate->submits, p);
    if (word == ACCOUNT_NONE_LEFT)
        settle_none_left(p);
    else if (word == ACCOUNT_NO_CREDITS)
        settle_no_credits(p, &use);
    return true;
}

struct purchase *account_take(struct gate *gate)
{
    const struct account *a = gate->account;
    if (!a || !a->says.read)
        return line_take(&gate->submits);
    const char *full = NULL; // the last model that has to wait
    int left = LOOK_MAX;
    for (struct purchase *p = gate->submits.first, *next; p && left; p = next) {
        left--;
        next = p->next_line;
        const char *model = model_of(p);
        // It may have gone another way while it waited.
        bool may = p->settled || p->writing || p->then;
        if (may)
            line_remove(&gate->submits, p);
        else if (same(model, full))
            continue;
        else if (!is_decided(p, model, &may))
            full = model;
        if (may)
            return p;
    }
    return NULL;
}
