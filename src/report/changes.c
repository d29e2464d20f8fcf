#include "report/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"

#define FIELDS_MAX 8
#define TEXT_SHOWN 40  // bytes of a value
#define TEXT_BEFORE 10 // of those, before what differs
#define NAME_SHOWN 60
#define HASH_SHOWN 8
#define PATH_MAX_BYTES 4096

struct changes {
    struct buf *out;
    size_t n; // fields that differ
};

// --- one value

// What stands for a file, a clip, or a frame of one: one thing, whatever is in
// it.
static bool stands_for_a_file(const struct value *v)
{
    return value_get(v, "sha256") || value_get(v, "data") ||
           value_get(v, "frame") || value_get(v, "clip");
}

static void write_hash(const char *before, const char *hash, struct buf *out)
{
    char *shown = text_printable(hash, strlen(hash), HASH_SHOWN);
    buf_printf(out, "%s%s", before, shown);
    free(shown);
}

static void write_file(const struct value *v, struct buf *out)
{
    const char *sha256 = value_get_text(v, "sha256");
    const char *data = value_get_text(v, "data");
    const char *of = value_get_text(v, "of");
    const char *clip = value_get_text(v, "clip");
    if (sha256) {
        write_hash("file ", sha256, out);
    } else if (data) {
        write_hash("data ", data, out);
    } else if (clip) {
        write_hash("clip ", clip, out);
    } else {
        char *at = json_text(value_get(v, "frame"));
        char *shown = text_printable(at, strlen(at), HASH_SHOWN);
        buf_printf(out, "frame %s", shown);
        if (of)
            write_hash(" of ", of, out);
        free(shown);
        free(at);
    }
}

// From where two texts differ, or a little before; 0 for what is short.
static size_t differs_from(const struct value *a, const struct value *b)
{
    if (!a || !b || a->type != VALUE_STRING || b->type != VALUE_STRING)
        return 0;
    const char *s = a->string.bytes, *t = b->string.bytes;
    size_t n = a->string.len < b->string.len ? a->string.len : b->string.len;
    size_t same = 0;
    while (same < n && s[same] == t[same])
        same++;
    if ((a->string.len <= TEXT_SHOWN && b->string.len <= TEXT_SHOWN) ||
        same <= TEXT_BEFORE)
        return 0;
    return text_cut(s, same - TEXT_BEFORE);
}

static void write_text(const struct value *v, size_t from, struct buf *out)
{
    size_t len = v->string.len - from;
    char *shown = text_printable(v->string.bytes + from, len, TEXT_SHOWN);
    buf_printf(out, "'%s%s%s'", from > 0 ? "…" : "", shown,
               len > TEXT_SHOWN ? "…" : "");
    free(shown);
}

static void write_value(const struct value *v, size_t from, struct buf *out)
{
    if (v->type == VALUE_STRING) {
        write_text(v, from, out);
    } else if (v->type == VALUE_MAP && stands_for_a_file(v)) {
        write_file(v, out);
    } else {
        char *text = json_text(v);
        char *shown = text_printable(text, strlen(text), TEXT_SHOWN);
        buf_printf(out, "%s%s", shown, strlen(text) > TEXT_SHOWN ? "…" : "");
        free(shown);
        free(text);
    }
}

// --- fields

static void write_name(const char *path, struct buf *out)
{
    char *shown = text_printable(path, strlen(path), NAME_SHOWN);
    buf_str(out, shown);
    free(shown);
}

// Either may be NULL: it is not there.
static void add(struct changes *c, const char *path, const struct value *was,
                const struct value *is)
{
    if (++c->n > FIELDS_MAX)
        return;
    size_t from = differs_from(was, is);
    if (c->n > 1)
        buf_str(c->out, ", ");
    write_name(path, c->out);
    buf_str(c->out, " ");
    if (was)
        write_value(was, from, c->out);
    if (was && is)
        buf_str(c->out, " → ");
    if (is)
        write_value(is, from, c->out);
    if (!was || !is)
        buf_str(c->out, was ? " removed" : " added");
}

static bool has_fields(const struct value *v)
{
    return value_count(v) > 0 && v->type == VALUE_MAP && !stands_for_a_file(v);
}

static void compare(struct changes *c, const char *path,
                    const struct value *was, const struct value *is);

static void compare_member(struct changes *c, const char *path, const char *key,
                           const struct value *was, const struct value *is)
{
    struct buf below; // a name too long to be kept is told as far as it is
    buf_init(&below, PATH_MAX_BYTES);
    buf_str(&below, path);
    if (*path)
        buf_str(&below, ".");
    buf_str(&below, key);
    compare(c, below.data, was, is);
    buf_free(&below);
}

// The members of both, in the order of their keys.
static void compare_maps(struct changes *c, const char *path,
                         const struct value *was, const struct value *is)
{
    const struct value none = {.type = VALUE_MAP};
    was = was ? was : &none;
    is = is ? is : &none;
    const struct value_member **old = value_sorted(was),
                              **new = value_sorted(is);
    size_t n_old = value_count(was), n_new = value_count(is);
    for (size_t i = 0, k = 0; i < n_old || k < n_new;) {
        int order = i == n_old   ? 1
                    : k == n_new ? -1
                                 : strcmp(old[i]->key, new[k]->key);
        const char *key = order <= 0 ? old[i]->key : new[k]->key;
        compare_member(c, path, key, order <= 0 ? old[i++]->value : NULL,
                       order >= 0 ? new[k++]->value : NULL);
    }
    free(old);
    free(new);
}

static void compare(struct changes *c, const char *path,
                    const struct value *was, const struct value *is)
{
    if (was && is && value_equal(was, is))
        return;
    bool maps = (!was || has_fields(was)) && (!is || has_fields(is));
    if (maps)
        compare_maps(c, path, was, is);
    else
        add(c, path, was, is);
}

void changes_text(const struct value *was, const struct value *is,
                  struct buf *out)
{
    struct changes c = {.out = out};
    compare_maps(&c, "", was, is);
    if (c.n > FIELDS_MAX)
        buf_printf(out, " and %zu more", c.n - FIELDS_MAX);
}
