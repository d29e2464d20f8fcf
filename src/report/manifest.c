#include "report/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "data/problem.h"
#include "data/yaml.h"
#include "report/embed.h"
#include "report/summary.h"

#define LEFT_OUT "(left out)"

// --- what may be told

static bool is_secret(const char *key)
{
    static const char *const keys[] = {
        "extra", "headers",         "keys",
        "key",   "callback_url",    "callback_public_url",
        "env",   "callback_listen", "command",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return text_starts(key, "extra.");
}

static struct value *text_told(const struct value *v)
{
    const char *text = value_text(v);
    bool place = text && (text[0] == '/' || text_starts(text, "~/") ||
                          text_starts(text, "file:"));
    return text && !place && embed_may_say(text) ? value_copy(v)
                                                 : value_str(LEFT_OUT);
}

struct value *manifest_told(const struct value *v, const struct value *secrets)
{
    if (v->type == VALUE_STRING)
        return text_told(v);
    if (v->type == VALUE_LIST) {
        struct value *list = value_list();
        for (size_t i = 0; i < v->list.n; i++)
            value_add(list, manifest_told(v->list.items[i], secrets));
        return list;
    }
    if (v->type != VALUE_MAP)
        return value_copy(v);
    struct value *map = value_map();
    for (size_t i = 0; i < v->map.n; i++) {
        const struct value_member *m = &v->map.members[i];
        bool secret = is_secret(m->key) || value_get(secrets, m->key);
        value_push(map, m->key, (struct pos){0},
                   secret ? value_str(LEFT_OUT)
                          : manifest_told(m->value, secrets));
    }
    return map;
}

static bool is_told(const struct value *v)
{
    struct value *as_told = manifest_told(v, NULL);
    bool told = value_equal(v, as_told);
    value_free(as_told);
    return told;
}

// The "${name}"s of a text.
static void add_names(const char *text, struct value *names)
{
    for (const char *at = text; (at = strstr(at, "${")); at += 2) {
        char *name = xstrndup(at + 2, strcspn(at + 2, "}"));
        value_set(names, name, value_bool(true));
        free(name);
    }
}

static void collect(const struct value *v, bool secret, struct value *told,
                    struct value *left_out)
{
    if (value_text(v))
        add_names(value_text(v), secret || !is_told(v) ? left_out : told);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_member *m =
            v->type == VALUE_MAP ? &v->map.members[i] : NULL;
        collect(m ? m->value : value_at(v, i),
                secret || (m && is_secret(m->key)), told, left_out);
    }
}

struct value *manifest_secrets(const struct value *tree)
{
    struct value *told = value_map(), *left_out = value_map();
    struct value *secrets = value_map();
    const struct value *params = value_get(tree, "params");
    collect(tree, false, told, left_out);
    for (size_t i = 0; i < value_count(params); i++) {
        const char *name = params->map.members[i].key;
        if (value_get(left_out, name) && !value_get(told, name))
            value_set(secrets, name, value_bool(true));
    }
    value_free(told);
    value_free(left_out);
    return secrets;
}

// Any part of "request.extra.token".
static bool is_secret_path(const char *path)
{
    bool secret = false;
    for (const char *part = path; *part && !secret; part += strspn(part, ".")) {
        size_t len = strcspn(part, ".");
        char *name = xstrndup(part, len);
        secret = is_secret(name);
        free(name);
        part += len;
    }
    return secret;
}

static bool may_tell_word(const char *key, const char *value)
{
    struct problems unread;
    problems_init(&unread, "");
    struct value *v = yaml_flow(value, (struct pos){0}, &unread);
    bool told = v && is_told(v) && !is_secret_path(key);
    value_free(v);
    problems_free(&unread);
    return told;
}

struct value *manifest_words(const struct value *given,
                             const struct value *secrets)
{
    struct value *list = value_list();
    for (size_t i = 0; i < value_count(given); i++) {
        const char *word = value_text(value_at(given, i));
        const char *equals = word ? strchr(word, '=') : NULL;
        if (!word)
            continue;
        size_t len = equals ? (size_t)(equals - word) : strlen(word);
        char *key = xstrndup(word, len);
        bool told = !equals || (!value_get(secrets, key) &&
                                may_tell_word(key, equals + 1));
        char *text = told ? xstrdup(word) : xasprintf("%s=%s", key, LEFT_OUT);
        value_add(list, value_str(text));
        free(text);
        free(key);
    }
    return list;
}

