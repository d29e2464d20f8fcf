#include "cli/gateways.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/client.h"
#include "recipe/keys.h"

#define LOCAL_CREDITS 5      // a second, of any model
#define POLL_LOOPBACK_MS 250 // a service on this machine
#define POLL_REMOTE_MS 5000

static void unknown_gateway(const char *name, const struct config *config,
                            const struct recipe *recipe, struct problems *p)
{
    const struct value *maps[] = {config->gateways, recipe->gateways};
    size_t n = 1 + value_count(maps[0]) + value_count(maps[1]);
    const char **names = xcalloc(n, sizeof(*names));
    names[0] = "local";
    size_t at = 1;
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < value_count(maps[m]); i++)
            names[at++] = maps[m]->map.members[i].key;
    const char *near = text_nearest(name, names, n);
    // One that --gateway names stands at no place of the recipe.
    bool given = strcmp(name, recipe->gateway) != 0;
    struct pos pos = given ? (struct pos){0, 0} : recipe->gateway_pos;
    if (near)
        problem_add(p, pos, "no gateway is called '%s' (did you mean '%s'?)",
                    name, near);
    else
        problem_add(
            p, pos,
            "no gateway is called '%s'; 'local' is built in, others "
            "stand under gateways: in the recipe or in %s",
            name, config->path ? config->path : "~/.config/tarmac/config.yaml");
    free(names);
}

static struct value *wildcard_price(double credits)
{
    struct value *prices = value_map();
    value_set(prices, "*", value_real(credits));
    return prices;
}

static bool fill_local(struct gateway *gateway, struct dialects *dialects,
                       struct err *err)
{
    gateway->identity = xstrdup("local");
    gateway->origin = xstrdup("local");
    gateway->local = true;
    gateway->loopback = true;
    gateway->poll_min_ms = POLL_LOOPBACK_MS;
    gateway->prices = wildcard_price(LOCAL_CREDITS);
    gateway->dialect = dialects_get(dialects, "reverse", NULL, err);
    return gateway->dialect != NULL;
}

static char *text_of(const struct value *entry, const char *key)
{
    return xstrdup(value_get_text(entry, key));
}

static bool fill_url(struct gateway *gateway, const struct value *entry,
                     struct problems *p)
{
    struct err err;
    const struct value *url = value_get(entry, "url");
    const char *text = value_text(url);
    if (!text) {
        problem_add(p, entry->pos, "gateway '%s' has no url", gateway->name);
        return false;
    }
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '/')
        len--;
    gateway->url = xstrndup(text, len);
    gateway->origin = net_origin(gateway->url, &err);
    if (!gateway->origin) {
        problem_add(p, url->pos, "%s", err.text);
        return false;
    }
    gateway->loopback = net_is_loopback(gateway->url);
    gateway->insecure = value_truth(value_get(entry, "insecure"), false);
    if (text_starts(gateway->origin, "http:") && !gateway->loopback &&
        !gateway->insecure) {
        problem_add(p, url->pos,
                    "http: would send the key in the clear; use https:, or say "
                    "insecure: true in the configuration");
        return false;
    }
    return true;
}

static bool fill(struct gateway *gateway, const struct value *entry,
                 const char *recipe_dir, struct dialects *dialects,
                 struct problems *p, struct err *err)
{
    gateway->identity = text_of(entry, "identity");
    if (!gateway->identity)
        gateway->identity = xstrdup(gateway->name);
    gateway->prefix = text_of(entry, "prefix");
    gateway->profile = text_of(entry, "profile");
    gateway->in_flight = (int)value_integer(value_get(entry, "in_flight"), 0);
    if (!key_credits(key_get(entry, "budget"), &gateway->budget))
        gateway->budget = -1;
    if (value_get(entry, "prices"))
        gateway->prices = value_copy(value_get(entry, "prices"));
    if (value_get(entry, "headers"))
        gateway->headers = value_copy(value_get(entry, "headers"));
    gateway->callback_url = text_of(entry, "callback_url");
    gateway->callback_public_url = text_of(entry, "callback_public_url");
    gateway->callback_listen = text_of(entry, "callback_listen");
    if (!fill_url(gateway, entry, p))
        return false;
    if (!key_duration(key_get(entry, "poll_min"), &gateway->poll_min_ms))
        gateway->poll_min_ms =
            gateway->loopback ? POLL_LOOPBACK_MS : POLL_REMOTE_MS;
    if (!key_duration(key_get(entry, "timeout"), &gateway->timeout_ms))
        gateway->timeout_ms = 0;
    if (!key_size(key_get(entry, "clip_max"), &gateway->clip_max))
        gateway->clip_max = 0;
    const char *dialect = value_get_text(entry, "dialect");
    gateway->dialect =
        dialects_get(dialects, dialect ? dialect : "reverse", recipe_dir, err);
    return gateway->dialect != NULL;
}

bool gateway_resolve(const char *name, const struct config *config,
                     const struct recipe *recipe, const char *recipe_dir,
                     struct dialects *dialects, struct gateway *gateway,
                     struct problems *problems, struct err *err)
{
    *gateway = (struct gateway){.name = xstrdup(name), .budget = -1};
    err->kind = ERR_NONE;
    if (strcmp(name, "local") == 0)
        return fill_local(gateway, dialects, err);
    // The user's own word comes before a stranger's recipe.
    const struct value *entry = value_get(config->gateways, name);
    if (!entry)
        entry = value_get(recipe->gateways, name);
    if (entry)
        return fill(gateway, entry, recipe_dir, dialects, problems, err);
    unknown_gateway(name, config, recipe, problems);
    return false;
}

void gateway_clear(struct gateway *gateway)
{
    free(gateway->name);
    free(gateway->identity);
    free(gateway->url);
    free(gateway->origin);
    free(gateway->prefix);
    free(gateway->profile);
    value_free(gateway->prices);
    value_free(gateway->headers);
    free(gateway->callback_url);
    free(gateway->callback_public_url);
    free(gateway->callback_listen);
    *gateway = (struct gateway){0};
}
