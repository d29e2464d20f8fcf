#include "recipe/gateways.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "recipe/fields.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"

#define URL_MAX 2000
#define TIMEOUT_LEAST_MS 1000
#define IN_CONFIG "it belongs in ~/.config/tarmac/config.yaml, not in a recipe"

static const struct key entry_keys[] = {
    {"request", KEY_MAP}, // the recipe's own, first: see own_keys
    {"url", KEY_TEXT},
    {"dialect", KEY_TEXT},
    {"prefix", KEY_TEXT},
    {"profile", KEY_TEXT},
    {"identity", KEY_TEXT},
    {"poll_min", KEY_DURATION},
    {"in_flight", KEY_COUNT},
    {"timeout", KEY_DURATION},
    {"clip_max", KEY_SIZE},
    {"budget", KEY_CREDITS},
    {"prices", KEY_MAP},
    // The configuration's own, last: see RECIPE_KEYS.
    {"headers", KEY_MAP},
    {"insecure", KEY_BOOL},
    {"callback_url", KEY_TEXT},
    {"callback_listen", KEY_TEXT},
    {"callback_public_url", KEY_TEXT},
};

#define ENTRY_KEYS (sizeof(entry_keys) / sizeof(entry_keys[0]))
#define RECIPE_KEYS (ENTRY_KEYS - 5)
#define own_keys (entry_keys + 1)

const struct key_set keys_of_gateway = {
    .where = " in a gateway",
    .keys = entry_keys,
    .n = RECIPE_KEYS,
    .secret = "keys belong in ~/.config/tarmac/config.yaml, never in a recipe",
};
const struct key_set keys_of_own_gateway = {
    .where = " in a gateway",
    .keys = own_keys,
    .n = ENTRY_KEYS - 1,
    .secret = "keys belong under 'keys:', by origin",
};

// Only what a URL may hold; a space or a control character is a mistake.
static bool is_plain(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
            return false;
    }
    return true;
}

// The host of "http://host:port/…" is this machine.
static bool is_loopback(const char *authority)
{
    size_t n = strcspn(authority, "/");
    if (authority[0] == '[')
        return n >= 5 && strncmp(authority, "[::1]", 5) == 0 &&
               (n == 5 || authority[5] == ':');
    char *host = xstrndup(authority, strcspn(authority, ":/"));
    size_t digits = strspn(host, "0123456789.");
    bool loopback = strcasecmp(host, "localhost") == 0 ||
                    (text_starts(host, "127.") && host[digits] == '\0');
    free(host);
    return loopback;
}

static const char *url_fault(const char *url, bool insecure)
{
    bool http = text_starts(url, "http://");
    if (!http && !text_starts(url, "https://"))
        return "takes a URL that begins with https:// (or http:// on this "
               "machine)";
    const char *authority = url + (http ? 7 : 8);
    size_t n = strcspn(authority, "/?#");
    if (n == 0 || authority[0] == ':' || !is_plain(url) ||
        strlen(url) > URL_MAX)
        return "is not a URL with a host";
    if (memchr(authority, '@', n))
        return "holds a name or a password: keys belong in "
               "~/.config/tarmac/config.yaml, under 'keys:'";
    if (strpbrk(authority, "?#"))
        return "takes a URL without '?' and '#'";
    if (http && !insecure && !is_loopback(authority))
        return "sends keys in the clear over http:, which is for this machine "
               "only: use https:, or 'insecure: true' in "
               "~/.config/tarmac/config.yaml";
    return NULL;
}

static void check_url(const struct value *entry, const char *key, bool insecure,
                      struct problems *problems)
{
    const struct value *v = key_get(entry, key);
    const char *url = value_text(v);
    const char *fault = url ? url_fault(url, insecure) : NULL;
    if (fault)
        problem_add(problems, v->pos, "'%s' %s", key, fault);
}

// A shorter one would give up answers that are on their way, bought or not.
static void check_timeout(const struct value *timeout,
                          struct problems *problems)
{
    int64_t ms;
    if (key_duration(timeout, &ms) && ms < TIMEOUT_LEAST_MS)
        problem_add(problems, timeout->pos, "'timeout' takes at least 1s");
}

static void check_prices(const struct value *prices, struct problems *problems)
{
    for (size_t i = 0; i < value_count(prices); i++) {
        const struct value *price = prices->map.members[i].value;
        int64_t ignored;
        if (key_credits(price, &ignored))
            continue;
        char *model = key_printable(prices->map.members[i].key);
        char *found = key_shown(price);
        problem_add(problems, price->pos,
                    "the price of '%s' is a number of credits a second with "
                    "at most three decimals, found %s",
                    model, found);
        free(found);
        free(model);
    }
}

static bool is_header_name(const char *s)
{
    size_t len = strlen(s);
    return len > 0 && len <= 100 &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789-_") == len;
}

static bool is_header_value(const char *s)
{
    for (; *s; s++) {
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return false;
    }
    return true;
}

