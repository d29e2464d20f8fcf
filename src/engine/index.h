// Names to pointers: a hash table that does not shrink. Keys are copied,
// unless they are lent.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct index_slot {
    char *key;
    void *item;
};

// All zero is empty.
struct index {
    struct index_slot *slots;
    size_t n, cap; // cap: a power of two, or 0
    bool lent;     // keys are borrowed from the items, as long as they are in
};

void *index_get(const struct index *index, const char *key);      // or NULL
void index_set(struct index *index, const char *key, void *item); // replaces
void index_remove(struct index *index, const char *key); // fine without
// The same, unless another item has the key by now.
void index_lose(struct index *index, const char *key, const void *item);
void index_free(struct index *index);
// With the items, that free() takes.
void index_free_items(struct index *index);
