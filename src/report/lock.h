// A recipe's lock file: which purchase, which task and which bytes each cell is
// made of. Plain YAML, sorted, a line an entry, for reviews and diff. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "data/problem.h"
#include "data/value.h"

#define LOCK_FORMAT 1
#define LOCK_BYTES_MAX ((size_t)4 << 20) // as yaml_read() takes

// One file of one purchase of a cell. Texts may be NULL where that is said, and
// are borrowed.
struct lock_entry {
    const char *output;      // "", or the name it was returned under; NULL: it
                             // is no output
    const char *gateway;     // identity
    const char *dialect;     // name and version
    const char *fingerprint; // hex
    const char *task_id;     // NULL: it had none
    int file;                // from 1, of its purchase
    const char *sha256;      // hex; NULL: no clip came of it, or not yet
    const char *failed;      // of what kind it was; NULL: it was not
};

// Whether a name, or a task_id, may stand in a lock: UTF-8, and nothing that
// steers a terminal.
bool lock_takes(const char *text);

struct lock;
// `given`: a list of texts, what the run was given; copied.
struct lock *lock_new(const char *recipe, const struct value *given);
void lock_free(struct lock *lock);

// A cell, once; then its entries. What is there already is not added again.
void lock_add_cell(struct lock *lock, const char *cell);
void lock_add(struct lock *lock, const struct lock_entry *entry);

// The file: the same for the same content, whatever order it was added in.
// False with `err` (ERR_DISK) when it would be larger than lock_read() takes.
bool lock_write(const struct lock *lock, struct buf *out, struct err *err);

// NULL after adding to `problems`: with the place of what is no lock, is of a
// newer format, or says something twice.
struct lock *lock_read(const char *text, size_t len, struct problems *problems);

const char *lock_recipe(const struct lock *lock);
const struct value *lock_given(const struct lock *lock); // a list

// Cells by the bytes of their names.
size_t lock_cells(const struct lock *lock);
const char *lock_cell_name(const struct lock *lock, size_t i);
// True when there is such a cell: *i.
bool lock_find_cell(const struct lock *lock, const char *name, size_t *i);
// Entries of cell `i`: its outputs first, by their names.
size_t lock_entries(const struct lock *lock, size_t i);
const struct lock_entry *lock_entry_at(const struct lock *lock, size_t i,
                                       size_t k);
// Any entry of this purchase; NULL: it is not in the lock.
const struct lock_entry *lock_find(const struct lock *lock,
                                   const char *fingerprint);
