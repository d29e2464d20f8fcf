// The functions of struct dialect, over those of a module.

#include "script/dialect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define PRICE_MAX 9e12 // credits, so that thousandths fit

// --- errors

bool dialect_blame(const struct dialect_module *d, const char *function,
                   const struct err *cause, struct err *err)
{
    enum err_kind kind = d->built_in ? ERR_DEFECT : ERR_RECIPE;
    return err_set(err, kind, "dialect '%s'%s%s%s: %s", d->said,
                   function ? ", " : "", function ? function : "",
                   function ? "()" : "", cause->text);
}

// --- the functions of struct dialect

static struct dialect_arg text_arg(const char *s)
{
    return (struct dialect_arg){.bytes = s, .len = s ? strlen(s) : 0};
}

static struct value *ctx_value(const struct dialect_ctx *ctx)
{
    struct value *v = value_map();
    if (ctx->prefix)
        value_set(v, "prefix", value_str(ctx->prefix));
    if (ctx->profile)
        value_set(v, "profile", value_str(ctx->profile));
    if (ctx->callback_url)
        value_set(v, "callback_url", value_str(ctx->callback_url));
    return v;
}

static bool ask(const struct dialect_module *d, enum dialect_function function,
                const struct dialect_arg *args, size_t n,
                struct value *results[2], struct err *err)
{
    struct err cause;
    return dialect_lua_call(d->lua, function, args, n, results, &cause) ||
           dialect_blame(d, dialect_lua_function(function), &cause, err);
}

