#include "recipe/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "recipe/fields.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"
#include "recipe/retry.h"
#include "recipe/schema_types.h"
#include "recipe/schema_words.h"
#include "recipe/sweep.h"

#define SCALAR "{'type':['string','number','boolean']}"
#define SCALAR_OR_NULL "{'type':['string','number','boolean','null']}"
#define TEMPLATE SCHEMA_TEMPLATE
#define WORD "^[A-Za-z_][A-Za-z0-9_]*$"

// A piece of schema, written with ' for ".
static struct value *piece(const char *text)
{
    struct err err;
    char *json = xstrdup(text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    struct value *v = json_read(json, strlen(json), JSON_STRICT, &err);
    if (!v)
        abort();
    free(json);
    return v;
}

// `v` with what is said of `path`, first.
static struct value *said(const char *path, struct value *v)
{
    struct value *map = value_map();
    value_set_text(map, "description", schema_words_of(path));
    for (size_t i = 0; i < value_count(v); i++)
        value_set(map, v->map.members[i].key,
                  value_copy(v->map.members[i].value));
    value_free(v);
    return map;
}

// A null takes away what an included file says.
static void or_null(struct value *v)
{
    struct value *type = (struct value *)value_get(v, "type");
    if (!type)
        return;
    struct value *types = value_list();
    bool one = type->type == VALUE_STRING;
    for (size_t i = 0; i < (one ? 1 : value_count(type)); i++)
        value_add(types, value_copy(one ? type : value_at(type, i)));
    struct value *null = value_str("null");
    bool there = false;
    for (size_t i = 0; i < value_count(types); i++)
        there |= value_equal(value_at(types, i), null);
    if (there)
        value_free(null);
    else
        value_add(types, null);
    value_set(v, "type", types);
}

static struct value *leaf(const char *path, enum key_type type)
{
    struct value *v = piece(schema_type(path, type));
    or_null(v);
    return said(path, v);
}

static struct value *closed_map(void)
{
    return piece("{'type':['object','null'],'properties':{},"
                 "'additionalProperties':false}");
}

static struct value *properties(const struct value *map)
{
    return (struct value *)value_get(map, "properties");
}

// A map of these keys; `below` is its path with a dot, or "".
static struct value *of_keys(const struct key_set *set, const char *below)
{
    struct value *map = closed_map();
    for (size_t i = 0; i < set->n; i++) {
        char *path = xasprintf("%s%s", below, set->keys[i].name);
        value_set(properties(map), set->keys[i].name,
                  leaf(path, set->keys[i].type));
        free(path);
    }
    return map;
}

// Put `v` in the place of a key that the tables call anything.
static void put(struct value *map, const char *key, const char *path,
                struct value *v)
{
    if (value_get(properties(map), key))
        value_set(properties(map), key, said(path, v));
    else
        value_free(v);
}

// --- the request

static const char *of_field(const char *name)
{
    switch (field_type_of(name)) {
    case FIELD_TEXT:
        return strcmp(name, "ratio") == 0
                   ? "{'type':['string','null'],'examples':['16:9','9:16',"
                     "'1:1','4:3','3:4','21:9']}"
                   : "{'type':['string','null']}";
    case FIELD_FILE:
        return "{'type':['string','null'],'minLength':1}";
    case FIELD_NUMBER:
        return "{'type':['number','string','null']," TEMPLATE "}";
    case FIELD_INTEGER:
        return "{'type':['integer','string','null']," TEMPLATE "}";
    case FIELD_BOOLEAN:
        return "{'type':['boolean','string','null']," TEMPLATE "}";
    case FIELD_ANY:
        break;
    }
    return "{'type':['object','null']}";
}

static struct value *request(void)
{
    struct value *all = closed_map();
    for (const char *const *name = field_names(); *name; name++) {
        char *path = xasprintf("request.%s", *name);
        char *dot = strchr(path + strlen("request."), '.');
        struct value *into = properties(all);
        if (dot) {
            *dot = '\0';
            const char *group = path + strlen("request.");
            if (!value_get(into, group))
                value_set(into, group, said(path, closed_map()));
            into = properties(value_get(into, group));
            *dot = '.';
        }
        value_set(into, dot ? dot + 1 : *name,
                  said(path, piece(of_field(*name))));
        free(path);
    }
    return all;
}

static struct value *request_here(void)
{
    return piece("{'allOf':[{'$ref':'#/definitions/request'}]}");
}

// --- the sweep

// What one point of a field's axis may be; templates mean nothing there.
static struct value *point(const char *name)
{
    switch (field_type_of(name)) {
    case FIELD_TEXT:
    case FIELD_FILE:
        return piece("{'type':['string','null'],'not':{'type':'string'," //
                     TEMPLATE "}}");
    case FIELD_NUMBER:
        return piece("{'type':['number','null']}");
    case FIELD_INTEGER:
        return piece("{'type':['integer','null']}");
    case FIELD_BOOLEAN:
        return piece("{'type':['boolean','null']}");
    case FIELD_ANY:
        break;
    }
    return piece(SCALAR_OR_NULL);
}

static struct value *points(struct value *item)
{
    struct value *list = piece("{'type':'array','minItems':1,"
                               "'maxItems':100000,'uniqueItems':true}");
    value_set(list, "items", item);
    return list;
}

// Names of the user, but none that has a meaning of its own.
static struct value *own_names(void)
{
    struct value *names = piece("{'not':{'enum':[]}}");
    struct value *taken = (struct value *)value_get_path(names, "not.enum");
    for (const char *const *word = sweep_reserved(); *word; word++)
        value_add(taken, value_str(*word));
    return names;
}

// Names of fields and of variables, but none that has a meaning of its own.
static struct value *axis_names(void)
{
    struct value *names = own_names();
    struct value *fields = piece("{'enum':[]}");
    struct value *all = (struct value *)value_get(fields, "enum");
    for (const char *const *name = field_names(); *name; name++) {
        if (strchr(*name, '.'))
            value_add(all, value_str(*name));
    }
    struct value *kinds = value_list();
    value_add(kinds, piece("{'pattern':'" WORD "'}"));
    value_add(kinds, fields);
    value_add(kinds, piece("{'pattern':'^extra\\\\.'}"));
    value_set(names, "anyOf", kinds);
    struct value *taken = (struct value *)value_get_path(names, "not.enum");
    value_add(taken, value_str("motion"));
    value_add(taken, value_str("extra"));
    return names;
}

static bool takes_range(const char *field)
{
    enum field_type type = field_type_of(field);
    return type == FIELD_NUMBER || type == FIELD_INTEGER;
}

static struct value *range(void)
{
    struct value *map = of_keys(&keys_of_range, "sweep.*.");
    value_set(map, "type", value_str("object"));
    value_set(map, "oneOf",
              piece("[{'required':['from','to','steps']},"
                    "{'required':['from','to','by']}]"));
    return map;
}

// A list, or a map: said as one schema, so that what is wrong is told of the
// one that was meant. `map` NULL: only a list.
static struct value *axis(struct value *list, struct value *map)
{
    if (map) {
        value_set(list, "type", piece("['array','object']"));
        value_set(list, "if", piece("{'type':'object'}"));
        value_set(list, "then", map);
    }
    or_null(list);
    return list;
}

// A column of a zip group, whose points may be the same.
static struct value *together(struct value *item, bool numbers)
{
    struct value *list = points(item);
    value_remove(list, "uniqueItems");
    return axis(list, numbers ? range() : NULL);
}

static struct value *zip(void)
{
    struct value *map =
        piece("{'type':'object','minProperties':1,'properties':{},"
              "'patternProperties':{}}");
    value_set(map, "propertyNames", axis_names());
    for (const char *const *name = field_names(); *name; name++) {
        if (field_is_group(*name))
            continue;
        char *path = xasprintf("request.%s", *name);
        value_set(properties(map), *name,
                  said(path, together(point(*name), takes_range(*name))));
        free(path);
    }
    value_set((struct value *)value_get(map, "patternProperties"), "^extra\\.",
              together(piece(SCALAR_OR_NULL), true));
    value_set(map, "additionalProperties",
              together(piece(SCALAR_OR_NULL), true));
    return map;
}

// What an axis of the user's own is, when it is no list.
static struct value *spread(void)
{
    struct value *map = range();
    struct value *one = (struct value *)value_get(map, "oneOf");
    value_add(one, piece("{'required':['zip'],'maxProperties':1}"));
    value_add(one, piece("{'required':['file'],'maxProperties':1}"));
    value_set(properties(map), "zip", said("sweep.*.zip", zip()));
    value_set(properties(map), "file", leaf("sweep.*.file", KEY_TEXT));
    return map;
}

static struct value *added_cells(void)
{
    return piece(
        "{'type':['array','null'],'items':{'type':'object','minProperties':1,"
        "'additionalProperties':{'type':"
        "['string','number','boolean','null','object']}}}");
}

static struct value *sample(void)
{
    struct value *map = of_keys(&keys_of_sample, "sweep.sample.");
    value_set(map, "if", piece("{'type':'object'}"));
    value_set(map, "then", piece("{'required':['count']}"));
    return map;
}

static struct value *sweep(void)
{
    struct value *map = closed_map();
    value_set(map, "maxProperties", value_int(SWEEP_AXES_MAX));
    value_set(map, "propertyNames", axis_names());
    struct value *own = properties(map);
    value_set(own, "exclude", leaf("sweep.exclude", KEY_ANY));
    value_set(own, "include", said("sweep.include", added_cells()));
    value_set(own, "sample", said("sweep.sample", sample()));
    value_set(own, "takes", leaf("sweep.takes", KEY_ANY));
    for (const char *const *name = field_names(); *name; name++) {
        if (field_is_group(*name))
            continue;
        char *path = xasprintf("request.%s", *name);
        value_set(own, *name,
                  said(path, axis(points(point(*name)),
                                  takes_range(*name) ? range() : NULL)));
        free(path);
    }
    struct value *extra = axis(points(piece("{'type':['string','number',"
                                            "'boolean','null']}")),
                               range());
    value_set(map, "patternProperties", value_map());
    value_set((struct value *)value_get(map, "patternProperties"), "^extra\\.",
              said("request.extra", extra));
    value_set(map, "additionalProperties",
              said("sweep.*", axis(points(piece(SCALAR)), spread())));
    return map;
}

// --- the rest

// A default alone, or a map.
static struct value *params(void)
{
    struct value *one = of_keys(&keys_of_param, "params.*.");
    value_set(one, "type",
              piece("['object','string','number','boolean','null']"));
    value_set(one, "not", piece("{'type':'string'," TEMPLATE "}"));
    value_set(one, "if",
              piece("{'type':'object','properties':{'type':{'const':'choice'}},"
                    "'required':['type']}"));
    value_set(one, "then", piece("{'required':['choices']}"));
    struct value *map = piece("{'type':['object','null'],"
                              "'additionalProperties':false}");
    value_set(map, "propertyNames", own_names());
    value_set(map, "patternProperties", piece("{}"));
    value_set((struct value *)value_get(map, "patternProperties"), WORD,
              said("params.*", one));
    return map;
}

static struct value *retry(void)
{
    struct value *map = of_keys(&keys_of_retry, "retry.");
    struct value *kinds =
        piece("{'type':'array','minItems':1,'items':{'enum':[]}}");
    struct value *names = (struct value *)value_get_path(kinds, "items.enum");
    for (size_t i = 0; i < RETRY_KINDS; i++)
        value_add(names, value_str(retry_kinds()[i]));
    put(map, "kinds", "retry.kinds", kinds);
    value_set(map, "if", piece("{'type':'object'}"));
    value_set(map, "then", piece("{'required':['count']}"));
    return map;
}

static struct value *gateways(const struct key_set *set)
{
    struct value *one = of_keys(set, "gateways.*.");
    value_set(one, "type", value_str("object"));
    put(one, "request", "gateways.*.request", request_here());
    struct value *map = piece("{'type':['object','null']}");
    value_set(map, "propertyNames", piece("{" SCHEMA_NAME "}"));
    value_set(map, "additionalProperties", said("gateways.*", one));
    return map;
}

static struct value *document(const char *title, struct value *map)
{
    struct value *v = value_map();
    value_set(v, "$schema",
              value_str("http://json-schema.org/draft-07/schema#"));
    value_set(v, "title", value_str(title));
    for (size_t i = 0; i < value_count(map); i++)
        value_set(v, map->map.members[i].key,
                  value_copy(map->map.members[i].value));
    value_free(map);
    value_set(v, "type", value_str("object"));
    value_set(v, "definitions", value_map());
    value_set_path(v, "definitions.request", request());
    return v;
}

struct value *schema_recipe(void)
{
    struct value *map = of_keys(&keys_of_recipe, "");
    put(map, "params", "params", params());
    put(map, "request", "request", request_here());
    put(map, "sweep", "sweep", sweep());
    put(map, "limits", "limits", of_keys(&keys_of_limits, "limits."));
    put(map, "outputs", "outputs", of_keys(&keys_of_outputs, "outputs."));
    put(map, "gateways", "gateways", gateways(&keys_of_gateway));
    put(map, "retry", "retry", retry());
    value_set(map, "required", piece("['tarmac']"));
    return document("a recipe of tarmac", map);
}

struct value *schema_config(void)
{
    struct value *one =
        piece("{'type':'object','properties':{},'additionalProperties':false,"
              "'oneOf':[{'required':['env'],'maxProperties':1},"
              "{'required':['command']}]}");
    value_set(properties(one), "env", leaf("keys.*.env", KEY_TEXT));
    value_set(properties(one), "command", leaf("keys.*.command", KEY_ANY));
    value_set(properties(one), "timeout", leaf("keys.*.timeout", KEY_DURATION));
    struct value *keys = piece("{'type':'object'}");
    value_set(keys, "propertyNames", piece("{'pattern':'^https?://[^/]+$'}"));
    value_set(keys, "additionalProperties", said("keys.*", one));
    struct value *map = closed_map();
    value_set(properties(map), "keys", said("keys", keys));
    value_set(properties(map), "gateways",
              said("gateways", gateways(&keys_of_own_gateway)));
    return document("the configuration of tarmac", map);
}
