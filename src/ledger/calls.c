// What cells asked for, and what they were told: by it a later run finds out
// whether a script does the same when it is given the same.

#include <stdio.h>

#include "base/mem.h"
#include "ledger/internal.h"

bool ledger_find_call(struct ledger *l, const struct ledger_call *call,
                      struct call_row *row, bool *found, struct err *err)
{
    *row = (struct call_row){0};
    *found = false;
    if (!l->has_calls)
        return true;
    struct db_stmt *s = db_stmt(
        l->db, "SELECT asked, inputs, fingerprint FROM calls"
               " WHERE context = :context AND cell = :cell AND path = :path");
    db_bind_text(s, ":context", call->context);
    db_bind_text(s, ":cell", call->cell);
    db_bind_text(s, ":path", call->path);
    enum db_step step = db_step(s, err);
    *found = step == DB_ROW;
    if (*found) {
        snprintf(row->asked, HASH_HEX, "%s", db_text(s, "asked"));
        snprintf(row->inputs, HASH_HEX, "%s", db_text(s, "inputs"));
        snprintf(row->fingerprint, HASH_HEX, "%s", db_text(s, "fingerprint"));
    }
    db_reset(s);
    return step != DB_FAILED;
}

struct call_write {
    struct write w;
    struct ledger_call call;
    struct call_row row;
};

static bool call_write(struct db *db, void *arg, struct err *err)
{
    const struct call_write *job = arg;
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO calls(context, cell, path, asked, inputs, fingerprint)"
            " VALUES(:context, :cell, :path, :asked, :inputs, :fingerprint)"
            " ON CONFLICT(context, cell, path) DO UPDATE SET"
            "  asked = excluded.asked, inputs = excluded.inputs,"
            "  fingerprint = excluded.fingerprint");
    db_bind_text(s, ":context", job->call.context);
    db_bind_text(s, ":cell", job->call.cell);
    db_bind_text(s, ":path", job->call.path);
    db_bind_text(s, ":asked", job->row.asked);
    db_bind_text(s, ":inputs", job->row.inputs);
    db_bind_text(s, ":fingerprint", job->row.fingerprint);
    return db_run(s, err);
}

void ledger_set_call(struct ledger *l, const struct ledger_call *call,
                     const struct call_row *row, ledger_done *done, void *arg)
{
    struct call_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->call.context = write_keep(&job->w, call->context);
    job->call.cell = write_keep(&job->w, call->cell);
    job->call.path = write_keep(&job->w, call->path);
    job->row = *row;
    write_queue(l, DB_LATER, call_write, &job->w);
}

bool ledger_find_outcome(struct ledger *l, const char *context,
                         const char *cell, const char *fingerprint,
                         char **outcome, struct err *err)
{
    *outcome = NULL;
    if (!l->has_calls)
        return true;
    struct db_stmt *s =
        db_stmt(l->db, "SELECT outcome FROM outcomes WHERE context = :context"
                       " AND cell = :cell AND fingerprint = :fingerprint");
    db_bind_text(s, ":context", context);
    db_bind_text(s, ":cell", cell);
    db_bind_text(s, ":fingerprint", fingerprint);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *outcome = xstrdup(db_text(s, "outcome"));
    db_reset(s);
    return step != DB_FAILED;
}

struct outcome_write {
    struct write w;
    const char *context, *cell, *fingerprint, *outcome;
};

static bool outcome_write(struct db *db, void *arg, struct err *err)
{
    const struct outcome_write *job = arg;
    struct db_stmt *s =
        db_stmt(db, "INSERT INTO outcomes(context, cell, fingerprint, outcome)"
                    " VALUES(:context, :cell, :fingerprint, :outcome)"
                    " ON CONFLICT(context, cell, fingerprint) DO UPDATE SET"
                    "  outcome = excluded.outcome");
    db_bind_text(s, ":context", job->context);
    db_bind_text(s, ":cell", job->cell);
    db_bind_text(s, ":fingerprint", job->fingerprint);
    db_bind_text(s, ":outcome", job->outcome);
    return db_run(s, err);
}

void ledger_set_outcome(struct ledger *l, const char *context, const char *cell,
                        const char *fingerprint, const char *outcome,
                        ledger_done *done, void *arg)
{
    struct outcome_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->context = write_keep(&job->w, context);
    job->cell = write_keep(&job->w, cell);
    job->fingerprint = write_keep(&job->w, fingerprint);
    job->outcome = write_keep(&job->w, outcome);
    write_queue(l, DB_LATER, outcome_write, &job->w);
}