// submit(), poll(), cancel(): `args` end with the context, which is added here.
static bool ask_call(const struct dialect_module *d,
                     enum dialect_function function, struct dialect_arg *args,
                     size_t n, const struct dialect_ctx *gateway,
                     struct dialect_call *call, struct err *err)
{
    struct value *ctx = ctx_value(gateway), *results[2];
    *call = (struct dialect_call){0};
    args[n - 1] = (struct dialect_arg){.value = ctx};
    bool ok = ask(d, function, args, n, results, err);
    value_free(ctx);
    if (!ok)
        return false;
    struct err cause;
    const char *other = function == DIALECT_CANCEL ? "DELETE" : "GET";
    ok = dialect_check_call(results[0], other, call, &cause) ||
         dialect_blame(d, dialect_lua_function(function), &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static bool submit(void *ctx, const char *route, const struct value *request,
                   const struct dialect_ctx *gateway, struct dialect_call *call,
                   struct err *err)
{
    struct dialect_arg args[3] = {text_arg(route), {.value = request}};
    return ask_call(ctx, DIALECT_SUBMIT, args, 3, gateway, call, err);
}

static bool poll(void *ctx, const char *task_id,
                 const struct dialect_ctx *gateway, struct dialect_call *call,
                 struct err *err)
{
    struct dialect_arg args[2] = {text_arg(task_id)};
    return ask_call(ctx, DIALECT_POLL, args, 2, gateway, call, err);
}

static bool cancel(void *ctx, const char *task_id,
                   const struct dialect_ctx *gateway, struct dialect_call *call,
                   struct err *err)
{
    struct dialect_arg args[2] = {text_arg(task_id)};
    return ask_call(ctx, DIALECT_CANCEL, args, 2, gateway, call, err);
}

static bool list(void *ctx, int page, const struct dialect_ctx *gateway,
                 struct dialect_call *call, struct err *err)
{
    struct value n = {.type = VALUE_INT, .integer = page};
    struct dialect_arg args[2] = {{.value = &n}};
    return ask_call(ctx, DIALECT_LIST, args, 2, gateway, call, err);
}

// accepted(), listed(), accounted()
static bool ask_answer(const struct dialect_module *d,
                       enum dialect_function function,
                       const struct dialect_answer *answer,
                       struct value *results[2], struct err *err)
{
    struct value status = {.type = VALUE_INT, .integer = answer->status};
    struct dialect_arg args[] = {
        {.value = &status},
        {.value = answer->headers},
        {.bytes = answer->body ? answer->body : "", .len = answer->len}};
    return ask(d, function, args, 3, results, err);
}

static bool listed(void *ctx, const struct dialect_answer *answer,
                   struct dialect_list *list, struct err *err)
{
    const struct dialect_module *d = ctx;
    struct value *results[2];
    struct err cause;
    *list = (struct dialect_list){.uptime_ms = -1};
    if (!ask_answer(d, DIALECT_LISTED, answer, results, err))
        return false;
    bool ok = dialect_check_list(results[0], list, &cause) ||
              dialect_blame(d, "listed", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

// A question only: nothing that could be a purchase.
static bool account(void *ctx, const struct dialect_ctx *gateway,
                    struct dialect_call *call, struct err *err)
{
    struct dialect_arg args[1];
    if (!ask_call(ctx, DIALECT_ACCOUNT, args, 1, gateway, call, err))
        return false;
    if (strcmp(call->method, "GET") == 0)
        return true;
    struct err cause;
    err_set(&cause, ERR_RECIPE, "method: \"GET\" is needed");
    dialect_call_free(call);
    return dialect_blame(ctx, "account", &cause, err);
}

static bool accounted(void *ctx, const struct dialect_answer *answer,
                      struct dialect_account *account, struct err *err)
{
    const struct dialect_module *d = ctx;
    struct value *results[2];
    struct err cause;
    *account = (struct dialect_account){.balance = -1};
    if (!ask_answer(d, DIALECT_ACCOUNTED, answer, results, err))
        return false;
    bool ok = dialect_check_account(results[0], account, &cause) ||
              dialect_blame(d, "accounted", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static bool accepted(void *ctx, const struct dialect_answer *answer,
                     struct dialect_accepted *accepted, struct err *err)
{
    const struct dialect_module *d = ctx;
    struct value *results[2];
    struct err cause;
    *accepted = (struct dialect_accepted){.bought = DIALECT_BOUGHT_UNKNOWN};
    if (!ask_answer(d, DIALECT_ACCEPTED, answer, results, err))
        return false;
    bool ok =
        dialect_check_accepted(results[0], results[1], accepted, &cause) ||
        dialect_blame(d, "accepted", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static bool state(void *ctx, const struct dialect_answer *answer,
                  struct dialect_status *status, struct err *err)
{
    const struct dialect_module *d = ctx;
    struct value code = {.type = VALUE_INT, .integer = answer->status};
    struct dialect_arg args[] = {
        {.value = &code},
        {.bytes = answer->body ? answer->body : "", .len = answer->len}};
    struct value *results[2];
    struct err cause;
    *status = (struct dialect_status){
        .phase = DIALECT_NO_NEWS, .progress = -1, .charge = -1};
    if (!ask(d, DIALECT_STATE, args, 2, results, err))
        return false;
    bool ok = dialect_check_status(results[0], status, &cause) ||
              dialect_blame(d, "state", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static char *callback(void *ctx, const char *body, size_t len)
{
    const struct dialect_module *d = ctx;
    struct dialect_arg args[] = {{.bytes = body ? body : "", .len = len}};
    struct value *results[2];
    struct err err;
    if (!ask(d, DIALECT_CALLBACK, args, 1, results, &err)) {
        log_debug("%s", err.text);
        return NULL;
    }
    const char *id;
    char *task_id = dialect_check_task_id(results[0], &id) ? xstrdup(id) : NULL;
    value_free(results[0]);
    value_free(results[1]);
    return task_id;
}

// -1: they are none.
static int64_t thousandths(const struct value *v)
{
    double credits;
    bool fits =
        v && value_number(v, &credits) && credits >= 0 && credits <= PRICE_MAX;
    return fits ? llround(credits * 1000) : -1;
}

// Thousandths, or -1: a price that cannot be told is unknown, and a budget then
// refuses to buy.
static int64_t price(void *ctx, const char *route, const struct value *request,
                     int64_t *least)
{
    const struct dialect_module *d = ctx;
    struct dialect_arg args[] = {text_arg(route), {.value = request}};
    struct value *results[2];
    struct err err;
    *least = -1;
    if (!ask(d, DIALECT_PRICE, args, 2, results, &err)) {
        log_debug("%s", err.text);
        return -1;
    }
    int64_t most = thousandths(results[0]);
    *least = thousandths(results[1]);
    if (*least < 0 || *least > most)
        *least = most;
    value_free(results[0]);
    value_free(results[1]);
    return most;
}

static const struct field_table *fields(void *ctx, const char *route)
{
    const struct dialect_module *d = ctx;
    return dialect_tables_find(d->tables, route);
}

static const struct value *defaults(void *ctx, const char *route)
{
    const struct dialect_module *d = ctx;
    const struct value *all = value_get(dialect_lua_tables(d->lua), "defaults");
    return value_get(all, route);
}

// check(): a list of {field, text}, or nothing.
static void check(void *ctx, const struct field_table *table,
                  const struct value *request, struct problems *p)
{
    const struct dialect_module *d = ctx;
    struct dialect_arg args[] = {text_arg(table->route), {.value = request}};
    struct value *results[2];
    struct err err;
    bool ok = ask(d, DIALECT_CHECK, args, 2, results, &err);
    if (ok) {
        struct err cause;
        ok = dialect_check_problems(results[0], request, p, &cause) ||
             dialect_blame(d, "check", &cause, &err);
        value_free(results[0]);
        value_free(results[1]);
    }
    if (!ok)
        problem_add(p, request->pos, "%s", err.text);
}

void dialect_calls(struct dialect_module *d, bool lists)
{
    struct dialect *dialect = &d->dialect;
    dialect->ctx = d;
    dialect->fields = fields;
    dialect->price = price;
    dialect->submit = submit;
    dialect->accepted = accepted;
    dialect->poll = poll;
    dialect->state = state;
    dialect->callback = callback;
    dialect->cancel = dialect_lua_has(d->lua, DIALECT_CANCEL) ? cancel : NULL;
    dialect->list = lists ? list : NULL;
    dialect->listed = lists ? listed : NULL;
    bool tells = dialect_lua_has(d->lua, DIALECT_ACCOUNT);
    dialect->account = tells ? account : NULL;
    dialect->accounted = tells ? accounted : NULL;
    dialect->defaults = defaults;
    if (dialect_lua_has(d->lua, DIALECT_CHECK))
        dialect_tables_check(d->tables, check, d);
}