// --- before the cells

static void member(const char *key, struct value *v, struct buf *out)
{
    buf_printf(out, ",\n  \"%s\": ", key);
    json_write(v, out);
    value_free(v);
}

static struct value *gateway_told(const struct gateway *gateway)
{
    struct value *v = value_map();
    value_set_text(v, "name", gateway->name);
    value_set_text(v, "identity", gateway->identity);
    value_set_text(v, "origin", gateway->origin);
    value_set_text(v, "dialect", gateway->dialect->name);
    value_set_text(v, "dialect_version", gateway->dialect->version);
    return v;
}

void manifest_begin(const struct manifest_run *run, struct buf *out)
{
    struct value *id = value_str(run->run);
    struct value *secrets = manifest_secrets(run->tree);
    buf_printf(out, "{\n  \"tarmac_manifest\": %d,\n" MANIFEST_RUN_LINE,
               MANIFEST_FORMAT);
    json_write(id, out);
    value_free(id);
    member("made_by", value_copy(run->versions), out);
    member("recipe", value_str(run->recipe->name), out);
    member("given", manifest_words(run->given, secrets), out);
    if (run->part)
        member("part", manifest_told(run->part, NULL), out);
    member("gateway", gateway_told(run->gateway), out);
    if (run->recipe->params)
        member("params", manifest_told(run->recipe->params, secrets), out);
    member("tree", manifest_told(run->tree, secrets), out);
    value_free(secrets);
    buf_str(out, ",\n  \"cells\": [");
}

void manifest_end(struct buf *out)
{
    buf_str(out, "\n  ]\n}\n");
}

// --- a cell

static struct value *output_told(const struct cell_output *output)
{
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    struct value *v = value_map();
    value_set_text(v, "file", output->path);
    if (output->suffix[0])
        value_set_text(v, "output", output->suffix);
    if (output->sha256[0])
        value_set_text(v, "sha256", output->sha256);
    else
        value_set(v, "edited", value_bool(output->placed == STORE_EDITED));
    value_set_text(v, "clip_sha256", clip->sha256);
    value_set_text(v, "fingerprint", purchase_fingerprint(output->purchase));
    return v;
}

static struct value *purchase_told(const struct purchase *p)
{
    struct value *v = value_map();
    struct value *left_out = value_list();
    value_set_text(v, "fingerprint", purchase_fingerprint(p));
    value_set_text(v, "gateway", purchase_gateway(p)->identity);
    value_set_text(v, "route", purchase_route(p));
    value_set(v, "take", value_int(purchase_take(p)));
    value_set_text(v, "state", attempt_state_name(purchase_state(p)));
    value_set_text(v, "task_id", purchase_task_id(p));
    if (purchase_price(p) >= 0)
        value_set(v, "credits", credits_value(purchase_price(p)));
    value_set(v, "request", embed_request(purchase_named(p), left_out));
    if (value_count(left_out) > 0)
        value_set(v, "left_out", left_out);
    else
        value_free(left_out);
    return v;
}

void manifest_cell(const struct cell_report *report, struct buf *out)
{
    struct value *v = value_map();
    value_set(v, "index", value_int((int64_t)report->index));
    value_set_text(v, "name", report->name);
    if (report->axes)
        value_set(v, "axes", manifest_told(report->axes, NULL));
    value_set(v, "take", value_int(report->take));
    value_set(v, "ok", value_bool(report->ok));
    if (!report->ok)
        value_set_text(v, "kind", report->kind); // its words may tell anything
    struct value *outputs = value_set(v, "outputs", value_list());
    for (size_t i = 0; report->ok && i < report->n; i++)
        value_add(outputs, output_told(&report->outputs[i]));
    struct value *purchases = value_set(v, "purchases", value_list());
    for (size_t i = 0; i < report->n_purchases; i++)
        value_add(purchases, purchase_told(report->purchases[i]));
    json_write(v, out);
    value_free(v);
}
