#include "recipe/defaults.h"

#include <string.h>

#include "recipe/fields.h"

static struct value *map_in(struct value *map, const char *key)
{
    struct value *v = (struct value *)value_get(map, key);
    return v && v->type == VALUE_MAP ? v : NULL;
}

static void put(struct value *map, const struct value_member *from)
{
    for (size_t i = 0; i < map->map.n; i++) {
        struct value_member *member = &map->map.members[i];
        if (strcmp(member->key, from->key) != 0)
            continue;
        value_free(member->value);
        member->value = value_copy(from->value);
        member->pos = from->pos;
        return;
    }
    value_push(map, from->key, from->pos, value_copy(from->value));
}

static void lay_over(struct value *request, const struct value *over)
{
    for (size_t i = 0; i < over->map.n; i++) {
        const struct value_member *member = &over->map.members[i];
        struct value *had = map_in(request, member->key);
        if (had && field_is_group(member->key) &&
            member->value->type == VALUE_MAP)
            lay_over(had, member->value);
        else
            put(request, member);
    }
}

static void remove_request(struct value *gateways, const char *name)
{
    struct value *entry = map_in(gateways, name);
    value_remove(entry, "request");
    if (value_count(entry) == 0)
        value_remove(gateways, name);
}

void defaults_apply(struct value *tree, const char *gateway)
{
    struct value *gateways = map_in(tree, "gateways");
    struct value *entry = gateways ? map_in(gateways, gateway) : NULL;
    struct value *over = entry ? map_in(entry, "request") : NULL;
    const struct value *request = value_get(tree, "request");
    bool plain =
        !request || request->type == VALUE_NULL || request->type == VALUE_MAP;
    if (!over || !plain)
        return;
    if (!map_in(tree, "request"))
        value_set(tree, "request", value_map())->pos = over->pos;
    lay_over(map_in(tree, "request"), over);
    remove_request(gateways, gateway);
    if (value_count(gateways) == 0)
        value_remove(tree, "gateways");
}

void defaults_remove(struct value *gateways)
{
    for (size_t i = gateways->map.n; i-- > 0;) {
        const char *name = gateways->map.members[i].key;
        struct value *entry = map_in(gateways, name);
        if (entry && value_get(entry, "request"))
            remove_request(gateways, name);
    }
}
