#include "gateway/reverse_body.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "data/number.h"
#include "gateway/schema.h"

#define FOUND_MAX 60
#define FIELD_MAX 64
#define EXACT_MAX 9e15 // integers up to here are exact as reals

// --- refusals

bool reverse_refusal(struct reverse_refusal *why, const char *code,
                     const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *why = (struct reverse_refusal){code, xstrdup(text)};
    return false;
}

bool reverse_refuse(struct reverse_refusal *why, const char *field,
                    const char *accepted, const struct value *found)
{
    if (!found)
        return reverse_refusal(why, "invalid_request", "%s: required, %s",
                               field, accepted);
    char *text = json_text(found);
    char *shown = text_printable(text, strlen(text), FOUND_MAX);
    reverse_refusal(why, "invalid_request", "%s: %s, found %s", field, accepted,
                    shown);
    free(shown);
    free(text);
    return false;
}

// --- schemas

// The schema of "options.seconds" inside that of the body, or NULL.
static const struct value *schema_of(const struct value *schemas,
                                     const struct value *schema,
                                     const char *path)
{
    while (schema && *path) {
        char name[FIELD_MAX];
        size_t len = strcspn(path, ".");
        if (len >= sizeof name)
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        schema = schema_resolved(schemas, schema);
        schema = value_get(value_get(schema, "properties"), name);
        path += len + (path[len] == '.');
    }
    return schema;
}

bool reverse_refuse_field(const struct reverse_body *body,
                          struct reverse_refusal *why, const char *field,
                          const struct value *found)
{
    const struct value *schema =
        schema_of(body->schemas, value_get(body->route, "body"), field);
    schema = schema_resolved(body->schemas, schema);
    if (value_get(schema, "items"))
        schema = schema_resolved(body->schemas, value_get(schema, "items"));
    return reverse_refuse(why, field, value_get_text(schema, "x-accepted"),
                          found);
}

// --- fields

static const struct value *there(const struct value *v)
{
    return v && v->type != VALUE_NULL ? v : NULL;
}

// What the route's schema does not have was not checked, and says nothing.
const struct value *reverse_said(const struct reverse_body *body,
                                 const char *path)
{
    const struct value *v = there(value_get_path(body->fields, path));
    if (!v)
        return NULL;
    bool known =
        schema_of(body->schemas, value_get(body->route, "body"), path) != NULL;
    return known ? v : NULL;
}

bool reverse_placeholder(const struct value *v)
{
    const char *text = value_text(v);
    return text && (*text == '\0' || strcmp(text, "string") == 0);
}

static bool lists(const struct value *names, const char *name)
{
    for (size_t i = 0; name && i < value_count(names); i++)
        if (strcmp(value_text(value_at(names, i)), name) == 0)
            return true;
    return false;
}

static bool applies(const struct reverse_body *body, const struct value *rule)
{
    const char *model = value_get_text(body->fields, "model");
    const struct value *only = value_get(rule, "model");
    const char *with = value_get_text(rule, "with");
    const char *without = value_get_text(rule, "without");
    return (!only || lists(only, model)) &&
           !lists(value_get(rule, "not_model"), model) &&
           (!with || reverse_said(body, with)) &&
           (!without || !reverse_said(body, without));
}

// The last rule that says something goes first.
const struct value *reverse_field(const struct reverse_body *body,
                                  const char *path)
{
    const struct value *v = reverse_said(body, path);
    for (size_t i = value_count(body->rules); !v && i > 0; i--) {
        const struct value *rule = value_at(body->rules, i - 1);
        if (applies(body, rule))
            v = value_get(
                schema_of(body->schemas, value_get(rule, "body"), path),
                "default");
    }
    if (v)
        return v;
    return value_get(
        schema_of(body->schemas, value_get(body->route, "body"), path),
        "default");
}

// --- putting right

// Fields that are also taken under another name.
static void take_aliases(struct value *fields, const struct value *aliases)
{
    const struct value *options = there(value_get(fields, "options"));
    if (options && options->type != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_count(aliases); i++) {
        const char *from = aliases->map.members[i].key;
        const char *to = value_text(aliases->map.members[i].value);
        const struct value *v = there(value_get(fields, from));
        if (v && !there(value_get_path(fields, to)))
            value_set_path(fields, to, value_copy(v));
    }
}

// The number or truth that a string spells, or NULL.
static struct value *spelled(const struct value *schema, const char *text)
{
    const char *type = value_get_text(schema, "type");
    double d;
    if (!type)
        return NULL;
    if (strcmp(type, "boolean") == 0)
        return strcmp(text, "true") == 0    ? value_bool(true)
               : strcmp(text, "false") == 0 ? value_bool(false)
                                            : NULL;
    if ((strcmp(type, "integer") != 0 && strcmp(type, "number") != 0) ||
        !number_read(text, &d) || !isfinite(d))
        return NULL;
    return d == floor(d) && fabs(d) < EXACT_MAX ? value_int((int64_t)d)
                                                : value_real(d);
}

