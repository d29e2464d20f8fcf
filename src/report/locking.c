#include "report/locking.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define HASH_SHOWN 12

char *locking_dialect(const struct gateway *gateway)
{
    const struct dialect *dialect = gateway->dialect;
    return xasprintf("%s %s", dialect->name,
                     dialect->version ? dialect->version : "");
}

// --- what a cell is made of

// How it ended for good, as the ledger has it; NULL: it may yet come to be.
static const char *failed_as(const struct purchase *p)
{
    enum attempt_state state = purchase_state(p);
    bool ended = state == ATTEMPT_FAILED || state == ATTEMPT_CANCELLED ||
                 state == ATTEMPT_FORGOTTEN || state == ATTEMPT_REFUSED;
    return ended ? purchase_failure_kind(p) : NULL;
}

// One file of a purchase: as every output that it is, or as none.
static void add_clip(struct lock *lock, const struct cell_report *report,
                     struct lock_entry *entry, const struct purchase *p,
                     size_t clip)
{
    bool placed = false;
    entry->file = (int)clip + 1;
    entry->sha256 = purchase_clip(p, clip)->sha256;
    for (size_t i = 0; i < report->n; i++) {
        const struct cell_output *output = &report->outputs[i];
        if (output->purchase != p || output->clip != clip)
            continue;
        entry->output = output->suffix;
        lock_add(lock, entry);
        placed = true;
    }
    entry->output = NULL;
    if (!placed)
        lock_add(lock, entry);
}

static bool add_purchase(struct lock *lock, const struct cell_report *report,
                         const struct purchase *p, struct err *err)
{
    char *dialect = locking_dialect(purchase_gateway(p));
    struct lock_entry entry = {
        .gateway = purchase_gateway(p)->identity,
        .dialect = dialect,
        .fingerprint = purchase_fingerprint(p),
        .task_id = purchase_task_id(p),
        .failed = failed_as(p),
        .file = 1,
    };
    bool delivered = purchase_state(p) == ATTEMPT_DELIVERED;
    bool ok = delivered || entry.failed || entry.task_id;
    for (size_t i = 0; delivered && i < purchase_clips(p); i++)
        add_clip(lock, report, &entry, p, i);
    if (ok && !delivered)
        lock_add(lock, &entry);
    free(dialect);
    if (entry.task_id && !lock_takes(entry.task_id))
        return err_set(err, ERR_NONE, "%s has a task_id that no file can hold",
                       report->name);
    return ok || err_set(err, ERR_NONE,
                         "%s asked for a purchase that was not made (%s)",
                         report->name,
                         purchase_failure_kind(p) ? purchase_failure_kind(p)
                                                  : "not yet");
}

bool locking_add(struct lock *lock, const struct cell_report *report,
                 struct err *err)
{
    bool ok = true;
    lock_add_cell(lock, report->name);
    for (size_t i = 0; ok && i < report->n_purchases; i++)
        ok = add_purchase(lock, report, report->purchases[i], err);
    return ok;
}

// --- held against a lock
static const char *output_name(const struct lock_entry *e)
{
    return e->output && *e->output ? e->output : "its output";
}

static bool is_same_file(const struct lock_entry *a, const struct lock_entry *b)
{
    bool same_output = a->output && b->output
                           ? strcmp(a->output, b->output) == 0
                           : !a->output && !b->output &&
                                 strcmp(a->fingerprint, b->fingerprint) == 0;
    return same_output && a->file == b->file;
}

static const struct lock_entry *find_file(const struct lock *lock, size_t cell,
                                          const struct lock_entry *like)
{
    for (size_t i = 0; i < lock_entries(lock, cell); i++) {
        const struct lock_entry *e = lock_entry_at(lock, cell, i);
        if (is_same_file(e, like))
            return e;
    }
    return NULL;
}

static bool same_bytes(const struct lock_entry *is,
                       const struct lock_entry *locked, const char *file,
                       struct err *err)
{
    if (!is->sha256 || !locked->sha256 ||
        strcmp(is->sha256, locked->sha256) == 0)
        return true;
    return err_set(err, ERR_NONE,
                   "the clip of task %s is another one than %s says (sha256 "
                   "%.*s…, not %.*s…); it is kept, no output was placed, "
                   "nothing was spent; tarmac show %s tells where it is",
                   is->task_id, file, HASH_SHOWN, is->sha256, HASH_SHOWN,
                   locked->sha256, is->task_id);
}

// What the cell has, of the lock.
static bool same_entry(const struct lock_entry *is, const struct lock *lock,
                       size_t cell, const char *file, struct err *err)
{
    const struct lock_entry *locked = find_file(lock, cell, is);
    if (locked && strcmp(is->fingerprint, locked->fingerprint) != 0)
        return err_set(err, ERR_NONE,
                       "%s is made of another purchase than %s says (%.*s…, "
                       "not %.*s…); nothing was spent",
                       output_name(is), file, HASH_SHOWN, is->fingerprint,
                       HASH_SHOWN, locked->fingerprint);
    if (locked)
        return same_bytes(is, locked, file, err);
    return !is->output ||
           err_set(err, ERR_NONE,
                   "%s is not in %s; nothing was spent; --lock locks it",
                   output_name(is), file);
}

// What the lock has, of the cell.
static bool all_there(const struct lock *lock, size_t cell,
                      const struct lock *is, const char *file, struct err *err)
{
    for (size_t i = 0; i < lock_entries(lock, cell); i++) {
        const struct lock_entry *e = lock_entry_at(lock, cell, i);
        if (e->output && !find_file(is, 0, e))
            return err_set(err, ERR_NONE,
                           "%s has %s, which the script returns no more; "
                           "nothing was spent; --lock locks what it returns",
                           file, output_name(e));
    }
    return true;
}

static bool compare(const struct lock *lock, size_t cell, const struct lock *is,
                    const char *file, struct err *err)
{
    bool same = true;
    for (size_t i = 0; same && i < lock_entries(is, 0); i++)
        same = same_entry(lock_entry_at(is, 0, i), lock, cell, file, err);
    return same && all_there(lock, cell, is, file, err);
}

// A script that goes on without what is not in the lock has not delivered it.
static bool none_refused(const struct cell_report *report, struct err *err)
{
    for (size_t i = 0; i < report->n_purchases; i++) {
        const struct purchase *p = report->purchases[i];
        const char *kind = purchase_failure_kind(p);
        if (kind && strcmp(kind, "locked") == 0)
            return err_set(err, ERR_NONE, "%s", purchase_failure(p));
    }
    return true;
}

bool locking_same(const struct lock *lock, const char *file,
                  const struct cell_report *report, struct err *err)
{
    size_t cell;
    if (!none_refused(report, err))
        return false;
    if (!lock_find_cell(lock, report->name, &cell))
        return err_set(err, ERR_NONE,
                       "this cell is not in %s; nothing was spent; run with "
                       "--lock to lock it",
                       file);
    struct lock *is = lock_new("", NULL);
    lock_add_cell(is, report->name);
    for (size_t i = 0; i < report->n_purchases; i++)
        add_purchase(is, report, report->purchases[i], NULL);
    bool same = compare(lock, cell, is, file, err);
    lock_free(is);
    return same;
}
