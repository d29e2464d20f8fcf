#include <stdlib.h>

#include "base/mem.h"
#include "ledger/internal.h"

const char *write_keep(struct write *w, const char *s)
{
    return w->kept[w->n_kept++] = xstrdup(s);
}

void write_free(struct write *w)
{
    for (size_t i = 0; i < w->n_kept; i++)
        free(w->kept[i]);
    free(w);
}

static void on_done(void *arg, const struct err *err)
{
    struct write *w = arg;
    if (w->done)
        w->done(w->arg, err);
    write_free(w);
}

void write_queue(struct ledger *l, enum db_when when,
                 bool (*job)(struct db *db, void *arg, struct err *err),
                 struct write *w)
{
    db_write_when(l->writer, when, job, on_done, w);
}
