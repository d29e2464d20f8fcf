#include "gateway/bought.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"

#define FIRST 64

struct bought {
    char *api, *model;
    int64_t *at; // ascending
    size_t n, cap;
    LIST_ENTRY(bought) link;
};

struct boughts {
    LIST_HEAD(, bought) all;
};

struct boughts *boughts_new(void)
{
    struct boughts *bs = xmalloc(sizeof *bs);
    LIST_INIT(&bs->all);
    return bs;
}

void boughts_free(struct boughts *bs)
{
    if (!bs)
        return;
    struct bought *b;
    while ((b = LIST_FIRST(&bs->all)) != NULL) {
        LIST_REMOVE(b, link);
        free(b->api);
        free(b->model);
        free(b->at);
        free(b);
    }
    free(bs);
}

static struct bought *find(const struct boughts *bs, const char *api,
                           const char *model)
{
    struct bought *b;
    LIST_FOREACH(b, &bs->all, link)
    if (strcmp(b->model, model) == 0 && strcmp(b->api, api) == 0)
        return b;
    return NULL;
}

// How many of them come before that moment.
static size_t before(const struct bought *b, int64_t wall_ms)
{
    size_t low = 0, high = b->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (b->at[mid] < wall_ms)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

// Room for one more: first that of those that nobody asks for any more.
static void make_room(struct bought *b)
{
    size_t old = b->n > 0 ? before(b, b->at[b->n - 1] - BOUGHT_KEPT_MS) : 0;
    if (old > b->n / 4) {
        b->n -= old;
        memmove(b->at, b->at + old, b->n * sizeof *b->at);
        return;
    }
    b->cap = b->cap ? b->cap * 2 : FIRST;
    b->at = xreallocarray(b->at, b->cap, sizeof *b->at);
}

void boughts_add(struct boughts *bs, const char *api, const char *model,
                 int64_t wall_ms)
{
    struct bought *b = find(bs, api, model);
    if (!b) {
        b = xcalloc(1, sizeof *b);
        b->api = xstrdup(api);
        b->model = xstrdup(model);
        LIST_INSERT_HEAD(&bs->all, b, link);
    }
    if (b->n == b->cap)
        make_room(b);
    size_t i = before(b, wall_ms + 1); // at the end, but for a clock set back
    memmove(b->at + i + 1, b->at + i, (b->n - i) * sizeof *b->at);
    b->at[i] = wall_ms;
    b->n++;
}

void boughts_take_back(struct boughts *bs, const char *api, const char *model,
                       int64_t wall_ms)
{
    struct bought *b = find(bs, api, model);
    size_t i = b ? before(b, wall_ms) : 0;
    if (!b || i == b->n || b->at[i] != wall_ms)
        return;
    b->n--;
    memmove(b->at + i, b->at + i + 1, (b->n - i) * sizeof *b->at);
}

int64_t boughts_since(const struct boughts *bs, const char *api,
                      const char *model, int64_t wall_ms)
{
    const struct bought *b = find(bs, api, model);
    return b ? (int64_t)(b->n - before(b, wall_ms)) : 0;
}
