// The cells and entries of a lock, kept in the order of the file.

#include "report/lock.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "report/lock_inside.h"

#define NODES_OF_CELL 2   // as yaml_read() counts: its name, its list
#define NODES_OF_ENTRY 17 // at most: a map of eight members

static int compare_texts(const char *a, const char *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

// Outputs first, by name; then what is no output, by purchase.
static int compare_entries(const struct lock_entry *a,
                           const struct lock_entry *b)
{
    int order = compare_texts(a->output, b->output);
    if (order == 0)
        order = strcmp(a->fingerprint, b->fingerprint);
    if (order == 0)
        order = (a->file > b->file) - (a->file < b->file);
    return order;
}

bool lock_takes(const char *text)
{
    size_t len = strlen(text), n = 0;
    for (size_t at = 0; at < len; at += n) {
        uint32_t c;
        n = text_utf8(text + at, len - at, &c);
        if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

// --- life
struct lock *lock_new(const char *recipe, const struct value *given)
{
    struct lock *lock = xcalloc(1, sizeof(*lock));
    lock->recipe = xstrdup(recipe);
    lock->given = given ? value_copy(given) : value_list();
    return lock;
}

static void entry_free(struct lock_entry *e)
{
    free((char *)e->output);
    free((char *)e->gateway);
    free((char *)e->dialect);
    free((char *)e->fingerprint);
    free((char *)e->task_id);
    free((char *)e->sha256);
    free((char *)e->failed);
    free(e);
}

void lock_free(struct lock *lock)
{
    if (!lock)
        return;
    for (size_t i = 0; i < lock->n; i++) {
        struct lock_cell *cell = lock->cells[i];
        for (size_t k = 0; k < cell->n; k++)
            entry_free(cell->entries[k]);
        free(cell->entries);
        free(cell->name);
        free(cell);
    }
    free(lock->cells);
    free(lock->purchases);
    value_free(lock->given);
    free(lock->recipe);
    free(lock);
}

// --- adding

// `items` with room for one at `i`.
static void *open_at(void *items, size_t n, size_t i)
{
    void **all = xreallocarray(items, n + 1, sizeof(*all));
    memmove(all + i + 1, all + i, (n - i) * sizeof(*all));
    return all;
}

// The first cell that is not before `name`.
static size_t cell_at(const struct lock *lock, const char *name)
{
    size_t from = 0, to = lock->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(lock->cells[middle]->name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

// What more there is than can be read back is only counted.
static bool has_room(struct lock *lock, size_t nodes)
{
    lock->nodes += nodes;
    return lock->nodes <= YAML_NODES_MAX;
}

void lock_add_cell(struct lock *lock, const char *cell)
{
    size_t i = cell_at(lock, cell);
    lock->current = NULL;
    if (!has_room(lock, NODES_OF_CELL))
        return;
    if (i == lock->n || strcmp(lock->cells[i]->name, cell) != 0) {
        lock->cells = open_at(lock->cells, lock->n++, i);
        lock->cells[i] = xcalloc(1, sizeof(*lock->cells[i]));
        lock->cells[i]->name = xstrdup(cell);
    }
    lock->current = lock->cells[i];
}

// The first purchase that is not before `fingerprint`.
static size_t purchase_at(const struct lock *lock, const char *fingerprint)
{
    size_t from = 0, to = lock->n_purchases;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(lock->purchases[middle]->fingerprint, fingerprint) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void note_purchase(struct lock *lock, struct lock_entry *entry)
{
    size_t i = purchase_at(lock, entry->fingerprint);
    if (i < lock->n_purchases &&
        strcmp(lock->purchases[i]->fingerprint, entry->fingerprint) == 0)
        return;
    lock->purchases = open_at(lock->purchases, lock->n_purchases++, i);
    lock->purchases[i] = entry;
}

void lock_add(struct lock *lock, const struct lock_entry *entry)
{
    struct lock_cell *cell = lock->current;
    size_t i = 0;
    if (!has_room(lock, NODES_OF_ENTRY) || !cell)
        return;
    while (i < cell->n && compare_entries(cell->entries[i], entry) < 0)
        i++;
    if (i < cell->n && compare_entries(cell->entries[i], entry) == 0)
        return;
    struct lock_entry *kept = xcalloc(1, sizeof(*kept));
    *kept = (struct lock_entry){
        .output = xstrdup(entry->output),
        .gateway = xstrdup(entry->gateway),
        .dialect = xstrdup(entry->dialect),
        .fingerprint = xstrdup(entry->fingerprint),
        .task_id = xstrdup(entry->task_id),
        .file = entry->file,
        .sha256 = xstrdup(entry->sha256),
        .failed = xstrdup(entry->failed),
    };
    cell->entries = open_at(cell->entries, cell->n++, i);
    cell->entries[i] = kept;
    note_purchase(lock, kept);
}

// --- asking
const char *lock_recipe(const struct lock *lock)
{
    return lock->recipe;
}

const struct value *lock_given(const struct lock *lock)
{
    return lock->given;
}

size_t lock_cells(const struct lock *lock)
{
    return lock->n;
}

const char *lock_cell_name(const struct lock *lock, size_t i)
{
    return lock->cells[i]->name;
}

bool lock_find_cell(const struct lock *lock, const char *name, size_t *i)
{
    *i = cell_at(lock, name);
    return *i < lock->n && strcmp(lock->cells[*i]->name, name) == 0;
}

size_t lock_entries(const struct lock *lock, size_t i)
{
    return lock->cells[i]->n;
}

const struct lock_entry *lock_entry_at(const struct lock *lock, size_t i,
                                       size_t k)
{
    return lock->cells[i]->entries[k];
}

const struct lock_entry *lock_find(const struct lock *lock,
                                   const char *fingerprint)
{
    size_t i = purchase_at(lock, fingerprint);
    bool found = i < lock->n_purchases &&
                 strcmp(lock->purchases[i]->fingerprint, fingerprint) == 0;
    return found ? lock->purchases[i] : NULL;
}
