#include "recipe/param.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/number.h"
#include "data/yaml.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/template.h"

#define EXACT 0x1p53 // integral reals below are integers
#define WORDS_MAX 400

static const struct key param_keys[] = {
    {"type", KEY_TEXT},   {"default", KEY_ANY}, {"help", KEY_TEXT},
    {"choices", KEY_ANY}, {"min", KEY_NUMBER},  {"max", KEY_NUMBER},
};
const struct key_set keys_of_param = {
    .where = " in a parameter",
    .keys = param_keys,
    .n = sizeof(param_keys) / sizeof(param_keys[0]),
};

static const char *const type_names[] = {
    [PARAM_ANY] = NULL,          [PARAM_STRING] = "string",
    [PARAM_NUMBER] = "number",   [PARAM_INTEGER] = "integer",
    [PARAM_BOOLEAN] = "boolean", [PARAM_CHOICE] = "choice",
    [PARAM_FILE] = "file",
};

const char *param_type_name(enum param_type type)
{
    return type_names[type];
}

static bool is_scalar(const struct value *v)
{
    return v->type != VALUE_LIST && v->type != VALUE_MAP &&
           v->type != VALUE_NULL;
}

static bool is_numeric(const struct param *param)
{
    return param->type == PARAM_NUMBER || param->type == PARAM_INTEGER;
}

// --- what a value must be

static void add_choices(const struct value *choices, struct buf *out)
{
    buf_str(out, "one of ");
    for (size_t i = 0; i < value_count(choices); i++) {
        char *text = template_text(value_at(choices, i));
        char *shown = key_printable(text ? text : "");
        bool room = out->len + strlen(shown) < WORDS_MAX;
        buf_printf(out, "%s%s", i ? ", " : "", room ? shown : "\xe2\x80\xa6");
        free(shown);
        free(text);
        if (!room)
            break;
    }
}

static void add_range(const struct param *param, struct buf *out)
{
    char number[NUMBER_TEXT];
    if (param->has_min) {
        number_text(param->min, number);
        buf_printf(out, " from %s", number);
    }
    if (param->has_max) {
        number_text(param->max, number);
        buf_printf(out, "%s %s", param->has_min ? " to" : " up to", number);
    }
}

char *param_words(const struct param *param)
{
    static const char *const words[] = {
        [PARAM_ANY] = "a text, a number, true or false",
        [PARAM_STRING] = "a text",
        [PARAM_NUMBER] = "a number",
        [PARAM_INTEGER] = "a whole number",
        [PARAM_BOOLEAN] = "true or false",
        [PARAM_CHOICE] = "",
        [PARAM_FILE] = "a path or a URL",
    };
    struct buf out;
    buf_init(&out, 2 * WORDS_MAX);
    buf_str(&out, words[param->type]);
    if (param->type == PARAM_CHOICE)
        add_choices(param->choices, &out);
    add_range(param, &out);
    return buf_take(&out);
}

static bool in_choices(const struct param *param, const struct value *v)
{
    for (size_t i = 0; i < value_count(param->choices); i++) {
        if (value_equal(value_at(param->choices, i), v))
            return true;
    }
    return false;
}

bool param_takes(const struct param *param, const struct value *v)
{
    double x;
    switch (param->type) {
    case PARAM_ANY:
        return is_scalar(v);
    case PARAM_STRING:
        return value_text(v) != NULL;
    case PARAM_FILE:
        return value_text(v) && v->string.len > 0;
    case PARAM_BOOLEAN:
        return v->type == VALUE_BOOL;
    case PARAM_CHOICE:
        return in_choices(param, v);
    case PARAM_NUMBER:
    case PARAM_INTEGER:
        return value_number(v, &x) &&
               (param->type == PARAM_NUMBER || x == floor(x)) &&
               (!param->has_min || x >= param->min) &&
               (!param->has_max || x <= param->max);
    }
    return false;
}

static struct value *choice_value(const struct value *choices, const char *text)
{
    for (size_t i = 0; i < value_count(choices); i++) {
        const struct value *choice = value_at(choices, i);
        char *said = template_text(choice);
        bool same = said && strcmp(said, text) == 0;
        free(said);
        if (same)
            return value_copy(choice);
    }
    return value_str(text);
}

// 2.0 and 2e3 are whole, too.
static struct value *whole(struct value *v)
{
    if (v->type != VALUE_REAL || v->real != floor(v->real) ||
        fabs(v->real) >= EXACT)
        return v;
    struct value *integer = value_int((int64_t)v->real);
    value_free(v);
    return integer;
}

struct value *param_value(const struct param *param, const char *text)
{
    if (param->type == PARAM_STRING || param->type == PARAM_FILE)
        return value_str(text);
    if (param->type == PARAM_CHOICE)
        return choice_value(param->choices, text);
    struct value *v = yaml_scalar(text);
    if (param->type == PARAM_INTEGER)
        return whole(v);
    if (param->type != PARAM_ANY || v->type != VALUE_NULL)
        return v;
    value_free(v);
    return value_str(text);
}

char *param_hint(const struct param *param, const struct value *v)
{
    const char *text = value_text(v);
    size_t n = param->type == PARAM_CHOICE ? value_count(param->choices) : 0;
    const char **names = xcalloc(n + 1, sizeof(*names));
    size_t texts = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name = value_text(value_at(param->choices, i));
        if (name)
            names[texts++] = name;
    }
    const char *near = text ? text_nearest(text, names, texts) : NULL;
    char *shown = near ? key_printable(near) : NULL;
    char *hint = near ? xasprintf(" (did you mean '%s'?)", shown) : xstrdup("");
    free(shown);
    free(names);
    return hint;
}

