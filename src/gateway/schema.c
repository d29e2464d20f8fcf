#include "gateway/schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "data/number.h"

#define REF "#/components/schemas/"
#define WORDS_MAX 4096
#define FOUND_MAX 60
#define KEYS_MAX 256

// Where in the value we are; `key` NULL: an index.
struct step {
    const struct step *up;
    const char *key;
    size_t index;
};

struct check {
    const struct value *schemas;
    struct schema_issues *issues;
};

static void fits(const struct check *c, const struct value *schema,
                 const struct value *v, const struct step *at);

const struct value *schema_resolved(const struct value *schemas,
                                    const struct value *schema)
{
    const char *ref = value_get_text(schema, "$ref");
    while (ref && text_starts(ref, REF)) {
        schema = value_get(schemas, ref + strlen(REF));
        ref = value_get_text(schema, "$ref");
    }
    return schema;
}

static const struct value *resolved(const struct check *c,
                                    const struct value *schema)
{
    return schema_resolved(c->schemas, schema);
}

// --- what is said

static struct value *path_of(const struct step *at)
{
    if (!at)
        return value_list();
    struct value *path = path_of(at->up);
    value_add(path,
              at->key ? value_str(at->key) : value_int((int64_t)at->index));
    return path;
}

// NULL when there are enough.
static struct schema_issue *issue(const struct check *c, const char *code,
                                  const struct step *at, struct buf *message)
{
    struct schema_issue *new = NULL;
    if (c->issues->n < SCHEMA_ISSUES_MAX) {
        new = &c->issues->all[c->issues->n++];
        *new = (struct schema_issue){
            .code = code, .path = path_of(at), .message = buf_take(message)};
    }
    buf_free(message);
    return new;
}

static void add_number(struct buf *out, double d)
{
    char text[NUMBER_TEXT];
    number_text(d, text);
    buf_str(out, text);
}

static const char *joint(size_t i, size_t n)
{
    return i == 0 ? "" : i + 1 == n ? " or " : ", ";
}

// Texts as they are, all else as JSON has it.
static void add_scalar(struct buf *out, const struct value *v)
{
    char *text = value_text(v) ? xstrdup(value_text(v)) : json_text(v);
    buf_str(out, text);
    free(text);
}

static void add_range(struct buf *out, const struct value *schema,
                      const char *what)
{
    double least = 0, most = 0;
    bool low = value_number(value_get(schema, "minimum"), &least);
    bool high = value_number(value_get(schema, "maximum"), &most);
    buf_str(out, what);
    if (low)
        buf_str(out, high ? " from " : " of at least ");
    if (low)
        add_number(out, least);
    if (high)
        buf_str(out, low ? " to " : " of at most ");
    if (high)
        add_number(out, most);
}

static void add_type(struct buf *out, const struct value *schema,
                     const char *type)
{
    if (strcmp(type, "integer") == 0)
        add_range(out, schema, "an integer");
    else if (strcmp(type, "number") == 0)
        add_range(out, schema, "a number");
    else if (strcmp(type, "string") == 0)
        buf_str(out, value_integer(value_get(schema, "minLength"), 0) > 0
                         ? "a string that is not empty"
                         : "a string");
    else if (strcmp(type, "boolean") == 0)
        buf_str(out, "true or false");
    else if (strcmp(type, "array") == 0)
        buf_str(out, "a list");
    else
        buf_str(out, strcmp(type, "object") == 0 ? "an object" : type);
}

