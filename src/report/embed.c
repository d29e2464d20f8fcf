#include "report/embed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "recipe/fields.h"

#define TEXT_MAX ((size_t)1 << 20) // before it is known to be short enough
#define URL_BYTES_MAX 2048
#define TAKE_MAX 1000000

static void order_free(struct embed_order *order)
{
    free(order->gateway);
    free(order->route);
    value_free(order->request);
    *order = (struct embed_order){0};
}

// An address that may be told: http(s), without user, query and fragment.
static bool is_plain_url(const char *text)
{
    bool http = text_starts(text, "http://") || text_starts(text, "https://");
    return http && strlen(text) <= URL_BYTES_MAX &&
           !strpbrk(text, "?#@\\ \t") && text_is_utf8(text, strlen(text));
}

bool embed_may_say(const char *text)
{
    if (text_starts(text, "data:"))
        return false;
    for (const char *at = text; (at = strstr(at, "://")); at += 3) {
        size_t len = strcspn(at, " \t\r\n\"'<>");
        for (size_t i = 3; i < len; i++)
            if (strchr("?#@", at[i]))
                return false;
    }
    return true;
}

// --- one field

// What stands for a file: of a clip, or of a local one, by what it holds.
static bool is_known_map(const struct value *v)
{
    static const char *const keys[] = {"frame", "of",     "clip",
                                       "file",  "sha256", "data"};
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value_member *m = &v->map.members[i];
        bool known = false;
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            known |= strcmp(m->key, keys[k]) == 0;
        if (!known || value_count(m->value) > 0)
            return false;
    }
    return value_count(v) > 0;
}

static bool may_tell_file(const struct value *v)
{
    const char *text = value_text(v);
    return v->type == VALUE_MAP ? is_known_map(v) : text && is_plain_url(text);
}

static bool is_file(const char *name)
{
    static const char *const files[] = {"image", "last_image", "video",
                                        "character_video"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (strcmp(name, files[i]) == 0)
            return true;
    return false;
}

static bool is_plain(const struct value *v)
{
    return v->type == VALUE_INT || v->type == VALUE_REAL ||
           v->type == VALUE_BOOL ||
           (value_text(v) && embed_may_say(value_text(v)));
}

static bool may_tell(const char *name, const struct value *v)
{
    return is_file(name) ? may_tell_file(v) : is_plain(v);
}

// --- a request

static bool is_known(const char *name)
{
    return field_is_neutral(name) && !text_starts(name, "extra");
}

static void leave_out(struct value *left_out, const char *name)
{
    if (left_out)
        value_add(left_out, value_str(name));
}

static void tell_group(const char *group, const struct value *map,
                       struct value *to, struct value *left_out)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_member *m = &map->map.members[i];
        char *name = xasprintf("%s.%s", group, m->key);
        if (is_known(name) && may_tell(name, m->value))
            value_set_path(to, name, value_copy(m->value));
        else if (m->value->type != VALUE_NULL)
            leave_out(left_out, name);
        free(name);
    }
}

struct value *embed_request(const struct value *request, struct value *left_out)
{
    struct value *told = value_map();
    if (!request || request->type != VALUE_MAP)
        return told;
    for (size_t i = 0; i < request->map.n; i++) {
        const struct value_member *m = &request->map.members[i];
        if (strcmp(m->key, "motion") == 0 && m->value->type == VALUE_MAP)
            tell_group(m->key, m->value, told, left_out);
        else if (is_known(m->key) && may_tell(m->key, m->value))
            value_set(told, m->key, value_copy(m->value));
        else if (m->value->type != VALUE_NULL)
            leave_out(left_out, m->key);
    }
    return told;
}

// --- the text

struct embedding {
    const struct embed_cell *cell;
    struct value *of;
};

static void tell_order(struct embedding *e, const struct embed_order *order,
                       struct value *to, int depth);

static void tell_source(struct embedding *e, const char *fingerprint, int depth)
{
    if (!hash_is_hex(fingerprint) || value_get(e->of, fingerprint))
        return;
    struct embed_order order = {0};
    bool room =
        value_count(e->of) < EMBED_SOURCES_MAX && depth < EMBED_DEPTH_MAX;
    if (!room || !e->cell->find ||
        !e->cell->find(e->cell->arg, fingerprint, &order))
        return; // who makes it again is told that this one is missing
    struct value *to = value_set(e->of, fingerprint, value_map());
    if (order.gateway && strcmp(order.gateway, e->cell->order.gateway) != 0)
        value_set_text(to, "gateway", order.gateway);
    tell_order(e, &order, to, depth);
    order_free(&order);
}

static void tell_sources(struct embedding *e, const struct value *request,
                         int depth)
{
    for (size_t i = 0; i < value_count(request); i++) {
        const struct value *v = request->map.members[i].value;
        const char *of = value_get_text(v, "of");
        const char *clip = value_get_text(v, "clip");
        if (is_file(request->map.members[i].key) && (of || clip))
            tell_source(e, of ? of : clip, depth + 1);
    }
}

static void tell_order(struct embedding *e, const struct embed_order *order,
                       struct value *to, int depth)
{
    value_set_text(to, "route", order->route);
    value_set(to, "take", value_int(order->take));
    struct value *left_out = value_list();
    bool known = order->request && order->request->type == VALUE_MAP;
    if (known)
        value_set(to, "request", embed_request(order->request, left_out));
    if (value_count(left_out) > 0)
        value_set(to, "left_out", left_out);
    else
        value_free(left_out);
    if (known)
        tell_sources(e, value_get(to, "request"), depth);
}

