#include "recipe/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "recipe/field_rows.h"
#include "recipe/frame.h"
#include "recipe/keys.h"
#include "recipe/template.h"

#define LIST_TEXT_MAX 512

static const struct field neutral[] = {
    {.name = "model", .type = FIELD_TEXT},
    {.name = "prompt", .type = FIELD_TEXT},
    {.name = "image", .type = FIELD_FILE},
    {.name = "last_image", .type = FIELD_FILE},
    {.name = "video", .type = FIELD_FILE},
    {.name = "character_video", .type = FIELD_FILE},
    {.name = "ratio", .type = FIELD_TEXT},
    {.name = "style", .type = FIELD_TEXT},
    {.name = "seconds", .type = FIELD_NUMBER},
    {.name = "seed", .type = FIELD_INTEGER},
    {.name = "motion.x", .type = FIELD_NUMBER},
    {.name = "motion.y", .type = FIELD_NUMBER},
    {.name = "motion.z", .type = FIELD_NUMBER},
    {.name = "motion.r", .type = FIELD_NUMBER},
    {.name = "motion.bg_x_pan", .type = FIELD_NUMBER},
    {.name = "motion.bg_y_pan", .type = FIELD_NUMBER},
    {.name = "structure", .type = FIELD_NUMBER},
    {.name = "expression_intensity", .type = FIELD_NUMBER},
    {.name = "body_control", .type = FIELD_BOOLEAN},
    {.name = "flip", .type = FIELD_BOOLEAN},
    {.name = "extra", .type = FIELD_ANY},
};

#define NEUTRAL_N (sizeof(neutral) / sizeof(neutral[0]))

// One walk over a request. `table` is NULL for the neutral one, whose texts may
// still be templates.
struct walk {
    const struct field *fields;
    size_t n;
    const struct field_table *table;
    const char *model; // that the request is for, or NULL
    struct problems *problems;
};

static const struct field *find(const struct field *fields, size_t n,
                                const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

// `name` lies below `group`: "motion.x" below "motion".
static bool is_below(const char *name, const char *group)
{
    size_t len = strlen(group);
    return strncmp(name, group, len) == 0 && name[len] == '.';
}

static bool is_group(const struct field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (is_below(fields[i].name, name))
            return true;
    }
    return false;
}

static const struct field *find_neutral(const char *name)
{
    return is_below(name, "extra") ? find(neutral, NEUTRAL_N, "extra")
                                   : find(neutral, NEUTRAL_N, name);
}

bool field_is_group(const char *name)
{
    return strcmp(name, "extra") == 0 || is_group(neutral, NEUTRAL_N, name);
}

bool field_is_neutral(const char *name)
{
    return !field_is_group(name) && find_neutral(name);
}

bool field_is_text(const char *name)
{
    const struct field *field = find_neutral(name);
    return field && (field->type == FIELD_TEXT || field->type == FIELD_FILE);
}

const char *const *field_names(void)
{
    static const char *names[NEUTRAL_N + 1];
    for (size_t i = 0; i < NEUTRAL_N; i++)
        names[i] = neutral[i].name;
    return names;
}

enum field_type field_type_of(const char *name)
{
    const struct field *field = find_neutral(name);
    return field ? field->type : FIELD_ANY;
}

// What services and people call a field, and what it is called here.
static const struct {
    const char *theirs, *ours;
} aliases[] = {
    {"motion_vector", "motion"},
    {"camera", "motion"},
    {"camera_motion", "motion"},
    {"duration", "seconds"},
    {"length", "seconds"},
    {"aspect_ratio", "ratio"},
    {"resolution", "ratio"},
    {"size", "ratio"},
    {"text", "prompt"},
    {"text_prompt", "prompt"},
    {"promptText", "prompt"},
    {"description", "prompt"},
    {"img_prompt", "image"},
    {"image_prompt", "image"},
    {"image_url", "image"},
    {"promptImage", "image"},
    {"init_image", "image"},
    {"first_frame", "image"},
    {"last_frame", "last_image"},
    {"end_image", "last_image"},
    {"video_url", "video"},
    {"videoUri", "video"},
    {"input_video", "video"},
    {"structure_transformation", "structure"},
    {"character_image", "image"},
    {"expressionIntensity", "expression_intensity"},
    {"bodyControl", "body_control"},
    {"motion.zoom", "motion.z"},
    {"motion.roll", "motion.r"},
};

