#include "recipe/template.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/json.h"
#include "recipe/keys.h"

#define NAME_MAX_BYTES 200

static void add_part(struct template_parts *parts, char *literal, char *name)
{
    parts->items =
        xreallocarray(parts->items, parts->n + 1, sizeof(*parts->items));
    parts->items[parts->n++] =
        (struct template_part){.literal = literal, .name = name};
}

static void flush(struct template_parts *parts, struct buf *literal)
{
    if (literal->len > 0)
        add_part(parts, buf_take(literal), NULL);
}

static bool starts(const char *s, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && memcmp(s, with, n) == 0;
}

bool template_split(const char *text, size_t len, struct template_parts *parts,
                    struct err *err)
{
    *parts = (struct template_parts){0};
    if (memchr(text, '\0', len))
        return err_set(err, ERR_RECIPE, "the text holds a NUL character");
    struct buf literal;
    buf_init(&literal, len);
    bool ok = true;
    for (size_t i = 0; i < len && ok;) {
        if (starts(text + i, len - i, "$${")) {
            buf_str(&literal, "${");
            i += 3;
        } else if (starts(text + i, len - i, "${")) {
            flush(parts, &literal);
            const char *name = text + i + 2;
            const char *end = memchr(name, '}', len - i - 2);
            size_t n = end ? (size_t)(end - name) : 0;
            ok = n > 0 && n <= NAME_MAX_BYTES;
            if (ok)
                add_part(parts, NULL, xstrndup(name, n));
            i += n + 3;
        } else {
            buf_byte(&literal, text[i++]);
        }
    }
    flush(parts, &literal);
    buf_free(&literal);
    if (!ok)
        return err_set(err, ERR_RECIPE,
                       "'${' without a name and '}' behind it (write '$${' for "
                       "the characters themselves)");
    return true;
}

void template_parts_free(struct template_parts *parts)
{
    for (size_t i = 0; i < parts->n; i++) {
        free(parts->items[i].literal);
        free(parts->items[i].name);
    }
    free(parts->items);
    *parts = (struct template_parts){0};
}

static bool has_template(const struct value *v)
{
    return v->type == VALUE_STRING &&
           memmem(v->string.bytes, v->string.len, "${", 2) != NULL;
}

char *template_text(const struct value *v)
{
    char number[NUMBER_TEXT];
    switch (v->type) {
    case VALUE_NULL:
        return xstrdup("");
    case VALUE_BOOL:
        return xstrdup(v->boolean ? "true" : "false");
    case VALUE_INT:
        return xasprintf("%" PRId64, v->integer);
    case VALUE_REAL:
        number_text(v->real, number);
        return xstrdup(number);
    case VALUE_STRING:
        return xstrndup(v->string.bytes, v->string.len);
    case VALUE_LIST:
    case VALUE_MAP:
        break;
    }
    return NULL;
}

static const struct value *lookup(const struct template_vars *vars,
                                  const char *name, struct err *err)
{
    const struct value *v = vars->get(vars->ctx, name);
    if (!v) {
        char *shown = key_printable(name);
        err_set(err, ERR_RECIPE, "unknown variable '%s'", shown);
        free(shown);
    }
    return v;
}

static bool add_value(struct buf *out, const char *name, const struct value *v,
                      struct err *err)
{
    if (v->type == VALUE_STRING) {
        if (buf_add(out, v->string.bytes, v->string.len))
            return true;
        return err_set(err, ERR_RECIPE, "the text with ${%s} becomes too long",
                       name);
    }
    char *text = template_text(v);
    if (!text)
        return err_set(err, ERR_RECIPE,
                       "${%s} is %s: it cannot stand inside a "
                       "text",
                       name, value_type_name(v->type));
    bool ok = buf_str(out, text);
    free(text);
    if (!ok)
        return err_set(err, ERR_RECIPE, "the text with ${%s} becomes too long",
                       name);
    return true;
}