static struct value *tell(struct embedding *e)
{
    const struct embed_cell *cell = e->cell;
    struct value *v = value_map();
    value_set(v, "tarmac", value_int(EMBED_FORMAT));
    value_set_text(v, "version", cell->version);
    value_set_text(v, "recipe", cell->recipe);
    value_set_text(v, "cell", cell->cell);
    if (cell->output[0])
        value_set_text(v, "output", cell->output);
    value_set_text(v, "gateway", cell->gateway);
    value_set_text(v, "fingerprint", cell->fingerprint);
    value_set_text(v, "task_id", cell->task_id);
    tell_order(e, &cell->order, v, 0);
    return v;
}

static void hash_without_version(struct value *v, char out[HASH_HEX])
{
    struct value *version = value_copy(value_get(v, "version"));
    struct buf canonical;
    buf_init(&canonical, TEXT_MAX);
    value_set(v, "version", value_null());
    json_canonical(v, &canonical);
    hash_bytes(canonical.data, canonical.len, out);
    value_set(v, "version", version);
    buf_free(&canonical);
}

char *embed_text(const struct embed_cell *cell, char made_of[HASH_HEX])
{
    struct embedding e = {.cell = cell, .of = value_map()};
    struct value *v = tell(&e);
    if (value_count(e.of) > 0)
        value_set(v, "of", e.of);
    else
        value_free(e.of);
    struct buf text;
    buf_init(&text, EMBED_BYTES_MAX);
    json_write(v, &text);
    bool fits = !text.overflow;
    if (fits)
        hash_without_version(v, made_of);
    value_free(v);
    char *bytes = buf_take(&text);
    if (fits)
        return bytes;
    free(bytes);
    return NULL;
}

// --- what a clip tells

static bool refuse(struct err *err, const char *why)
{
    return err_set(err, ERR_FORMAT, "what it tells of itself %s", why);
}

static bool copy_line(const struct value *from, const char *key, bool needed,
                      struct value *to, struct err *err)
{
    const struct value *v = value_get(from, key);
    if (!v)
        return !needed || err_set(err, ERR_FORMAT,
                                  "what it tells of itself lacks '%s'", key);
    if (!value_text(v) || !text_is_utf8(v->string.bytes, v->string.len))
        return refuse(err, "is not as tarmac writes it");
    char *line = text_printable(v->string.bytes, v->string.len, v->string.len);
    value_set_text(to, key, line);
    free(line);
    return true;
}

static bool copy_names(const struct value *from, struct value *to,
                       struct err *err)
{
    const struct value *list = value_get(from, "left_out");
    if (!list)
        return true;
    struct value *names = value_set(to, "left_out", value_list());
    if (list->type != VALUE_LIST)
        return refuse(err, "is not as tarmac writes it");
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *v = value_at(list, i);
        if (!value_text(v))
            return refuse(err, "is not as tarmac writes it");
        char *line =
            text_printable(v->string.bytes, v->string.len, v->string.len);
        value_add(names, value_str(line));
        free(line);
    }
    return true;
}

static bool copy_order(const struct value *from, struct value *to,
                       struct err *err)
{
    int64_t take = value_integer(value_get(from, "take"), 0);
    const struct value *request = value_get(from, "request");
    if (!copy_line(from, "route", true, to, err) || !copy_names(from, to, err))
        return false;
    if (take < 1 || take > TAKE_MAX || (request && request->type != VALUE_MAP))
        return refuse(err, "is not as tarmac writes it");
    value_set(to, "take", value_int(take));
    struct value *left_out = value_list();
    if (request)
        value_set(to, "request", embed_request(request, left_out));
    bool all = value_count(left_out) == 0;
    value_free(left_out);
    return all || refuse(err, "has fields that no request has");
}

static bool copy_of(const struct value *from, struct value *to, struct err *err)
{
    const struct value *of = value_get(from, "of");
    if (!of)
        return true;
    if (of->type != VALUE_MAP || of->map.n > EMBED_SOURCES_MAX)
        return refuse(err, "is not as tarmac writes it");
    struct value *sources = value_set(to, "of", value_map());
    for (size_t i = 0; i < of->map.n; i++) {
        const struct value_member *m = &of->map.members[i];
        if (!hash_is_hex(m->key) || m->value->type != VALUE_MAP)
            return refuse(err, "is not as tarmac writes it");
        struct value *source = value_set(sources, m->key, value_map());
        if (!copy_line(m->value, "gateway", false, source, err) ||
            !copy_order(m->value, source, err))
            return false;
    }
    return true;
}

static bool copy_all(const struct value *from, struct value *to,
                     struct err *err)
{
    int64_t format = value_integer(value_get(from, "tarmac"), 0);
    if (format > EMBED_FORMAT)
        return refuse(err, "was written by a newer tarmac");
    if (format != EMBED_FORMAT)
        return err_set(err, ERR_FORMAT, "it tells nothing of what made it");
    value_set(to, "tarmac", value_int(format));
    return copy_line(from, "version", true, to, err) &&
           copy_line(from, "recipe", true, to, err) &&
           copy_line(from, "cell", true, to, err) &&
           copy_line(from, "output", false, to, err) &&
           copy_line(from, "gateway", true, to, err) &&
           copy_line(from, "fingerprint", true, to, err) &&
           copy_line(from, "task_id", false, to, err) &&
           copy_order(from, to, err) && copy_of(from, to, err);
}

struct value *embed_read(const char *text, size_t len, struct err *err)
{
    struct err none;
    struct value *from = len <= EMBED_BYTES_MAX
                             ? json_read(text, len, JSON_STRICT, &none)
                             : NULL;
    if (!from || from->type != VALUE_MAP) {
        value_free(from);
        err_set(err, ERR_FORMAT, "it tells nothing of what made it");
        return NULL;
    }
    struct value *told = value_map();
    if (!copy_all(from, told, err)) {
        value_free(told);
        told = NULL;
    }
    value_free(from);
    return told;
}
