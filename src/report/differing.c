#include "report/differing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/changes.h"

#define HOW_MAX 8192 // bytes
#define ID_SHOWN 12

struct sides {
    const struct differing *differing;
    const struct lock *a, *b;
    size_t at_a, at_b; // cells
    struct buf how;
};

// --- one cell
static const struct lock_entry *find(const struct lock *lock, size_t cell,
                                     const char *fingerprint, int file)
{
    for (size_t i = 0; i < lock_entries(lock, cell); i++) {
        const struct lock_entry *e = lock_entry_at(lock, cell, i);
        if (e->file == file && strcmp(e->fingerprint, fingerprint) == 0)
            return e;
    }
    return NULL;
}

// Before what differs of an entry.
static void begin(struct sides *s, const struct lock_entry *e)
{
    if (s->how.len > 0)
        buf_str(&s->how, "; ");
    if (e->output && *e->output)
        buf_printf(&s->how, "%s: ", e->output);
}

static bool same(const char *a, const char *b)
{
    return !a || !b ||
           strcmp(a, b) == 0; // what is not known differs in nothing
}

// The same purchase on both sides.
static void tell_same(struct sides *s, const struct lock_entry *a,
                      const struct lock_entry *b)
{
    bool task = !same(a->task_id, b->task_id);
    bool bytes = !same(a->sha256, b->sha256);
    if (!task && !bytes)
        return;
    begin(s, b);
    if (task)
        buf_printf(&s->how, "task %s → %s%s", a->task_id, b->task_id,
                   bytes ? ", " : "");
    if (bytes)
        buf_printf(&s->how, "sha256 %.*s… → %.*s…", ID_SHOWN, a->sha256,
                   ID_SHOWN, b->sha256);
}

static void tell_requests(struct sides *s, const struct lock_entry *a,
                          const struct lock_entry *b)
{
    const struct differing *d = s->differing;
    struct value *was = d->request ? d->request(d->arg, a->fingerprint) : NULL;
    struct value *is = d->request ? d->request(d->arg, b->fingerprint) : NULL;
    size_t before = s->how.len;
    if (strcmp(a->gateway, b->gateway) != 0)
        buf_printf(&s->how, "gateway %s → %s", a->gateway, b->gateway);
    else if (was && is)
        changes_text(was, is, &s->how);
    if (s->how.len == before)
        buf_printf(&s->how, "purchase %.*s… → %.*s…", ID_SHOWN, a->fingerprint,
                   ID_SHOWN, b->fingerprint);
    value_free(was);
    value_free(is);
}

static void tell_one(struct sides *s, const struct lock_entry *e,
                     const char *what)
{
    begin(s, e);
    buf_printf(&s->how, "purchase %.*s… %s", ID_SHOWN, e->fingerprint, what);
}

// The next entry of `lock` from *i on that `other` has nothing of.
static const struct lock_entry *next_own(const struct lock *lock, size_t cell,
                                         const struct lock *other,
                                         size_t other_cell, size_t *i)
{
    while (*i < lock_entries(lock, cell)) {
        const struct lock_entry *e = lock_entry_at(lock, cell, (*i)++);
        if (!find(other, other_cell, e->fingerprint, e->file))
            return e;
    }
    return NULL;
}

// Purchases that one side has alone, each beside the other's next.
static void tell_changed(struct sides *s)
{
    size_t i = 0, k = 0;
    const struct lock_entry *a, *b;
    do {
        a = next_own(s->a, s->at_a, s->b, s->at_b, &i);
        b = next_own(s->b, s->at_b, s->a, s->at_a, &k);
        if (a && b) {
            begin(s, b);
            tell_requests(s, a, b);
        } else if (a) {
            tell_one(s, a, "removed");
        } else if (b) {
            tell_one(s, b, "added");
        }
    } while (a || b);
}

static bool tell_both(struct sides *s, const char *cell)
{
    const struct differing *d = s->differing;
    buf_clear(&s->how);
    for (size_t i = 0; i < lock_entries(s->a, s->at_a); i++) {
        const struct lock_entry *a = lock_entry_at(s->a, s->at_a, i);
        const struct lock_entry *b =
            find(s->b, s->at_b, a->fingerprint, a->file);
        if (b)
            tell_same(s, a, b);
    }
    tell_changed(s);
    if (s->how.len > 0)
        d->cell(d->arg, cell, true, true, s->how.data);
    return s->how.len > 0;
}

// --- all cells
size_t differing_tell(const struct differing *differing, const struct lock *a,
                      const struct lock *b)
{
    struct sides s = {.differing = differing, .a = a, .b = b};
    size_t n = 0;
    buf_init(&s.how, HOW_MAX);
    while (s.at_a < lock_cells(a) || s.at_b < lock_cells(b)) {
        const char *in_a =
            s.at_a < lock_cells(a) ? lock_cell_name(a, s.at_a) : NULL;
        const char *in_b =
            s.at_b < lock_cells(b) ? lock_cell_name(b, s.at_b) : NULL;
        int order = !in_a ? 1 : !in_b ? -1 : strcmp(in_a, in_b);
        if (order == 0)
            n += tell_both(&s, in_a);
        else
            differing->cell(differing->arg, order < 0 ? in_a : in_b,
                            order<0, order> 0, NULL);
        n += order != 0;
        s.at_a += order <= 0;
        s.at_b += order >= 0;
    }
    buf_free(&s.how);
    return n;
}
