#include "ui/open.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// One that several cells have asked for stands here once for each.
struct entry {
    char fingerprint[HASH_HEX];
    uint64_t nth;
    enum attempt_state state;
    double progress;
};

struct open_purchases {
    struct entry *entries;
    size_t n, cap;
};

struct open_purchases *open_purchases_new(void)
{
    return xcalloc(1, sizeof(struct open_purchases));
}

void open_purchases_free(struct open_purchases *open)
{
    if (!open)
        return;
    free(open->entries);
    free(open);
}

void open_purchases_forget(struct open_purchases *open)
{
    open->n = 0;
}

// `nth` 0: of any cell.
static struct entry *find(const struct open_purchases *open, uint64_t nth,
                          const char *fingerprint)
{
    for (size_t i = 0; i < open->n; i++) {
        struct entry *entry = &open->entries[i];
        if ((nth == 0 || entry->nth == nth) &&
            strcmp(entry->fingerprint, fingerprint) == 0)
            return entry;
    }
    return NULL;
}

static struct entry *add(struct open_purchases *open, uint64_t nth,
                         const char *fingerprint)
{
    if (open->n == open->cap) {
        open->cap = open->cap ? open->cap * 2 : 16;
        open->entries =
            xreallocarray(open->entries, open->cap, sizeof(*open->entries));
    }
    struct entry *entry = &open->entries[open->n++];
    memcpy(entry->fingerprint, fingerprint, HASH_HEX);
    entry->nth = nth;
    return entry;
}

bool open_purchases_note(struct open_purchases *open, uint64_t nth,
                         const struct purchase *purchase)
{
    const char *fingerprint = purchase_fingerprint(purchase);
    enum attempt_state state = purchase_state(purchase);
    if (!fingerprint)
        return true;
    struct entry *entry = find(open, nth, fingerprint);
    bool moved = !entry || entry->state != state || purchase_settled(purchase);
    if (!entry)
        entry = add(open, nth, fingerprint);
    entry->state = state;
    entry->progress = purchase_progress(purchase);
    if (purchase_settled(purchase))
        *entry = open->entries[--open->n];
    return moved;
}

static struct value *list_of(struct value *map, const char *key)
{
    for (size_t i = 0; i < value_count(map); i++)
        if (strcmp(map->map.members[i].key, key) == 0 &&
            map->map.members[i].value->type == VALUE_LIST)
            return map->map.members[i].value;
    return NULL;
}

void open_purchases_tell(const struct open_purchases *open, struct value *cell)
{
    struct value *list = open->n > 0 ? list_of(cell, "purchases") : NULL;
    for (size_t i = 0; i < value_count(list); i++) {
        struct value *purchase = list->list.items[i];
        const char *fingerprint = value_get_text(purchase, "fingerprint");
        const struct entry *entry =
            fingerprint ? find(open, 0, fingerprint) : NULL;
        if (entry && entry->progress >= 0)
            value_set(purchase, "progress", value_real(entry->progress));
    }
}