// "5 or 10", "an integer from 0 to 7": what a schema accepts.
static void add_accepted(const struct check *c, struct buf *out,
                         const struct value *schema)
{
    schema = resolved(c, schema);
    const char *words = value_get_text(schema, "x-accepted");
    const struct value *list = value_get(schema, "enum");
    const struct value *one_of = value_get(schema, "oneOf");
    const struct value *type = value_get(schema, "type");
    if (words) {
        buf_str(out, words);
    } else if (value_get(schema, "const")) {
        add_scalar(out, value_get(schema, "const"));
    } else if (list) {
        for (size_t i = 0; i < value_count(list); i++) {
            buf_str(out, joint(i, value_count(list)));
            add_scalar(out, value_at(list, i));
        }
    } else if (one_of) {
        for (size_t i = 0; i < value_count(one_of); i++) {
            buf_str(out, joint(i, value_count(one_of)));
            add_accepted(c, out, value_at(one_of, i));
        }
    } else if (value_text(type)) {
        add_type(out, schema, value_text(type));
    } else {
        for (size_t i = 0; i < value_count(type); i++) {
            buf_str(out, joint(i, value_count(type)));
            add_type(out, schema, value_text(value_at(type, i)));
        }
    }
}

// Short scalars as they were written; of the others, what they are.
static void add_found(struct buf *out, const struct value *v)
{
    buf_str(out, ", found ");
    if (v->type == VALUE_LIST || v->type == VALUE_MAP) {
        buf_str(out, v->type == VALUE_LIST ? "a list" : "an object");
        return;
    }
    char *text = json_text(v);
    char *shown = text_printable(text, strlen(text), FOUND_MAX);
    buf_str(out, shown);
    free(shown);
    free(text);
}

// `v` NULL: it is not there.
static void refuse(const struct check *c, const char *code,
                   const struct value *schema, const struct value *v,
                   const struct step *at)
{
    struct buf message;
    buf_init(&message, WORDS_MAX);
    if (!v)
        buf_str(&message, schema ? "required, " : "required");
    add_accepted(c, &message, schema);
    if (v)
        add_found(&message, v);
    issue(c, code, at, &message);
}

// `unit` NULL: the value itself is what is too small or too big.
static void limit(const struct check *c, const struct value *schema,
                  const struct value *v, bool big, double bound,
                  const char *unit, size_t found, const struct step *at)
{
    struct buf message;
    buf_init(&message, WORDS_MAX);
    if (unit && found > 0) {
        buf_str(&message, big ? "at most " : "at least ");
        add_number(&message, bound);
        int len = (int)strlen(unit) - (bound == 1); // "1 item"
        buf_printf(&message, " %.*s, found %zu", len, unit, found);
    } else {
        add_accepted(c, &message, schema);
        add_found(&message, v);
    }
    struct schema_issue *new =
        issue(c, big ? "too_big" : "too_small", at, &message);
    if (new) {
        new->has_limit = true;
        new->limit = bound;
    }
}

// --- what is checked

static bool is_type(const struct value *v, const char *type)
{
    double d;
    if (strcmp(type, "integer") == 0)
        return value_number(v, &d) && d == floor(d);
    if (strcmp(type, "number") == 0)
        return value_number(v, &d);
    static const char *const names[] = {
        [VALUE_NULL] = "null",     [VALUE_BOOL] = "boolean",
        [VALUE_STRING] = "string", [VALUE_LIST] = "array",
        [VALUE_MAP] = "object",
    };
    return v->type != VALUE_INT && v->type != VALUE_REAL &&
           strcmp(names[v->type], type) == 0;
}

static bool type_fits(const struct value *schema, const struct value *v)
{
    const struct value *type = value_get(schema, "type");
    if (!type)
        return true;
    if (value_text(type))
        return is_type(v, value_text(type));
    for (size_t i = 0; i < value_count(type); i++)
        if (is_type(v, value_text(value_at(type, i))))
            return true;
    return false;
}

static bool named(const struct value *schema, const struct value *v)
{
    const struct value *only = value_get(schema, "const");
    const struct value *list = value_get(schema, "enum");
    if (only)
        return value_equal(only, v);
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(list, i), v))
            return true;
    return !list;
}

