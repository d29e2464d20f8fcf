#include "engine/index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define INDEX_FIRST 16
// How full it may be: three quarters.
#define FULL 3
#define FULL_OF 4

// FNV-1a. The keys are hashes, and ids that services chose for us.
static uint64_t mix(const char *key)
{
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h ^ (h >> 32);
}

static struct index_slot *slot_of(const struct index *index, const char *key)
{
    size_t i = (size_t)mix(key) & (index->cap - 1);
    while (index->slots[i].key && strcmp(index->slots[i].key, key) != 0)
        i = (i + 1) & (index->cap - 1);
    return &index->slots[i];
}

void *index_get(const struct index *index, const char *key)
{
    return index->cap ? slot_of(index, key)->item : NULL;
}

static void grow(struct index *index)
{
    struct index old = *index;
    index->cap = old.cap ? old.cap * 2 : INDEX_FIRST;
    index->slots = xcalloc(index->cap, sizeof(*index->slots));
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].key)
            *slot_of(index, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void index_set(struct index *index, const char *key, void *item)
{
    if (index->n * FULL_OF >= index->cap * FULL)
        grow(index);
    struct index_slot *slot = slot_of(index, key);
    if (!slot->key) {
        slot->key = index->lent ? (char *)key : xstrdup(key);
        index->n++;
    } else if (index->lent) {
        slot->key = (char *)key; // the other may go before
    }
    slot->item = item;
}

// Those behind it that would no longer be found are set anew.
void index_remove(struct index *index, const char *key)
{
    struct index_slot *slot = index->cap ? slot_of(index, key) : NULL;
    if (!slot || !slot->key)
        return;
    if (!index->lent)
        free(slot->key);
    *slot = (struct index_slot){0};
    index->n--;
    size_t i = (size_t)(slot - index->slots);
    while (index->slots[i = (i + 1) & (index->cap - 1)].key) {
        struct index_slot moved = index->slots[i];
        index->slots[i] = (struct index_slot){0};
        *slot_of(index, moved.key) = moved;
    }
}

void index_lose(struct index *index, const char *key, const void *item)
{
    if (index_get(index, key) == item)
        index_remove(index, key);
}

void index_free(struct index *index)
{
    for (size_t i = 0; i < index->cap && !index->lent; i++)
        free(index->slots[i].key);
    free(index->slots);
    *index = (struct index){0};
}

void index_free_items(struct index *index)
{
    for (size_t i = 0; i < index->cap; i++)
        free(index->slots[i].item);
    index_free(index);
}