const char *field_alias(const char *name)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcasecmp(aliases[i].theirs, name) == 0)
            return aliases[i].ours;
    }
    return NULL;
}

// Of names that stand for no one field; NULL for all others.
static const char *explanation(const char *name)
{
    static const struct {
        const char *name, *text;
    } known[] = {
        {"options", " (what they hold stands in the request itself: seconds, "
                    "motion, seed)"},
        {"callback_url", " (tarmac sets it; another address is a key of the "
                         "gateway, in the configuration)"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(known[i].name, name) == 0)
            return known[i].text;
    }
    return NULL;
}

static bool type_fits(enum field_type type, const struct value *v)
{
    double number;
    switch (type) {
    case FIELD_TEXT:
        return value_text(v) != NULL;
    case FIELD_FILE:
        return value_text(v) && v->string.len > 0;
    case FIELD_NUMBER:
        return value_number(v, &number);
    case FIELD_INTEGER:
        return value_number(v, &number) && number == floor(number);
    case FIELD_BOOLEAN:
        return v->type == VALUE_BOOL;
    case FIELD_ANY:
        return true;
    }
    return false;
}

static const char *type_words(enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        return "a text";
    case FIELD_FILE:
        return "a path or a URL";
    case FIELD_NUMBER:
        return "a number";
    case FIELD_INTEGER:
        return "a whole number";
    case FIELD_BOOLEAN:
        return "true or false";
    case FIELD_ANY:
        break;
    }
    return "anything";
}

static bool check_type(const char *name, enum field_type type,
                       const struct value *v, struct problems *problems)
{
    if (type_fits(type, v))
        return true;
    char *found = key_shown(v);
    const char *text = value_text(v);
    struct value *bare = text ? yaml_scalar(text) : NULL;
    problem_add(problems, v->pos, "'%s' takes %s, found %s%s", name,
                type_words(type), found,
                bare && type_fits(type, bare) ? ": take the quotes away" : "");
    value_free(bare);
    free(found);
    return false;
}

void field_check_value(const char *name, const struct value *v,
                       struct problems *p)
{
    const struct field *field = find_neutral(name);
    if (field && v->type != VALUE_NULL)
        check_type(name, field->type, v, p);
}

static void check_leaf(const struct walk *walk, const struct field *field,
                       const struct value *v)
{
    if (v->type == VALUE_NULL || (!walk->table && template_any(v)))
        return;
    bool frame = walk->table && field->type == FIELD_FILE &&
                 frame_check(field->name, v, walk->problems);
    bool fits =
        frame || check_type(field->name, field->type, v, walk->problems);
    if (fits && walk->table)
        field_row_check(walk->table, walk->model, field->name, v,
                        walk->problems);
}

// The names that may stand where `path` stands, groups by their own name; the
// list is owned, its texts too.
static size_t siblings(const struct walk *walk, const char *path, char ***names)
{
    const char *dot = strrchr(path, '.');
    size_t prefix = dot ? (size_t)(dot - path) + 1 : 0, n = 0;
    char **list = xcalloc(walk->n + 1, sizeof(*list));
    for (size_t i = 0; i < walk->n; i++) {
        const char *name = walk->fields[i].name;
        if (strncmp(name, path, prefix) != 0)
            continue;
        size_t len = prefix + strcspn(name + prefix, ".");
        if (n > 0 && strlen(list[n - 1]) == len &&
            strncmp(list[n - 1], name, len) == 0)
            continue;
        list[n++] = xstrndup(name, len);
    }
    *names = list;
    return n;
}

