#include "recipe/defaults.h"

#include "recipe/fields.h"

static void lay_over(struct value *request, const struct value *over)
{
    for (size_t i = 0; i < over->map.n; i++) {
        const struct value_member *member = &over->map.members[i];
        struct value *had = value_get_map(request, member->key);
        if (had && field_is_group(member->key) &&
            member->value->type == VALUE_MAP)
            lay_over(had, member->value);
        else
            value_put(request, member);
    }
}

static void remove_request(struct value *gateways, const char *name)
{
    struct value *entry = value_get_map(gateways, name);
    value_remove(entry, "request");
    if (value_count(entry) == 0)
        value_remove(gateways, name);
}

void defaults_apply(struct value *tree, const char *gateway)
{
    struct value *gateways = value_get_map(tree, "gateways");
    struct value *entry = gateways ? value_get_map(gateways, gateway) : NULL;
    struct value *over = entry ? value_get_map(entry, "request") : NULL;
    const struct value *request = value_get(tree, "request");
    bool plain =
        !request || request->type == VALUE_NULL || request->type == VALUE_MAP;
    if (!over || !plain)
        return;
    if (!value_get_map(tree, "request"))
        value_set(tree, "request", value_map())->pos = over->pos;
    lay_over(value_get_map(tree, "request"), over);
    remove_request(gateways, gateway);
    if (value_count(gateways) == 0)
        value_remove(tree, "gateways");
}

void defaults_remove(struct value *gateways)
{
    for (size_t i = gateways->map.n; i-- > 0;) {
        const char *name = gateways->map.members[i].key;
        struct value *entry = value_get_map(gateways, name);
        if (entry && value_get(entry, "request"))
            remove_request(gateways, name);
    }
}
