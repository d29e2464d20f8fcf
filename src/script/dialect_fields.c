#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/number.h"
#include "script/dialect.h"

#define SHOWN_MAX 200

struct dialect_tables {
    char *dialect;
    size_t n, n_strings;
    struct field_table *tables;
    const char **routes; // NULL-ended
    char **strings;      // what the rows point to
};

static const struct {
    const char *name;
    enum field_type type;
} types[] = {
    {"text", FIELD_TEXT},       {"number", FIELD_NUMBER},
    {"integer", FIELD_INTEGER}, {"boolean", FIELD_BOOLEAN},
    {"file", FIELD_FILE},       {"any", FIELD_ANY},
};

// Where in `fields` we are: a mistake is named by it.
struct row {
    struct dialect_tables *into;
    const char *route;
    size_t index;
    const struct value *v; // a map
    struct err *err;
};

static bool wrong(const struct row *row, const char *key, const char *what)
{
    return err_set(row->err, ERR_RECIPE, "fields.%.64s[%zu]%s%s: %s",
                   row->route, row->index + 1, key ? "." : "", key ? key : "",
                   what);
}

static const char *keep(struct dialect_tables *tables, const char *s)
{
    tables->strings = xreallocarray(tables->strings, tables->n_strings + 1,
                                    sizeof(*tables->strings));
    return tables->strings[tables->n_strings++] = xstrdup(s);
}

static bool take_name(const struct row *row, struct field *field)
{
    const char *name = value_get_text(row->v, "name");
    if (!name)
        return wrong(row, "name", "a text is needed");
    if (!field_is_neutral(name) && strcmp(name, "extra") != 0)
        return wrong(row, "name", "no request has such a field");
    field->name = keep(row->into, name);
    return true;
}

static bool take_type(const struct row *row, struct field *field)
{
    const char *name = value_get_text(row->v, "type");
    struct buf known;
    buf_init(&known, SHOWN_MAX);
    buf_str(&known, "it is one of");
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        buf_printf(&known, " %s", types[i].name);
        if (name && strcmp(name, types[i].name) == 0) {
            field->type = types[i].type;
            buf_free(&known);
            return true;
        }
    }
    wrong(row, "type", known.data);
    buf_free(&known);
    return false;
}

static bool take_bound(const struct row *row, const char *key, bool *has,
                       double *bound)
{
    const struct value *v = value_get(row->v, key);
    *has = v && v->type != VALUE_NULL;
    if (*has && !value_number(v, bound))
        return wrong(row, key, "a number is needed");
    return true;
}

static bool take_bytes(const struct row *row, struct field *field)
{
    const struct value *v = value_get(row->v, "bytes_max");
    int64_t n = value_integer(v, -1);
    if (!v || v->type == VALUE_NULL)
        return true;
    if (v->type != VALUE_INT || n < 1)
        return wrong(row, "bytes_max", "a number of bytes is needed");
    field->bytes_max = (size_t)n;
    return true;
}

static bool take_list(const struct row *row, const char *key,
                      const char *const **list)
{
    const struct value *v = value_get(row->v, key);
    if (!v || v->type == VALUE_NULL)
        return true;
    if (v->type != VALUE_LIST)
        return wrong(row, key, "a list is needed");
    size_t n = value_count(v);
    const char **items = xcalloc(n + 1, sizeof(*items));
    *list = items; // freed with the table, however this ends
    for (size_t i = 0; i < n; i++) {
        char number[NUMBER_TEXT];
        double x;
        const char *text = value_text(value_at(v, i));
        if (!text && value_number(value_at(v, i), &x)) {
            number_text(x, number);
            text = number;
        }
        if (!text)
            return wrong(row, key, "a list of texts or numbers is needed");
        items[i] = keep(row->into, text);
    }
    return true;
}

static bool take_flag(const struct row *row, const char *key, bool *flag)
{
    const struct value *v = value_get(row->v, key);
    if (v && v->type != VALUE_BOOL && v->type != VALUE_NULL)
        return wrong(row, key, "true or false is needed");
    *flag = value_truth(v, false);
    return true;
}

static bool known_keys(const struct row *row)
{
    static const char *const keys[] = {"name",   "type",   "required",
                                       "min",    "max",    "choices",
                                       "models", "strict", "bytes_max"};
    for (size_t i = 0; i < value_count(row->v); i++) {
        const char *key = row->v->map.members[i].key;
        bool known = false;
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            known |= strcmp(key, keys[k]) == 0;
        if (!known)
            return wrong(row, NULL,
                         "a field has name type required min max choices "
                         "models strict bytes_max, and nothing else");
    }
    return true;
}