static void check_headers(const struct value *headers,
                          struct problems *problems)
{
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *member = &headers->map.members[i];
        const char *text = value_text(member->value);
        char *name = key_printable(member->key);
        if (strcasecmp(member->key, "authorization") == 0)
            problem_add(problems, member->pos,
                        "'%s' is not a header to set here: keys belong under "
                        "'keys:', by origin",
                        name);
        else if (strcasecmp(member->key, "host") == 0 ||
                 strcasecmp(member->key, "content-length") == 0 ||
                 strcasecmp(member->key, "transfer-encoding") == 0)
            problem_add(problems, member->pos, "'%s' is not a header to set",
                        name);
        else if (!is_header_name(member->key))
            problem_add(problems, member->pos,
                        "'%s' is not the name of a header", name);
        else if (!text || !is_header_value(text))
            problem_add(problems, member->value->pos,
                        "the header '%s' takes a text of one line", name);
        free(name);
    }
}

static void check_texts(const struct value *entry, struct problems *problems)
{
    const struct value *prefix = key_get(entry, "prefix");
    const char *text = value_text(prefix);
    size_t len = text ? strlen(text) : 0;
    if (text && (text[0] != '/' || len < 2 || text[len - 1] == '/' ||
                 strpbrk(text, "?#") || strstr(text, "..") || !is_plain(text)))
        problem_add(problems, prefix->pos,
                    "'prefix' takes a path such as /runway/v1");
    const struct value *identity = key_get(entry, "identity");
    if (value_text(identity) && !key_is_name(value_text(identity)))
        problem_add(problems, identity->pos,
                    "'identity' takes letters, digits, '.', '_' and '-'");
    const struct value *profile = key_get(entry, "profile");
    if (value_text(profile) && !key_is_name(value_text(profile)))
        problem_add(problems, profile->pos,
                    "'profile' takes letters, digits, '.', '_' and '-'");
    const struct value *listen = key_get(entry, "callback_listen");
    text = value_text(listen);
    const char *colon = text ? strrchr(text, ':') : NULL;
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    if (text && (!colon || colon == text || digits == 0 || digits > 5 ||
                 colon[1 + digits] || !is_plain(text)))
        problem_add(problems, listen->pos,
                    "'callback_listen' takes ADDRESS:PORT");
}

static void check_needed(const char *name, const struct value *entry,
                         const char *key, const char *what,
                         struct problems *problems)
{
    if (!value_get(entry, key))
        problem_add(problems, entry->pos, "gateway '%s' has no '%s' (%s)", name,
                    key, what);
}

// Keys of the configuration that stand in a recipe: said here, and kept from
// keys_check(), which would call them unknown.
static struct value *without_config_keys(const struct value *entry,
                                         struct problems *problems)
{
    struct value *rest = value_copy(entry);
    for (size_t i = RECIPE_KEYS; i < ENTRY_KEYS; i++) {
        for (size_t k = 0; k < entry->map.n; k++) {
            const struct value_member *member = &entry->map.members[k];
            if (strcmp(member->key, entry_keys[i].name) != 0)
                continue;
            problem_add(problems, member->pos, "'%s': " IN_CONFIG, member->key);
            value_remove(rest, member->key);
        }
    }
    return rest;
}

static void check_name(const char *name, const struct value *entry,
                       struct problems *problems)
{
    char *shown = key_printable(name);
    if (strcmp(name, "local") == 0)
        problem_add(problems, entry->pos,
                    "'local' is the built-in gateway: give this one another "
                    "name");
    else if (!key_is_name(name))
        problem_add(problems, entry->pos,
                    "'%s': a gateway's name takes letters, digits, '.', '_' "
                    "and '-'",
                    shown);
    free(shown);
}

// What a recipe says of a gateway that others describe: its requests there.
static bool is_request_only(const struct value *entry)
{
    return value_count(entry) == 1 && value_get(entry, "request");
}

bool gateway_entry_check(const char *name, const struct value *entry,
                         bool in_config, struct problems *problems)
{
    size_t before = problems->errors;
    char *shown = key_printable(name);
    char *where = xasprintf(" in gateway '%s'", shown);
    struct key_set set = in_config ? keys_of_own_gateway : keys_of_gateway;
    set.where = where;
    bool elsewhere = !in_config && is_request_only(entry);
    const struct value *request = in_config ? NULL : key_get(entry, "request");
    if (!elsewhere || strcmp(name, "local") != 0)
        check_name(name, entry, problems);
    if (request && request->type == VALUE_MAP)
        fields_check_shape(request, problems);
    struct value *rest = entry->type == VALUE_MAP && !in_config
                             ? without_config_keys(entry, problems)
                             : value_copy(entry);
    if (keys_check(rest, &set, problems) && !elsewhere) {
        bool insecure = value_truth(value_get(rest, "insecure"), false);
        check_needed(shown, rest, "url", "https://…", problems);
        check_needed(shown, rest, "dialect", "reverse, official, or a file",
                     problems);
        check_url(rest, "url", insecure, problems);
        check_url(rest, "callback_url", true, problems);
        check_url(rest, "callback_public_url", true, problems);
        check_texts(rest, problems);
        check_timeout(key_get(rest, "timeout"), problems);
        check_prices(key_get(rest, "prices"), problems);
        check_headers(key_get(rest, "headers"), problems);
    }
    value_free(rest);
    free(where);
    free(shown);
    return problems->errors == before;
}
