#include "gateway/same.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "gateway/input.h"

#define COPY_MAX (64u << 20) // bytes; a draft has few

struct same {
    const char *assets;
    LIST_HEAD(, same_kind) all;
};

struct same *same_new(const char *assets)
{
    struct same *s = xmalloc(sizeof *s);
    s->assets = assets;
    LIST_INIT(&s->all);
    return s;
}

void same_free(struct same *s)
{
    if (!s)
        return;
    struct same_kind *k;
    while ((k = LIST_FIRST(&s->all)) != NULL) {
        LIST_REMOVE(k, link);
        asset_remove(s->assets, k->id);
        free(k);
    }
    free(s);
}

static int64_t as_ms(double seconds)
{
    return (int64_t)(seconds * 1000 + 0.5);
}

static bool has_size(const struct order *o)
{
    bool picture = o->kind == ORDER_PICTURE;
    return (picture || (o->kind == ORDER_GENERATE && o->seconds > 0)) &&
           o->width > 0 && o->height > 0;
}

static struct same_kind *kind_new(struct same *s, const struct order *o)
{
    struct same_kind *k = xcalloc(1, sizeof *k);
    *k = (struct same_kind){.kind = o->kind,
                            .width = o->width,
                            .height = o->height,
                            .length_ms = as_ms(o->seconds)};
    // "part.": what is left of it when we are killed goes with the next start.
    snprintf(k->id, sizeof k->id, "part.same-%d-%dx%d-%lld", (int)k->kind,
             k->width, k->height, (long long)k->length_ms);
    LIST_INSERT_HEAD(&s->all, k, link);
    return k;
}

struct same_kind *same_find(struct same *s, const struct order *o)
{
    if (!has_size(o))
        return NULL;
    struct same_kind *k;
    LIST_FOREACH(k, &s->all, link)
    if (k->kind == o->kind && k->width == o->width && k->height == o->height &&
        k->length_ms == as_ms(o->seconds))
        return k;
    return kind_new(s, o);
}

struct order same_order(const struct same_kind *k)
{
    return (struct order){.kind = k->kind,
                          .prompt = xstrdup("the same clip for all"),
                          .model = xstrdup("same-clip"),
                          .width = k->width,
                          .height = k->height,
                          .seconds = (double)k->length_ms / 1000,
                          .seed = -1};
}

// Where the file system knows no second name of a file.
static bool copy(const char *from, const char *to, struct err *err)
{
    size_t len;
    char *bytes = file_read(from, COPY_MAX, &len, err);
    bool ok = bytes && file_write(to, bytes, len, 0644, err);
    free(bytes);
    return ok;
}

static bool give(const struct same *s, const struct same_kind *k,
                 const char *id, const char *suffix, struct err *err)
{
    char *from = xasprintf("%s/%s%s", s->assets, k->id, suffix);
    char *to = xasprintf("%s/%s%s", s->assets, id, suffix);
    bool ok = link(from, to) == 0 || errno == EEXIST;
    if (!ok && errno == EMLINK)
        err_errno(err, ERR_DISK, "%s", to);
    else if (!ok)
        ok = copy(from, to, err);
    free(from);
    free(to);
    return ok;
}

// The clip last, as where one is rendered.
bool same_give(struct same *s, struct same_kind *k, const char *id,
               struct err *err)
{
    static const char *const clip[] = {ASSET_LAST, ASSET_POSTER, ASSET_CLIP};
    static const char *const picture[] = {ASSET_PICTURE};
    bool still = k->kind == ORDER_PICTURE;
    const char *const *suffixes = still ? picture : clip;
    size_t n = still ? 1 : sizeof clip / sizeof *clip;
    for (size_t i = 0; i < n; i++)
        if (!give(s, k, id, suffixes[i], err)) {
            k->state = SAME_NONE; // drawn anew, it is another file
            return false;
        }
    return true;
}