// As JavaScript counts: characters beyond the first plane are two.
static size_t utf16_units(const struct value *v)
{
    size_t n = 0, step;
    uint32_t code;
    for (size_t i = 0; i < v->string.len; i += step) {
        step = text_utf8(v->string.bytes + i, v->string.len - i, &code);
        n += step == 4 ? 2 : 1;
        if (step == 0)
            step = 1;
    }
    return n;
}

struct measure {
    const char *least, *most; // keywords
    const char *unit;         // NULL: the number itself is measured
};

static void bounds(const struct check *c, const struct value *schema,
                   const struct value *v, const struct measure *m, double found,
                   const struct step *at)
{
    double bound;
    size_t n = m->unit ? (size_t)found : 0;
    if (value_number(value_get(schema, m->least), &bound) && found < bound)
        limit(c, schema, v, false, bound, m->unit, n, at);
    if (value_number(value_get(schema, m->most), &bound) && found > bound)
        limit(c, schema, v, true, bound, m->unit, n, at);
}

static void unknown_key(const struct check *c, const struct value *properties,
                        const char *key, const struct step *at)
{
    const char *names[KEYS_MAX];
    size_t n = 0;
    for (; n < value_count(properties) && n < KEYS_MAX; n++)
        names[n] = properties->map.members[n].key;
    char *shown = text_printable(key, strlen(key), FOUND_MAX);
    const char *near = text_nearest(key, names, n);
    struct buf message;
    buf_init(&message, WORDS_MAX);
    buf_printf(&message, "unknown field '%s'", shown);
    if (near)
        buf_printf(&message, ", did you mean '%s'?", near);
    issue(c, "unrecognized_keys", at, &message);
    free(shown);
}

static void required(const struct check *c, const struct value *schema,
                     const struct value *v, const struct step *at)
{
    const struct value *list = value_get(schema, "required");
    const struct value *properties = value_get(schema, "properties");
    for (size_t i = 0; i < value_count(list); i++) {
        const char *key = value_text(value_at(list, i));
        const struct value *member = value_get(v, key);
        if (!member || member->type == VALUE_NULL)
            refuse(c, "invalid_type", value_get(properties, key), NULL,
                   &(struct step){.up = at, .key = key});
    }
}

static void map_fits(const struct check *c, const struct value *schema,
                     const struct value *v, const struct step *at)
{
    const struct value *properties = value_get(schema, "properties");
    bool closed = !value_truth(value_get(schema, "additionalProperties"), true);
    required(c, schema, v, at);
    for (size_t i = 0; i < value_count(properties); i++) {
        const struct value_member *its = &properties->map.members[i];
        const struct value *member = value_get(v, its->key);
        if (member && member->type != VALUE_NULL)
            fits(c, its->value, member,
                 &(struct step){.up = at, .key = its->key});
    }
    for (size_t i = 0; closed && i < value_count(v); i++)
        if (!value_get(properties, v->map.members[i].key))
            unknown_key(c, properties, v->map.members[i].key, at);
}

static void list_fits(const struct check *c, const struct value *schema,
                      const struct value *v, const struct step *at)
{
    static const struct measure count = {"minItems", "maxItems", "items"};
    bounds(c, schema, v, &count, (double)value_count(v), at);
    const struct value *items = value_get(schema, "items");
    for (size_t i = 0; items && i < value_count(v); i++)
        fits(c, items, value_at(v, i), &(struct step){.up = at, .index = i});
}

// --- one of several

static void add_names(const struct check *c, struct buf *out,
                      const struct value *one_of, const char *property)
{
    for (size_t i = 0; i < value_count(one_of); i++) {
        const struct value *s = resolved(c, value_at(one_of, i));
        s = value_get(value_get(s, "properties"), property);
        buf_str(out, joint(i, value_count(one_of)));
        add_accepted(c, out, s);
    }
}

