#include "recipe/override.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "recipe/fields.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/rows.h"
#include "recipe/template.h"

#define NAMES_MAX 2000 // that a hint is looked for among

struct change {
    struct value *tree;
    char *path;        // from the tree's top: "sweep.motion.x"
    const char *value; // NULL: taken away
    struct pos pos;
    struct problems *problems;
};

bool override_is(const char *word)
{
    return word[0] == '~' || strchr(word, '=');
}

// --- where

static bool is_top(const char *name, size_t len)
{
    for (size_t i = 0; i < keys_of_recipe.n; i++) {
        const char *key = keys_of_recipe.keys[i].name;
        if (strlen(key) == len && strncmp(key, name, len) == 0)
            return true;
    }
    return false;
}

// Of `sweep`, what is no axis.
static bool is_rule(const char *name)
{
    static const char *const names[] = {"exclude", "include", "sample",
                                        "takes"};
    size_t len = strcspn(name, ".");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return true;
    }
    return false;
}

// Length of the first key of `path`: the longest that `map` has, for names of
// axes and gateways hold dots; else an axis' whole name, else the first part.
static size_t first_key(const struct value *map, const char *path, bool sweep)
{
    for (size_t len = strlen(path); len > 0; len--) {
        if (path[len] && path[len] != '.')
            continue;
        char *key = xstrndup(path, len);
        bool there = value_get(map, key);
        free(key);
        if (there)
            return len;
    }
    return sweep && !is_rule(path) ? strlen(path) : strcspn(path, ".");
}

// --- what

static bool takes_text(const struct value *tree, const char *path)
{
    static const char *const texts[] = {
        "name",  "about",       "gateway",      "script",
        "route", "outputs.dir", "outputs.name",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(texts[i], path) == 0)
            return true;
    }
    const char *field = strstr(path, "request.");
    if (field && (field == path || field[-1] == '.'))
        field += strlen("request.");
    else
        field = NULL;
    if (field && field_is_text(field))
        return true;
    const struct value *had = field ? value_get_path(tree, path) : NULL;
    return had && had->type == VALUE_STRING && !template_any(had);
}

// An axis takes its points, a range, or a group; one value is its one point.
static struct value *axis_value(const struct change *change, const char *axis)
{
    const struct value *had = value_get(value_get(change->tree, "sweep"), axis);
    const struct value *first = value_at(had, 0);
    bool many = strchr("[{", *change->value) && *change->value;
    bool text = field_is_text(axis) || (first && first->type == VALUE_STRING);
    struct value *v =
        text && !many ? value_str(change->value)
                      : yaml_flow(change->value, change->pos, change->problems);
    if (!v || many)
        return v;
    struct value *points = value_list();
    value_add(points, v);
    return points;
}

static struct value *value_of(const struct change *change)
{
    const char *path = change->path;
    struct value *v;
    if (!text_is_utf8(change->value, strlen(change->value))) {
        problem_add(change->problems, change->pos, "%s: the value is not UTF-8",
                    path);
        return NULL;
    }
    if (text_starts(path, "sweep.") && !is_rule(path + strlen("sweep.")) &&
        (field_is_neutral(path + strlen("sweep.")) ||
         !strchr(path + strlen("sweep."), '.')))
        v = axis_value(change, path + strlen("sweep."));
    else if (takes_text(change->tree, path))
        v = value_str(change->value);
    else
        v = yaml_flow(change->value, change->pos, change->problems);
    if (v)
        value_set_pos(v, change->pos);
    return v;
}

// --- the change

static void put(struct value *map, const char *key, struct value *v)
{
    value_set(map, key, v);
    for (size_t i = 0; i < map->map.n; i++) {
        if (strcmp(map->map.members[i].key, key) == 0)
            map->map.members[i].pos = v->pos;
    }
}

static bool nothing_below(const struct change *change, const char *rest,
                          const struct value *v)
{
    int len = (int)(rest - change->path) - 1;
    problem_add(change->problems, change->pos,
                "'%.*s' is %s: nothing lies below it", len, change->path,
                value_type_name(v->type));
    return false;
}

static bool not_there(const struct change *change)
{
    char *shown = key_printable(change->path);
    problem_add(change->problems, change->pos, "there is no '%s' to take away",
                shown);
    free(shown);
    return false;
}

