#include "script/dialect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "script/embedded.h"
#include "script/script.h"

#define BUILT_IN "dialect/" // of embedded files
#define NAMES_MAX 200
#define NAME_MAX_BYTES 64
#define PRICE_MAX 9e12 // credits, so that thousandths fit

struct loaded {
    struct dialect dialect; // ctx is this
    struct loaded *next;
    char *key;  // the name of one that is built in, or a file's real path
    char *said; // how the recipe calls it, for messages
    char *name;
    bool built_in;
    struct dialect_lua *lua;
    struct dialect_tables *tables;
};

struct dialects {
    struct loaded *loaded;
    char *lua_dir;
    struct machine_config machine;
};

// --- errors

// What a module did wrong: of a user's, a mistake in the recipe; of ours, a
// defect.
static bool blame(const struct loaded *d, const char *function,
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

static bool ask(const struct loaded *d, enum dialect_function function,
                const struct dialect_arg *args, size_t n,
                struct value *results[2], struct err *err)
{
    struct err cause;
    return dialect_lua_call(d->lua, function, args, n, results, &cause) ||
           blame(d, dialect_lua_function(function), &cause, err);
}

// submit(), poll(), cancel(): `args` end with the context, which is added here.
static bool ask_call(const struct loaded *d, enum dialect_function function,
                     struct dialect_arg *args, size_t n,
                     const struct dialect_ctx *gateway,
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
         blame(d, dialect_lua_function(function), &cause, err);
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

// accepted(), listed()
static bool ask_answer(const struct loaded *d, enum dialect_function function,
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
    const struct loaded *d = ctx;
    struct value *results[2];
    struct err cause;
    *list = (struct dialect_list){.uptime_ms = -1};
    if (!ask_answer(d, DIALECT_LISTED, answer, results, err))
        return false;
    bool ok = dialect_check_list(results[0], list, &cause) ||
              blame(d, "listed", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static bool accepted(void *ctx, const struct dialect_answer *answer,
                     struct dialect_accepted *accepted, struct err *err)
{
    const struct loaded *d = ctx;
    struct value *results[2];
    struct err cause;
    *accepted = (struct dialect_accepted){.bought = DIALECT_BOUGHT_UNKNOWN};
    if (!ask_answer(d, DIALECT_ACCEPTED, answer, results, err))
        return false;
    bool ok =
        dialect_check_accepted(results[0], results[1], accepted, &cause) ||
        blame(d, "accepted", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static bool state(void *ctx, const struct dialect_answer *answer,
                  struct dialect_status *status, struct err *err)
{
    const struct loaded *d = ctx;
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
              blame(d, "state", &cause, err);
    value_free(results[0]);
    value_free(results[1]);
    return ok;
}

static char *callback(void *ctx, const char *body, size_t len)
{
    const struct loaded *d = ctx;
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

// Thousandths, or -1: a price that cannot be told is unknown, and a budget then
// refuses to buy.
static int64_t price(void *ctx, const char *route, const struct value *request)
{
    const struct loaded *d = ctx;
    struct dialect_arg args[] = {text_arg(route), {.value = request}};
    struct value *results[2];
    struct err err;
    if (!ask(d, DIALECT_PRICE, args, 2, results, &err)) {
        log_debug("%s", err.text);
        return -1;
    }
    double credits;
    int64_t thousandths = -1;
    if (results[0] && value_number(results[0], &credits) && credits >= 0 &&
        credits <= PRICE_MAX)
        thousandths = llround(credits * 1000);
    value_free(results[0]);
    value_free(results[1]);
    return thousandths;
}

static const struct field_table *fields(void *ctx, const char *route)
{
    const struct loaded *d = ctx;
    return dialect_tables_find(d->tables, route);
}

static const struct value *defaults(void *ctx, const char *route)
{
    const struct loaded *d = ctx;
    const struct value *all = value_get(dialect_lua_tables(d->lua), "defaults");
    return value_get(all, route);
}

// --- loading

static void loaded_free(struct loaded *d)
{
    if (!d)
        return;
    dialect_lua_free(d->lua);
    dialect_tables_free(d->tables);
    free(d->key);
    free(d->said);
    free(d->name);
    free(d);
}

static char *printable(const char *name)
{
    return text_printable(name, strlen(name), NAME_MAX_BYTES);
}

// A text of the module, or `fallback`; NULL when it is no such text.
static const char *text_of(const struct value *tables, const char *key,
                           const char *fallback)
{
    const struct value *v = value_get(tables, key);
    if (!v || v->type == VALUE_NULL)
        return fallback;
    const char *s = value_text(v);
    size_t len = s ? strlen(s) : 0;
    bool plain = len > 0 && len <= NAME_MAX_BYTES;
    for (size_t i = 0; i < len; i++)
        plain &= s[i] >= ' ' && s[i] <= '~';
    return plain ? s : NULL;
}

static bool is_flag(const struct value *v)
{
    return !v || v->type == VALUE_BOOL || v->type == VALUE_NULL;
}

static bool is_never(const struct value *v)
{
    const char *s = value_text(v);
    return s && strcmp(s, "never") == 0;
}

static bool check_tables(const struct value *tables, struct err *err)
{
    const struct value *v = value_get(tables, "data_uri");
    if (!is_flag(v) && !is_never(v))
        return err_set(err, ERR_RECIPE,
                       "data_uri: true, false or \"never\" is needed");
    if (!is_flag(value_get(tables, "list_complete")))
        return err_set(err, ERR_RECIPE,
                       "list_complete: true or false is needed");
    v = value_get(tables, "defaults");
    bool ok = !v || v->type == VALUE_MAP;
    for (size_t i = 0; ok && i < value_count(v); i++)
        ok = v->map.members[i].value->type == VALUE_MAP;
    return ok || err_set(err, ERR_RECIPE,
                         "defaults: a table of fields for each route is "
                         "needed");
}

static bool fill(struct loaded *d, struct err *err)
{
    const struct value *tables = dialect_lua_tables(d->lua);
    const char *name = text_of(tables, "name", d->said);
    const char *version = text_of(tables, "version", "");
    if (!name || !version)
        return err_set(err, ERR_RECIPE, "%s: a short text is needed",
                       name ? "version" : "name");
    if (!check_tables(tables, err))
        return false;
    bool lists = dialect_lua_has(d->lua, DIALECT_LIST);
    if (lists != dialect_lua_has(d->lua, DIALECT_LISTED))
        return err_set(err, ERR_RECIPE, "'list' and 'listed' need each other");
    lists &= value_truth(value_get(tables, "list_complete"), false);
    const struct value *data_uri = value_get(tables, "data_uri");
    d->name = xstrdup(name);
    d->tables = dialect_tables_new(d->name, value_get(tables, "fields"), err);
    d->dialect = (struct dialect){
        .name = d->name,
        .version = version,
        .ctx = d,
        .data_uri = value_truth(data_uri, false),
        .never_data_uri = is_never(data_uri),
        .fields = fields,
        .price = price,
        .submit = submit,
        .accepted = accepted,
        .poll = poll,
        .state = state,
        .callback = callback,
        .cancel = dialect_lua_has(d->lua, DIALECT_CANCEL) ? cancel : NULL,
        .list = lists ? list : NULL,
        .listed = lists ? listed : NULL,
        .defaults = defaults,
    };
    return d->tables != NULL;
}

// Make a dialect of a text; takes `key` and `text`.
static const struct dialect *add(struct dialects *dialects, const char *said,
                                 char *key, char *text, size_t len,
                                 bool built_in, struct err *err)
{
    struct loaded *d = xcalloc(1, sizeof(*d));
    char *chunk = built_in ? xasprintf(BUILT_IN "%s.lua", said) : xstrdup(said);
    struct dialect_source source = {chunk, text, len, dialects->lua_dir};
    struct err cause;
    d->key = key;
    d->said = printable(said);
    d->built_in = built_in;
    d->lua = dialect_lua_new(&source, &dialects->machine, &cause);
    free(chunk);
    free(text);
    if (!d->lua || !fill(d, &cause)) {
        blame(d, NULL, &cause, err);
        loaded_free(d);
        return NULL;
    }
    d->next = dialects->loaded;
    dialects->loaded = d;
    return &d->dialect;
}

static const struct dialect *find(const struct dialects *dialects,
                                  const char *key)
{
    for (const struct loaded *d = dialects->loaded; d; d = d->next) {
        if (strcmp(d->key, key) == 0)
            return &d->dialect;
    }
    return NULL;
}

// --- by name

// The text of a file below the recipe's folder; NULL with `err`.
static char *read_file(const char *path, size_t *len, struct err *err)
{
    return path ? file_read(path, DIALECT_SOURCE_MAX, len, err) : NULL;
}

static const struct dialect *get_file(struct dialects *dialects,
                                      const char *name, const char *recipe_dir,
                                      struct err *err)
{
    struct err cause = {ERR_RECIPE, "a file beside a recipe is meant, and "
                                    "there is no recipe"};
    char *path = NULL;
    if (recipe_dir && path_below(recipe_dir, name, &path, &cause) && !path)
        err_set(&cause, ERR_RECIPE, "there is no such file beside the recipe");
    const struct dialect *known = path ? find(dialects, path) : NULL;
    if (known) {
        free(path);
        return known;
    }
    size_t len = 0;
    char *text = read_file(path, &len, &cause);
    if (!text) {
        char *shown = printable(name);
        err_set(err, ERR_RECIPE, "dialect '%s': %s", shown, cause.text);
        free(shown);
        free(path);
        return NULL;
    }
    return add(dialects, name, path, text, len, false, err);
}

// "reverse, official": the embedded ones, without their modules.
static char *names_built_in(void)
{
    struct buf names;
    buf_init(&names, NAMES_MAX);
    for (const struct embedded *e = embedded_files; e->name; e++) {
        if (!text_starts(e->name, BUILT_IN))
            continue;
        const char *name = e->name + strlen(BUILT_IN);
        if (!strchr(name, '/'))
            buf_printf(&names, "%s%s", names.len ? ", " : "", name);
    }
    return buf_take(&names);
}

static const struct dialect *get_built_in(struct dialects *dialects,
                                          const char *name, struct err *err)
{
    const struct dialect *known = find(dialects, name);
    if (known)
        return known;
    size_t len = strlen(name);
    bool is_name = len > 0 && len <= NAME_MAX_BYTES && !strchr(name, '/');
    char *embedded = xasprintf(BUILT_IN "%s", name);
    const struct dialect *dialect = NULL;
    if (!is_name || !embedded_find(embedded)) {
        char *names = names_built_in(), *shown = printable(name);
        err_set(err, ERR_RECIPE, "no dialect is called '%s'; built in: %s",
                shown, names);
        free(names);
        free(shown);
    } else {
        char *text = embedded_read(dialects->lua_dir, embedded, &len, err);
        if (text)
            dialect = add(dialects, name, xstrdup(name), text, len, true, err);
    }
    free(embedded);
    return dialect;
}

const struct dialect *dialects_get(struct dialects *dialects, const char *name,
                                   const char *recipe_dir, struct err *err)
{
    size_t len = strlen(name);
    if (len > 4 && strcmp(name + len - 4, ".lua") == 0)
        return get_file(dialects, name, recipe_dir, err);
    return get_built_in(dialects, name, err);
}

struct dialects *dialects_new_in(const char *lua_dir,
                                 const struct machine_config *config)
{
    struct dialects *dialects = xcalloc(1, sizeof(*dialects));
    dialects->lua_dir = xstrdup(lua_dir);
    if (config)
        dialects->machine = *config;
    if (!dialects->machine.memory_max)
        dialects->machine.memory_max = DIALECT_MEMORY;
    return dialects;
}

struct dialects *dialects_new(const char *lua_dir, struct err *err)
{
    (void)err; // a dialect is loaded when it is asked for
    return dialects_new_in(lua_dir, NULL);
}

void dialects_free(struct dialects *dialects)
{
    if (!dialects)
        return;
    while (dialects->loaded) {
        struct loaded *d = dialects->loaded;
        dialects->loaded = d->next;
        loaded_free(d);
    }
    free(dialects->lua_dir);
    free(dialects);
}