static void read_spelled(const struct value *schemas,
                         const struct value *schema, struct value *fields)
{
    schema = schema_resolved(schemas, schema);
    for (size_t i = 0; i < value_count(fields); i++) {
        struct value_member *m = &fields->map.members[i];
        const struct value *its = schema_resolved(
            schemas, value_get(value_get(schema, "properties"), m->key));
        const char *text = value_text(m->value);
        struct value *v = text && its ? spelled(its, text) : NULL;
        if (v) {
            value_free(m->value);
            m->value = v;
        } else if (its && m->value->type == VALUE_MAP) {
            read_spelled(schemas, its, m->value);
        }
    }
}

// Inputs that are not given, whatever stands there.
static void drop_placeholders(struct reverse_body *body)
{
    const struct value *inputs = value_get(body->route, "inputs");
    for (size_t i = 0; i < value_count(inputs); i++) {
        const char *name = inputs->map.members[i].key;
        if (reverse_placeholder(value_get(body->fields, name)))
            value_remove(body->fields, name);
    }
}

// --- checks

static bool fits(const struct reverse_body *body, const struct value *schema,
                 struct reverse_refusal *why)
{
    struct schema_issues issues = {.n = 0};
    bool ok =
        !schema || schema_check(schema, body->schemas, body->fields, &issues);
    if (!ok) {
        char *line = schema_line(&issues.all[0]);
        reverse_refusal(why, "invalid_request", "%s", line);
        free(line);
    }
    schema_issues_clear(&issues);
    return ok;
}

// The one requirement that has a code of its own.
static bool has_callback(const struct reverse_body *body,
                         struct reverse_refusal *why)
{
    const struct value *v = reverse_said(body, "callback_url");
    if (v && !(value_text(v) && *value_text(v) == '\0'))
        return true;
    for (size_t i = 0; i < value_count(body->rules); i++) {
        const struct value *rule = value_at(body->rules, i);
        const struct value *required = value_get_path(rule, "body.required");
        if (applies(body, rule) && lists(required, "callback_url"))
            return reverse_refusal(why, "callback_url_empty",
                                   "callback_url_empty");
    }
    return true;
}

static bool obeys_rules(const struct reverse_body *body,
                        struct reverse_refusal *why)
{
    for (size_t i = 0; i < value_count(body->rules); i++) {
        const struct value *rule = value_at(body->rules, i);
        if (applies(body, rule) && !fits(body, value_get(rule, "body"), why))
            return false;
    }
    return true;
}

static void ignore(struct reverse_body *body)
{
    for (size_t i = 0; i < value_count(body->rules); i++) {
        const struct value *rule = value_at(body->rules, i);
        const struct value *paths = value_get(rule, "ignore");
        if (!applies(body, rule))
            continue;
        for (size_t j = 0; j < value_count(paths); j++)
            value_set_path(body->fields, value_text(value_at(paths, j)),
                           value_null());
    }
}

static bool parse(struct reverse_body *out, const char *text, size_t len,
                  struct reverse_refusal *why)
{
    struct err err;
    out->fields = json_read(text, len, JSON_STRICT, &err);
    if (!out->fields)
        return reverse_refusal(why, "invalid_request", "body: not JSON: %s",
                               err.text);
    return out->fields->type == VALUE_MAP ||
           fits(out, value_get(out->route, "body"), why);
}

bool reverse_body_read(const struct wire *wire, const char *profile,
                       const char *route, const char *text, size_t len,
                       struct reverse_body *out, struct reverse_refusal *why)
{
    const struct value *table = wire_reverse(wire);
    const struct value *its = value_get(value_get(table, "profiles"), profile);
    *out = (struct reverse_body){
        .schemas = value_get(table, "schemas"),
        .route = value_get(value_get(table, "routes"), route),
        .rules = value_get(value_get(its, "routes"), route),
    };
    const struct value *schema = value_get(out->route, "body");
    if (!parse(out, text, len, why))
        return false;
    take_aliases(out->fields, value_get(its, "aliases"));
    if (value_truth(value_get(its, "spelled"), false))
        read_spelled(out->schemas, schema, out->fields);
    drop_placeholders(out);
    if (!has_callback(out, why) || !fits(out, schema, why) ||
        !obeys_rules(out, why))
        return false;
    ignore(out);
    return true;
}

void reverse_body_clear(struct reverse_body *body)
{
    value_free(body->fields);
    *body = (struct reverse_body){0};
}

const char *reverse_header(const struct wire *wire, const char *profile,
                           const char *route, const struct order *order,
                           bool *required)
{
    const struct value *table = wire_reverse(wire);
    const struct value *its = value_get(value_get(table, "profiles"), profile);
    const struct value *rules = value_get(value_get(its, "routes"), route);
    for (size_t i = 0; i < value_count(rules); i++) {
        const struct value *rule = value_at(rules, i);
        const struct value *header = value_get(rule, "header");
        bool has = order_source(order, ORDER_FIRST) != NULL;
        const char *missing = value_get_text(header, "missing");
        if (!header || (value_get(rule, "with") && !has))
            continue;
        *required = missing && strcmp(missing, "refuse") == 0;
        return value_get_text(header, "name");
    }
    return NULL;
}