// Only the last part of a dotted name is compared: "motion.pan" is not nearly
// "motion.x". Owned.
static char *hint_for(const struct walk *walk, const char *path)
{
    char **names;
    size_t n = siblings(walk, path, &names);
    const char *dot = strrchr(path, '.');
    size_t prefix = dot ? (size_t)(dot - path) + 1 : 0;
    const char **tails = xcalloc(n + 1, sizeof(*tails));
    for (size_t i = 0; i < n; i++)
        tails[i] = names[i] + prefix;
    const char *alias = field_alias(path), *why = explanation(path);
    bool taken = false;
    for (size_t i = 0; i < n && alias; i++)
        taken |= strcmp(names[i], alias) == 0;
    const char *near = text_nearest(path + prefix, tails, n);
    char *hint =
        why     ? xstrdup(why)
        : taken ? xasprintf(" (here it is called '%s')", alias)
        : near ? xasprintf(" (did you mean '%.*s%s'?)", (int)prefix, path, near)
               : key_hint("", (const char *const *)names, n);
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    free(tails);
    return hint;
}

char *field_hint(const char *name)
{
    struct walk walk = {.fields = neutral, .n = NEUTRAL_N};
    return hint_for(&walk, name);
}

static void unknown_field(const struct walk *walk, const char *path,
                          struct pos pos)
{
    char *hint = hint_for(walk, path);
    char *shown = key_printable(path);
    if (walk->table)
        problem_add(walk->problems, pos, "%s %s does not take '%s'%s",
                    walk->table->dialect, walk->table->route, shown, hint);
    else
        problem_add(walk->problems, pos, "unknown field '%s'%s", shown, hint);
    free(shown);
    free(hint);
}

static void walk_map(const struct walk *walk, const struct value *map,
                     const char *prefix, bool open);

// A member whose value must be a map, since fields lie below its name.
static void walk_group(const struct walk *walk, const char *path,
                       const struct value *v, bool open)
{
    if (v->type == VALUE_MAP) {
        walk_map(walk, v, path, open);
    } else if (v->type != VALUE_NULL) {
        char *found = key_shown(v);
        problem_add(walk->problems, v->pos, "'%s' takes a map, found %s", path,
                    found);
        free(found);
    }
}

static void dotted_key(const struct walk *walk,
                       const struct value_member *member)
{
    char *shown = key_printable(member->key);
    int head = (int)strcspn(shown, ".");
    problem_add(walk->problems, member->pos, "'%s' is written as %.*s: {%s: …}",
                shown, head, shown, shown + head + (shown[head] == '.'));
    free(shown);
}

// `open`: what the table does not have is passed through.
static void walk_map(const struct walk *walk, const struct value *map,
                     const char *prefix, bool open)
{
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *member = &map->map.members[i];
        char *path = prefix ? xasprintf("%s.%s", prefix, member->key)
                            : xstrdup(member->key);
        const struct field *field = find(walk->fields, walk->n, path);
        bool any = field && field->type == FIELD_ANY;
        bool group = is_group(walk->fields, walk->n, path) ||
                     (any && strcmp(path, "extra") == 0);
        if (!open && strchr(member->key, '.'))
            dotted_key(walk, member);
        else if (field && !any)
            check_leaf(walk, field, member->value);
        else if (group)
            walk_group(walk, path, member->value, open || any);
        else if (!any && !open)
            unknown_field(walk, path, member->pos);
        free(path);
    }
}

void fields_check_shape(const struct value *request, struct problems *p)
{
    struct walk walk = {.fields = neutral, .n = NEUTRAL_N, .problems = p};
    if (request->type == VALUE_MAP) {
        walk_map(&walk, request, NULL, false);
        return;
    }
    char *found = key_shown(request);
    problem_add(p, request->pos, "a request is a map, found %s", found);
    free(found);
}

void fields_check_given(const struct field_table *table,
                        const struct value *request, struct problems *p)
{
    struct walk walk = {
        .fields = table->fields,
        .n = table->n,
        .table = table,
        .model = field_model(table, request),
        .problems = p,
    };
    if (request->type != VALUE_MAP)
        return;
    field_model_check(table, request, p);
    walk_map(&walk, request, NULL, false);
}

void fields_check(const struct field_table *table, const struct value *request,
                  struct problems *p)
{
    size_t before = p->errors;
    fields_check_given(table, request, p);
    field_needed_check(table, request, p);
    if (table->check && p->errors == before && request->type == VALUE_MAP)
        table->check(table->ctx, table, request, p);
}