// From `map`, where `path`, the end of the change's, begins.
static bool change_at(const struct change *change, struct value *map,
                      const char *path, bool sweep)
{
    size_t len = first_key(map, path, sweep);
    char *key = xstrndup(path, len);
    const struct value *had = value_get(map, key);
    bool last = !path[len], ok = true;
    struct value *child = value_get_map(map, key);
    if (last && !change->value) {
        ok = value_remove(map, key) || not_there(change);
    } else if (last) {
        struct value *v = value_of(change);
        if (v)
            put(map, key, v);
        ok = v != NULL;
    } else if (!child && !change->value) {
        ok = not_there(change);
    } else if (!child && had && had->type != VALUE_NULL) {
        ok = nothing_below(change, path + len + 1, had);
    } else {
        if (!child) {
            child = value_map();
            child->pos = change->pos;
            put(map, key, child);
        }
        ok = change_at(change, child, path + len + 1,
                       map == change->tree && strcmp(key, "sweep") == 0);
    }
    free(key);
    return ok;
}

// --- what a name is

static void add_keys(const char **names, size_t *n, const struct value *map)
{
    for (size_t i = 0; map && map->type == VALUE_MAP && i < map->map.n; i++) {
        if (*n < NAMES_MAX)
            names[(*n)++] = map->map.members[i].key;
    }
}

// The name that `name` was probably meant to be, or one for its first part with
// the same rest; owned, or NULL.
static char *nearest(const struct change *change, const char *name)
{
    const char **names = xcalloc(NAMES_MAX, sizeof(*names));
    size_t n = 0, head = strcspn(name, ".");
    for (size_t i = 0; i < keys_of_recipe.n; i++)
        names[n++] = keys_of_recipe.keys[i].name;
    char *first = xstrndup(name, head);
    const char *top = name[head] ? text_nearest(first, names, n) : NULL;
    for (size_t i = 0; field_names()[i]; i++)
        names[n++] = field_names()[i];
    add_keys(names, &n, value_get(change->tree, "params"));
    add_keys(names, &n, value_get(change->tree, "sweep"));
    const char *alias = field_alias(name);
    const char *near = alias ? alias : text_nearest(name, names, n);
    char *best = near  ? xstrdup(near)
                 : top ? xasprintf("%s%s", top, name + head)
                       : NULL;
    free(first);
    free(names);
    return best;
}

static void unknown(const struct change *change, const char *name)
{
    char *near =
        is_rule(name) ? xasprintf("sweep.%s", name) : nearest(change, name);
    char *shown = key_printable(name);
    char *hint = near ? xasprintf(" (did you mean '%s'?)", near) : xstrdup("");
    problem_add(change->problems, change->pos,
                "'%s' is no part of the recipe: no key, param, axis or field "
                "of a request%s",
                shown, hint);
    free(hint);
    free(shown);
    free(near);
}

static bool is_group(const struct value *axis)
{
    return value_get(axis, "zip") || rows_file(axis);
}

// Points of a group cannot be given one by one, only another group.
static bool check_axis(const struct change *change, const char *name)
{
    const struct value *axis =
        value_get(value_get_map(change->tree, "sweep"), name);
    if (!axis || !is_group(axis) || !change->value || change->value[0] == '{')
        return true;
    problem_add(change->problems, change->pos,
                "'%s' is a group of fields that move together; to run a part "
                "of it: --only '%s == 1'",
                name, name);
    return false;
}

static enum override field_or_axis(struct change *change, const char *name)
{
    bool axis =
        value_get(value_get_map(change->tree, "sweep"), name) && !is_rule(name);
    if (!axis && !field_is_neutral(name) && !field_is_group(name)) {
        unknown(change, name);
        return OVERRIDE_WRONG;
    }
    if (!check_axis(change, name))
        return OVERRIDE_WRONG;
    change->path = xasprintf("%s.%s", axis ? "sweep" : "request", name);
    return change_at(change, change->tree, change->path, false)
               ? OVERRIDE_TREE
               : OVERRIDE_WRONG;
}

static enum override top(struct change *change, const char *name)
{
    change->path = xstrdup(name);
    if (text_starts(name, "include") || text_starts(name, "tarmac")) {
        problem_add(change->problems, change->pos,
                    "'%.*s' is read before the command line",
                    (int)strcspn(name, "."), name);
        return OVERRIDE_WRONG;
    }
    if (text_starts(name, "sweep.") &&
        !check_axis(change, name + strlen("sweep.")))
        return OVERRIDE_WRONG;
    return change_at(change, change->tree, change->path, false)
               ? OVERRIDE_TREE
               : OVERRIDE_WRONG;
}

