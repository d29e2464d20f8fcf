#include "recipe/field_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "recipe/keys.h"

#define LIST_TEXT_MAX 512

static bool has(const char *const *list, const char *name)
{
    for (size_t i = 0; list && list[i]; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

const char *field_model(const struct field_table *table,
                        const struct value *request)
{
    const char *model = value_get_text(request, "model");
    return model ? model : table->model;
}

static bool is_for(const struct field *field, const char *model)
{
    return !field->models || !model || has(field->models, model);
}

// --- messages

static void add_item(struct buf *out, const char *item)
{
    buf_printf(out, "%s%s", out->len ? ", " : "", item);
}

// "a, b, c" of a NULL-ended list; owned.
static char *list_text(const char *const *items)
{
    struct buf out;
    buf_init(&out, LIST_TEXT_MAX);
    for (size_t i = 0; items[i]; i++)
        add_item(&out, items[i]);
    return buf_take(&out);
}

// The models of every row of this name; owned. `*n`: how many.
static char *users_text(const struct field_table *table, const char *name,
                        size_t *n)
{
    struct buf out;
    buf_init(&out, LIST_TEXT_MAX);
    *n = 0;
    for (size_t i = 0; i < table->n; i++) {
        const char *const *models = table->fields[i].models;
        if (strcmp(table->fields[i].name, name) != 0)
            continue;
        for (size_t k = 0; models && models[k]; k++, ++*n)
            add_item(&out, models[k]);
    }
    return buf_take(&out);
}

// " for model 'gen4'" where others take something else; owned.
static char *for_model(const struct field *row, const char *model)
{
    if (!row->strict || !row->models || !model)
        return xstrdup("");
    char *shown = key_printable(model);
    char *text = xasprintf(" for model '%s'", shown);
    free(shown);
    return text;
}

// --- one value

static bool is_choice(const struct field *field, const struct value *v)
{
    double number;
    bool numeric = value_number(v, &number);
    const char *text = value_text(v);
    for (size_t i = 0; field->choices[i]; i++) {
        if (numeric && strtod(field->choices[i], NULL) == number)
            return true;
        if (text && strcmp(field->choices[i], text) == 0)
            return true;
    }
    return false;
}

static void check_choice(const struct field_table *table,
                         const struct field *row, const char *model,
                         const struct value *v, struct problems *p)
{
    if (!row->choices || is_choice(row, v))
        return;
    size_t n = 0;
    while (row->choices[n])
        n++;
    const char *text = value_text(v);
    const char *near = text ? text_nearest(text, row->choices, n) : NULL;
    char *hint = near ? xasprintf(" (did you mean '%s'?)", near) : xstrdup("");
    char *found = key_shown(v);
    char *accepted = list_text(row->choices), *whose = for_model(row, model);
    problem_add(p, v->pos, "'%s' is %s: %s takes %s%s%s", row->name, found,
                table->dialect, accepted, whose, hint);
    free(whose);
    free(accepted);
    free(found);
    free(hint);
}

static void check_range(const struct field_table *table,
                        const struct field *row, const char *model,
                        const struct value *v, struct problems *p)
{
    double x;
    if (!value_number(v, &x))
        return;
    bool low = row->has_min && x < row->min;
    bool high = row->has_max && x > row->max;
    if (!low && !high)
        return;
    char *found = key_shown(v), *whose = for_model(row, model);
    struct value min = {.type = VALUE_REAL, .real = row->min};
    struct value max = {.type = VALUE_REAL, .real = row->max};
    char *from = key_shown(&min), *to = key_shown(&max);
    if (row->has_min && row->has_max)
        problem_add(p, v->pos, "'%s' is %s: %s takes %s to %s%s", row->name,
                    found, table->dialect, from, to, whose);
    else
        problem_add(p, v->pos, "'%s' is %s: %s takes at %s %s%s", row->name,
                    found, table->dialect, low ? "least" : "most",
                    low ? from : to, whose);
    free(from);
    free(to);
    free(whose);
    free(found);
}

static bool says_something(const struct value *v)
{
    double number;
    if (value_number(v, &number))
        return number != 0;
    if (v->type == VALUE_BOOL)
        return v->boolean;
    return v->type != VALUE_STRING || v->string.len > 0;
}

// No row of this name is for the model.
static void say_unused(const struct field_table *table, const struct field *row,
                       const char *model, const struct value *v,
                       struct problems *p)
{
    if (!says_something(v))
        return;
    size_t n;
    char *users = users_text(table, row->name, &n);
    char *shown = key_printable(model);
    if (!row->strict)
        problem_warn(p, v->pos,
                     "'%s' has no effect with model '%s': only %s %s it",
                     row->name, shown, users, n == 1 ? "uses" : "use");
    else if (has(table->models, model))
        problem_add(p, v->pos, "model '%s' does not take '%s': only %s %s",
                    shown, row->name, users, n == 1 ? "does" : "do");
    free(shown);
    free(users);
}

void field_row_check(const struct field_table *table, const char *model,
                     const char *name, const struct value *v,
                     struct problems *p)
{
    const struct field *first = NULL, *row = NULL;
    for (size_t i = 0; !row && i < table->n; i++) {
        const struct field *field = &table->fields[i];
        if (strcmp(field->name, name) != 0)
            continue;
        first = first ? first : field;
        row = is_for(field, model) ? field : NULL;
    }
    const struct field *checked = row ? row : first;
    if (!checked)
        return;
    if (row || !checked->strict) {
        check_choice(table, checked, model, v, p);
        check_range(table, checked, model, v, p);
    }
    if (!row)
        say_unused(table, checked, model, v, p);
}

// --- the whole request

static bool is_blank(const struct value *v)
{
    for (size_t i = 0; i < v->string.len; i++) {
        if (!strchr(" \t\r\n", v->string.bytes[i]))
            return false;
    }
    return true;
}

void field_model_check(const struct field_table *table,
                       const struct value *request, struct problems *p)
{
    const struct value *v = value_get(request, "model");
    const char *model = value_text(v);
    if (!model || !table->models || has(table->models, model) ||
        value_get(table->prices, model) || value_get(table->prices, "*"))
        return;
    size_t n = 0;
    while (table->models[n])
        n++;
    const char *near = text_nearest(model, table->models, n);
    char *hint = near ? xasprintf("; did you mean '%s'?", near) : xstrdup("");
    char *known = list_text(table->models), *shown = key_printable(model);
    char *advice =
        is_blank(v)
            ? xstrdup("")
            : xasprintf("; if the service has it, give its price in the "
                        "gateway's entry: prices: {%s: 5}",
                        shown);
    problem_add(p, v->pos, "unknown model '%s' (known%s%s: %s%s)%s", shown,
                table->as_of ? " on " : "", table->as_of ? table->as_of : "",
                known, hint, advice);
    free(advice);
    free(shown);
    free(known);
    free(hint);
}

void field_needed_check(const struct field_table *table,
                        const struct value *request, struct problems *p)
{
    const char *model = field_model(table, request);
    for (size_t i = 0; i < table->n; i++) {
        const struct field *field = &table->fields[i];
        bool mine = !field->models || (model && has(field->models, model));
        if (!field->required || !mine)
            continue;
        const struct value *v = value_get_path(request, field->name);
        bool empty = v && v->type == VALUE_STRING && is_blank(v);
        if (v && v->type != VALUE_NULL && !empty)
            continue;
        char *whose = for_model(field, model);
        problem_add(p, empty ? v->pos : request->pos,
                    "'%s' is %s: %s %s needs it%s", field->name,
                    empty ? "empty" : "missing", table->dialect, table->route,
                    whose);
        free(whose);
    }
}