// --- its own lines

static void read_type(struct param *param, const struct value *map,
                      struct problems *problems)
{
    const struct value *v = key_get(map, "type");
    const char *name = value_text(v);
    size_t n = sizeof(type_names) / sizeof(type_names[0]);
    if (!name)
        return;
    for (size_t i = 1; i < n; i++) {
        if (strcmp(type_names[i], name) == 0)
            param->type = (enum param_type)i;
    }
    if (param->type != PARAM_ANY)
        return;
    char *shown = key_printable(name);
    char *hint = key_hint(name, type_names + 1, n - 1);
    problem_add(problems, v->pos, "no parameter is of a type '%s'%s", shown,
                hint);
    param->faulty = true;
    free(hint);
    free(shown);
}

static bool good_choice(const struct value *choices, size_t i,
                        struct problems *problems)
{
    const struct value *v = value_at(choices, i);
    const char *fault = !is_scalar(v) ? "is a text, a number, true or false"
                        : template_any(v)
                            ? "is taken as it is: '${' has no meaning here"
                            : NULL;
    for (size_t k = 0; k < i && !fault; k++) {
        if (value_equal(value_at(choices, k), v))
            fault = "stands here twice";
    }
    if (!fault)
        return true;
    char *shown = key_shown(v);
    problem_add(problems, v->pos, "a choice %s, found %s", fault, shown);
    free(shown);
    return false;
}

static void read_choices(struct param *param, const struct value *map,
                         struct problems *problems)
{
    const struct value *v = key_get(map, "choices");
    bool typed = key_get(map, "type");
    size_t n = v && v->type == VALUE_LIST ? v->list.n : 0;
    size_t before = problems->errors;
    if (!v && param->type == PARAM_CHOICE)
        problem_add(problems, map->pos,
                    "parameter '%s' is a choice: say 'choices: [A, B]'",
                    param->name);
    else if (v && typed && !param->faulty && param->type != PARAM_CHOICE)
        problem_add(problems, v->pos, "'choices' are for the type choice");
    else if (v && (n == 0 || n > PARAM_CHOICES_MAX))
        problem_add(problems, v->pos,
                    "'choices' takes a list of 1 to %d values",
                    PARAM_CHOICES_MAX);
    for (size_t i = 0; i < n && problems->errors == before; i++)
        good_choice(v, i, problems);
    param->faulty |= problems->errors != before;
    param->choices = param->faulty ? NULL : v;
    if (param->choices)
        param->type = PARAM_CHOICE;
}

static void read_range(struct param *param, const struct value *map,
                       struct problems *problems)
{
    const struct value *min = key_get(map, "min"), *max = key_get(map, "max");
    param->has_min = value_number(min, &param->min);
    param->has_max = value_number(max, &param->max);
    const struct value *any = min ? min : max;
    if (any && !param->faulty && !is_numeric(param)) {
        problem_add(problems, any->pos,
                    "'min' and 'max' are for the types number and integer");
        param->faulty = true;
    } else if (param->has_min && param->has_max && param->min > param->max) {
        problem_add(problems, max->pos, "'max' is less than 'min'");
        param->faulty = true;
    }
}

static enum param_type type_of(const struct value *fallback)
{
    double x;
    return !fallback                        ? PARAM_ANY
           : fallback->type == VALUE_STRING ? PARAM_STRING
           : fallback->type == VALUE_BOOL   ? PARAM_BOOLEAN
           : value_number(fallback, &x)     ? PARAM_NUMBER
                                            : PARAM_ANY;
}

static bool default_fault(const struct param *param, struct problems *problems)
{
    const struct value *v = param->fallback;
    char *found = key_shown(v), *words = param_words(param);
    char *hint = param_hint(param, v);
    size_t before = problems->errors;
    if (!is_scalar(v))
        problem_add(problems, v->pos,
                    "the default of '%s' is a text, a number, true or false, "
                    "found %s",
                    param->name, found);
    else if (template_any(v))
        problem_add(problems, v->pos,
                    "the default of '%s' is taken as it is: '${' has no "
                    "meaning here",
                    param->name);
    else if (!param->faulty && !param_takes(param, v))
        problem_add(problems, v->pos, "the default of '%s' is %s, found %s%s",
                    param->name, words, found, hint);
    free(hint);
    free(words);
    free(found);
    return problems->errors != before;
}

void param_read(const struct value_member *member, struct param *param,
                struct problems *problems)
{
    const struct value *v = member->value;
    *param = (struct param){.name = member->key, .pos = member->pos};
    bool map = v->type == VALUE_MAP;
    size_t before = problems->errors;
    if (map) {
        char *where = xasprintf(" in parameter '%s'", param->name);
        struct key_set set = keys_of_param;
        set.where = where;
        keys_check(v, &set, problems);
        free(where);
        param->help = value_get_text(v, "help");
        read_type(param, v, problems);
    }
    param->faulty |= problems->errors != before;
    param->fallback =
        map ? key_get(v, "default") : (v->type == VALUE_NULL ? NULL : v);
    if (param->type == PARAM_ANY)
        param->type = type_of(param->fallback);
    if (map) {
        read_choices(param, v, problems);
        read_range(param, v, problems);
    }
    if (param->fallback && default_fault(param, problems)) {
        param->fallback = NULL;
        param->faulty = true;
    }
}

bool param_is_file(const struct value *tree, const char *name)
{
    const struct value *params = value_get(tree, "params");
    const char *type = value_get_text(value_get(params, name), "type");
    return type && strcmp(type, type_names[PARAM_FILE]) == 0;
}