static enum override as_param(const struct change *change, const char *name,
                              struct recipe_param *param)
{
    if (!change->value) {
        problem_add(change->problems, change->pos,
                    "'%s' is a parameter: it can be given, not taken away",
                    name);
        return OVERRIDE_WRONG;
    }
    *param = (struct recipe_param){
        .name = xstrdup(name),
        .value = change->value,
        .file = change->pos.file,
    };
    return OVERRIDE_PARAM;
}

// `name` as the whole of a parameter's name, said with or without "params.".
static const char *param_name(const struct value *tree, const char *name)
{
    const char *own =
        text_starts(name, "params.") ? name + strlen("params.") : name;
    bool plain = own != name || !is_top(name, strcspn(name, "."));
    return plain && value_get(value_get_map(tree, "params"), own) ? own : NULL;
}

static size_t count_parts(const char *name)
{
    size_t n = 1;
    while ((name = strchr(name, '.'))) {
        name++;
        n++;
    }
    return n;
}

enum override override_apply(struct value *tree, const char *word, int file,
                             struct recipe_param *param,
                             struct problems *problems)
{
    bool away = word[0] == '~';
    const char *equals = away ? NULL : strchr(word, '=');
    struct change change = {
        .tree = tree,
        .value = equals ? equals + 1 : NULL,
        .pos = {.file = file},
        .problems = problems,
    };
    size_t len = equals ? (size_t)(equals - word) : strlen(word + away);
    char *name = xstrndup(word + away, len);
    enum override done = OVERRIDE_WRONG;
    if (!text_is_utf8(name, len) || len == 0 || name[0] == '.' ||
        name[len - 1] == '.' || strstr(name, "..") || strchr(name, '='))
        problem_add(problems, change.pos,
                    "'%s' is neither NAME=VALUE nor ~NAME", word);
    else if (count_parts(name) > YAML_DEPTH_MAX)
        problem_add(problems, change.pos,
                    "'%s' lies too deep: more than %d names", name,
                    YAML_DEPTH_MAX);
    else if (param_name(tree, name))
        done = as_param(&change, param_name(tree, name), param);
    else if (is_top(name, strcspn(name, ".")))
        done = top(&change, name);
    else
        done = field_or_axis(&change, name);
    free(change.path);
    free(name);
    return done;
}

// --- what the sweep sets anyway

// The axis whose group sets `name` in its columns, or NULL.
static const char *group_of(const struct value *tree, const char *name)
{
    const struct value *sweep = value_get_map(tree, "sweep");
    for (size_t i = 0; i < value_count(sweep); i++) {
        const struct value_member *axis = &sweep->map.members[i];
        if (value_get(value_get(axis->value, "zip"), name))
            return axis->key;
    }
    return NULL;
}

static void check_leaf(const struct value *tree, const char *name,
                       struct pos pos, struct problems *problems)
{
    const char *group = group_of(tree, name);
    if (group)
        problem_add(problems, pos,
                    "'%s' moves with the sweep's '%s'; take that away first: "
                    "~sweep.%s",
                    name, group, group);
    else if (value_get(value_get_map(tree, "sweep"), name))
        problem_add(problems, pos,
                    "'request.%s' changes nothing, for the sweep sets it: say "
                    "%s=VALUE",
                    name, name);
}

static void check_fields(const struct value *tree, const struct value *map,
                         const char *prefix, int file,
                         struct problems *problems)
{
    for (size_t i = 0; i < map->map.n; i++) {
        const struct value_member *member = &map->map.members[i];
        char *name = prefix ? xasprintf("%s.%s", prefix, member->key)
                            : xstrdup(member->key);
        if (member->value->type == VALUE_MAP)
            check_fields(tree, member->value, name, file, problems);
        else if (member->value->pos.file == file)
            check_leaf(tree, name, member->value->pos, problems);
        free(name);
    }
}

void override_check(const struct value *tree, int file,
                    struct problems *problems)
{
    const struct value *request = value_get_map(tree, "request");
    if (request)
        check_fields(tree, request, NULL, file, problems);
}