static bool take_row(const struct row *row, struct field *field)
{
    if (!row->v || row->v->type != VALUE_MAP)
        return wrong(row, NULL, "a table with names is needed");
    return known_keys(row) && take_name(row, field) && take_type(row, field) &&
           take_flag(row, "required", &field->required) &&
           take_flag(row, "strict", &field->strict) && take_bytes(row, field) &&
           take_bound(row, "min", &field->has_min, &field->min) &&
           take_bound(row, "max", &field->has_max, &field->max) &&
           take_list(row, "choices", &field->choices) &&
           take_list(row, "models", &field->models);
}

static bool take_route(struct dialect_tables *tables,
                       const struct value_member *member, struct err *err)
{
    const struct value *rows = member->value;
    if (rows->type != VALUE_LIST)
        return err_set(err, ERR_RECIPE, "fields.%.64s: a list is needed",
                       member->key);
    size_t n = value_count(rows);
    struct field *fields = xcalloc(n ? n : 1, sizeof(*fields));
    tables->tables[tables->n++] =
        (struct field_table){.dialect = tables->dialect,
                             .route = keep(tables, member->key),
                             .fields = fields,
                             .n = n};
    for (size_t i = 0; i < n; i++) {
        struct row row = {tables, member->key, i, value_at(rows, i), err};
        if (!take_row(&row, &fields[i]))
            return false;
    }
    return true;
}

struct dialect_tables *dialect_tables_new(const char *dialect,
                                          const struct value *fields,
                                          struct err *err)
{
    struct dialect_tables *tables = xcalloc(1, sizeof(*tables));
    tables->dialect = xstrdup(dialect);
    bool ok = !fields || fields->type == VALUE_MAP;
    if (!ok)
        err_set(err, ERR_RECIPE, "fields: a list for each route is needed");
    size_t n = value_count(fields);
    tables->tables = xcalloc(n ? n : 1, sizeof(*tables->tables));
    tables->routes = xcalloc(n + 1, sizeof(*tables->routes));
    for (size_t i = 0; ok && i < n; i++)
        ok = take_route(tables, &fields->map.members[i], err);
    for (size_t i = 0; i < tables->n; i++)
        tables->routes[i] = tables->tables[i].route;
    if (ok)
        return tables;
    dialect_tables_free(tables);
    return NULL;
}

void dialect_tables_free(struct dialect_tables *tables)
{
    if (!tables)
        return;
    for (size_t i = 0; i < tables->n; i++) {
        const struct field_table *table = &tables->tables[i];
        for (size_t k = 0; k < table->n; k++) {
            free((void *)table->fields[k].choices);
            free((void *)table->fields[k].models);
        }
        free((void *)table->fields);
        free((void *)table->models);
    }
    for (size_t i = 0; i < tables->n_strings; i++)
        free(tables->strings[i]);
    free(tables->strings);
    free((void *)tables->routes);
    free(tables->tables);
    free(tables->dialect);
    free(tables);
}

const struct field_table *
dialect_tables_find(const struct dialect_tables *tables, const char *route)
{
    for (size_t i = 0; i < tables->n; i++) {
        if (strcmp(tables->tables[i].route, route) == 0)
            return &tables->tables[i];
    }
    return NULL;
}

const char *const *dialect_tables_routes(const struct dialect_tables *tables)
{
    return tables->routes;
}

void dialect_tables_check(struct dialect_tables *tables,
                          void (*check)(void *ctx,
                                        const struct field_table *table,
                                        const struct value *request,
                                        struct problems *p),
                          void *ctx)
{
    for (size_t i = 0; i < tables->n; i++) {
        tables->tables[i].check = check;
        tables->tables[i].ctx = ctx;
    }
}

// The known models of one route; none is said of others.
static bool take_models(struct dialect_tables *tables,
                        struct field_table *table, const struct value *list,
                        struct err *err)
{
    if (!list || list->type == VALUE_NULL)
        return true;
    bool ok = list->type == VALUE_LIST;
    size_t n = value_count(list);
    for (size_t i = 0; ok && i < n; i++)
        ok = value_text(value_at(list, i)) != NULL;
    if (!ok)
        return err_set(err, ERR_RECIPE,
                       "models.%.64s: a list of texts is "
                       "needed",
                       table->route);
    const char **models = xcalloc(n + 1, sizeof(*models));
    for (size_t i = 0; i < n; i++)
        models[i] = keep(tables, value_text(value_at(list, i)));
    table->models = models;
    return true;
}

bool dialect_tables_add(struct dialect_tables *tables,
                        const struct value *module, const char *as_of,
                        struct err *err)
{
    const struct value *models = value_get(module, "models");
    const struct value *defaults = value_get(module, "defaults");
    if (models && models->type != VALUE_MAP)
        return err_set(err, ERR_RECIPE,
                       "models: a list for each route is needed");
    for (size_t i = 0; i < tables->n; i++) {
        struct field_table *table = &tables->tables[i];
        table->as_of = as_of;
        table->model =
            value_get_text(value_get(defaults, table->route), "model");
        if (!take_models(tables, table, value_get(models, table->route), err))
            return false;
    }
    return true;
}