static void by_discriminator(const struct check *c, const struct value *one_of,
                             const char *property, const struct value *v,
                             const struct step *at)
{
    const struct value *name = value_get(v, property);
    for (size_t i = 0; name && i < value_count(one_of); i++) {
        const struct value *s = resolved(c, value_at(one_of, i));
        const struct value *its =
            resolved(c, value_get(value_get(s, "properties"), property));
        if (!named(its, name))
            continue;
        fits(c, s, v, at);
        return;
    }
    struct buf message;
    buf_init(&message, WORDS_MAX);
    if (!name)
        buf_str(&message, "required, ");
    add_names(c, &message, one_of, property);
    if (name)
        add_found(&message, name);
    issue(c, "invalid_value", &(struct step){.up = at, .key = property},
          &message);
}

// What is wrong inside is said of the only one that has the value's type.
static void any_of(const struct check *c, const struct value *schema,
                   const struct value *one_of, const struct value *v,
                   const struct step *at)
{
    const struct value *like = NULL;
    size_t alike = 0;
    for (size_t i = 0; i < value_count(one_of); i++) {
        const struct value *s = resolved(c, value_at(one_of, i));
        struct schema_issues none = {.n = 0};
        bool ok = schema_check(s, c->schemas, v, &none);
        schema_issues_clear(&none);
        if (ok)
            return;
        if (type_fits(s, v) && alike++ == 0)
            like = s;
    }
    if (alike == 1)
        fits(c, like, v, at);
    else
        refuse(c, "invalid_union", schema, v, at);
}

static void scalar_fits(const struct check *c, const struct value *schema,
                        const struct value *v, const struct step *at)
{
    static const struct measure text = {"minLength", "maxLength", "characters"};
    static const struct measure number = {"minimum", "maximum", NULL};
    double d;
    if (v->type == VALUE_STRING)
        bounds(c, schema, v, &text, (double)utf16_units(v), at);
    else if (value_number(v, &d))
        bounds(c, schema, v, &number, d, at);
}

static void fits(const struct check *c, const struct value *schema,
                 const struct value *v, const struct step *at)
{
    schema = resolved(c, schema);
    const struct value *one_of = value_get(schema, "oneOf");
    if (!type_fits(schema, v))
        refuse(c, "invalid_type", schema, v, at);
    else if (!named(schema, v))
        refuse(c, "invalid_value", schema, v, at);
    else if (v->type == VALUE_MAP)
        map_fits(c, schema, v, at);
    else if (v->type == VALUE_LIST)
        list_fits(c, schema, v, at);
    else
        scalar_fits(c, schema, v, at);
    const char *property =
        value_get_text(value_get(schema, "discriminator"), "propertyName");
    if (one_of && property && v->type == VALUE_MAP)
        by_discriminator(c, one_of, property, v, at);
    else if (one_of)
        any_of(c, schema, one_of, v, at);
}

bool schema_check(const struct value *schema, const struct value *schemas,
                  const struct value *v, struct schema_issues *issues)
{
    const struct check c = {schemas, issues};
    size_t before = issues->n;
    fits(&c, schema, v, NULL);
    return issues->n == before;
}

void schema_issues_clear(struct schema_issues *issues)
{
    for (size_t i = 0; i < issues->n; i++) {
        value_free(issues->all[i].path);
        free(issues->all[i].message);
    }
    issues->n = 0;
}

char *schema_path(const struct schema_issue *issue)
{
    struct buf out;
    buf_init(&out, WORDS_MAX);
    for (size_t i = 0; i < value_count(issue->path); i++) {
        const struct value *step = value_at(issue->path, i);
        const char *key = value_text(step);
        if (!key)
            buf_printf(&out, "[%lld]", (long long)value_integer(step, 0));
        else
            buf_printf(&out, i == 0 ? "%s" : ".%s", key);
    }
    if (out.len == 0)
        buf_str(&out, "body");
    return buf_take(&out);
}

char *schema_line(const struct schema_issue *issue)
{
    char *path = schema_path(issue);
    char *line = xasprintf("%s: %s", path, issue->message);
    free(path);
    return line;
}
