#include "script/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "script/embedded.h"
#include "script/script.h"

#define BUILT_IN "dialect/" // of embedded files
#define NAMES_MAX 200
#define NAME_MAX_BYTES 64

struct dialects {
    struct dialect_module *loaded;
    char *lua_dir;
    struct machine_config machine;
};

// --- loading

static void loaded_free(struct dialect_module *d)
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

// A call, and what reads its answer.
static bool check_pair(const struct dialect_lua *lua,
                       enum dialect_function call, enum dialect_function reads,
                       struct err *err)
{
    return dialect_lua_has(lua, call) == dialect_lua_has(lua, reads) ||
           err_set(err, ERR_RECIPE, "'%s' and '%s' need each other",
                   dialect_lua_function(call), dialect_lua_function(reads));
}

static bool fill(struct dialect_module *d, struct err *err)
{
    const struct value *tables = dialect_lua_tables(d->lua);
    const char *name = text_of(tables, "name", d->said);
    const char *version = text_of(tables, "version", "");
    if (!name || !version)
        return err_set(err, ERR_RECIPE, "%s: a short text is needed",
                       name ? "version" : "name");
    if (!check_tables(tables, err))
        return false;
    if (!check_pair(d->lua, DIALECT_LIST, DIALECT_LISTED, err) ||
        !check_pair(d->lua, DIALECT_ACCOUNT, DIALECT_ACCOUNTED, err))
        return false;
    bool lists = dialect_lua_has(d->lua, DIALECT_LIST);
    lists &= value_truth(value_get(tables, "list_complete"), false);
    const struct value *data_uri = value_get(tables, "data_uri");
    d->name = xstrdup(name);
    d->tables = dialect_tables_new(d->name, value_get(tables, "fields"), err);
    const char *as_of = text_of(tables, "as_of", NULL);
    if (!d->tables || !dialect_tables_add(d->tables, tables, as_of, err))
        return false;
    d->dialect = (struct dialect){
        .name = d->name,
        .version = version,
        .as_of = as_of,
        .routes = dialect_tables_routes(d->tables),
        .data_uri = value_truth(data_uri, false),
        .never_data_uri = is_never(data_uri),
    };
    dialect_calls(d, lists);
    return true;
}

// Make a dialect of a text; takes `key` and `text`.
static const struct dialect *add(struct dialects *dialects, const char *said,
                                 char *key, char *text, size_t len,
                                 bool built_in, struct err *err)
{
    struct dialect_module *d = xcalloc(1, sizeof(*d));
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
        dialect_blame(d, NULL, &cause, err);
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
    for (const struct dialect_module *d = dialects->loaded; d; d = d->next) {
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
    if (text_stem(name, ".lua") > 0)
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
        struct dialect_module *d = dialects->loaded;
        dialects->loaded = d->next;
        loaded_free(d);
    }
    free(dialects->lua_dir);
    free(dialects);
}