static struct value *join(const struct template_parts *parts,
                          const struct template_vars *vars, struct err *err)
{
    struct buf out;
    buf_init(&out, TEMPLATE_TEXT_MAX);
    bool ok = true;
    for (size_t i = 0; i < parts->n && ok; i++) {
        const struct template_part *part = &parts->items[i];
        if (part->literal) {
            ok = buf_str(&out, part->literal);
            if (!ok)
                err_set(err, ERR_RECIPE, "the text becomes too long");
            continue;
        }
        const struct value *v = lookup(vars, part->name, err);
        ok = v && add_value(&out, part->name, v, err);
    }
    struct value *v = ok ? value_strn(out.data, out.len) : NULL;
    buf_free(&out);
    return v;
}

static struct value *apply_text(const struct value *v,
                                const struct template_vars *vars,
                                struct err *err)
{
    struct template_parts parts;
    struct value *done = NULL;
    if (template_split(v->string.bytes, v->string.len, &parts, err)) {
        if (parts.n == 1 && parts.items[0].name) {
            const struct value *whole = lookup(vars, parts.items[0].name, err);
            done = whole ? value_copy(whole) : NULL;
        } else {
            done = join(&parts, vars, err);
        }
    }
    template_parts_free(&parts);
    if (done)
        done->pos = v->pos;
    return done;
}

static struct value *apply_list(const struct value *v,
                                const struct template_vars *vars,
                                struct err *err)
{
    struct value *out = value_list();
    out->pos = v->pos;
    for (size_t i = 0; i < v->list.n; i++) {
        struct value *item = template_apply(v->list.items[i], vars, err);
        if (!item) {
            value_free(out);
            return NULL;
        }
        value_add(out, item);
    }
    return out;
}

static struct value *apply_map(const struct value *v,
                               const struct template_vars *vars,
                               struct err *err)
{
    struct value *out = value_map();
    out->pos = v->pos;
    for (size_t i = 0; i < v->map.n; i++) {
        const struct value_member *member = &v->map.members[i];
        struct value *item = template_apply(member->value, vars, err);
        if (!item) {
            value_free(out);
            return NULL;
        }
        value_set(out, member->key, item);
        out->map.members[out->map.n - 1].pos = member->pos;
    }
    return out;
}

struct value *template_apply(const struct value *v,
                             const struct template_vars *vars, struct err *err)
{
    if (v->type == VALUE_LIST)
        return apply_list(v, vars, err);
    if (v->type == VALUE_MAP)
        return apply_map(v, vars, err);
    return has_template(v) ? apply_text(v, vars, err) : value_copy(v);
}

static void check_text(const struct value *v, const char *const *known,
                       size_t n, struct problems *problems)
{
    struct template_parts parts;
    struct err err;
    if (!template_split(v->string.bytes, v->string.len, &parts, &err))
        problem_add(problems, v->pos, "%s", err.text);
    for (size_t i = 0; i < parts.n; i++) {
        const char *name = parts.items[i].name;
        bool found = !name;
        for (size_t k = 0; k < n && !found; k++)
            found = strcmp(known[k], name) == 0;
        if (found)
            continue;
        char *shown = key_printable(name);
        char *hint = key_hint(name, known, n);
        problem_add(problems, v->pos, "unknown variable '%s'%s", shown, hint);
        free(hint);
        free(shown);
    }
    template_parts_free(&parts);
}

void template_check(const struct value *v, const char *const *known, size_t n,
                    struct problems *problems)
{
    if (has_template(v))
        check_text(v, known, n, problems);
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
        template_check(v->list.items[i], known, n, problems);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
        template_check(v->map.members[i].value, known, n, problems);
}

static bool text_uses(const struct value *v, const char *name)
{
    struct template_parts parts;
    template_split(v->string.bytes, v->string.len, &parts, NULL);
    bool found = false;
    for (size_t i = 0; i < parts.n && !found; i++)
        found = parts.items[i].name && strcmp(parts.items[i].name, name) == 0;
    template_parts_free(&parts);
    return found;
}

bool template_uses(const struct value *v, const char *name)
{
    bool found = has_template(v) && text_uses(v, name);
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n && !found; i++)
        found = template_uses(v->list.items[i], name);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n && !found; i++)
        found = template_uses(v->map.members[i].value, name);
    return found;
}

bool template_any(const struct value *v)
{
    bool found = has_template(v);
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n && !found; i++)
        found = template_any(v->list.items[i]);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n && !found; i++)
        found = template_any(v->map.members[i].value);
    return found;
}
