// What a ledger knows of the world around its purchases: runs and gateways.

#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"

struct run_write {
    struct write w;
    const char *run, *recipe, *argv;
    int exit_code;
    int64_t now_ms;
};

static bool run_begin(struct db *db, void *arg, struct err *err)
{
    struct run_write *job = arg;
    struct db_stmt *s =
        db_stmt(db, "INSERT INTO runs(id, recipe, argv, started_ms, version)"
                    " VALUES(:id, :recipe, :argv, :now, '" TARMAC_VERSION "')");
    db_bind_text(s, ":id", job->run);
    db_bind_text(s, ":recipe", job->recipe);
    db_bind_text(s, ":argv", job->argv);
    db_bind_int(s, ":now", job->now_ms);
    return db_run(s, err);
}

void ledger_run_begin(struct ledger *l, const char *run, const char *recipe,
                      const char *argv_json, int64_t now_ms, ledger_done *done,
                      void *arg)
{
    struct run_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->run = write_keep(&job->w, run);
    job->recipe = write_keep(&job->w, recipe);
    job->argv = write_keep(&job->w, argv_json);
    job->now_ms = now_ms;
    write_queue(l, DB_NOW, run_begin, &job->w);
}

static bool run_end(struct db *db, void *arg, struct err *err)
{
    struct run_write *job = arg;
    struct db_stmt *s =
        db_stmt(db, "UPDATE runs SET ended_ms = :now, exit_code = :code"
                    " WHERE id = :id");
    db_bind_text(s, ":id", job->run);
    db_bind_int(s, ":code", job->exit_code);
    db_bind_int(s, ":now", job->now_ms);
    if (!db_run(s, err))
        return false;
    if (db_changes(db) == 0)
        return err_set(err, ERR_DISK, "the ledger does not know run %s",
                       job->run);
    return true;
}

void ledger_run_end(struct ledger *l, const char *run, int exit_code,
                    int64_t now_ms, ledger_done *done, void *arg)
{
    struct run_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->run = write_keep(&job->w, run);
    job->exit_code = exit_code;
    job->now_ms = now_ms;
    write_queue(l, DB_NOW, run_end, &job->w);
}

struct gateway_write {
    struct write w;
    const char *identity, *origin;
    int64_t now_ms;
};

// Nothing was bought there, and nothing may have been.
static bool forget_gateway(struct db *db, const char *identity,
                           const char *origin, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "DELETE FROM gateways WHERE identity = :identity"
            " AND origin <> :origin"
            " AND EXISTS (SELECT 1 FROM attempts WHERE gateway = :identity)"
            " AND NOT EXISTS (SELECT 1 FROM attempts"
            "  WHERE gateway = :identity AND state <> 'refused')");
    db_bind_text(s, ":identity", identity);
    db_bind_text(s, ":origin", origin);
    return db_run(s, err);
}

// 1 the same, 0 not known, -1 with `err`.
static int gateway_known(struct db *db, const struct gateway_write *job,
                         struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "SELECT origin FROM gateways WHERE identity = :identity");
    db_bind_text(s, ":identity", job->identity);
    enum db_step step = db_step(s, err);
    int known = step == DB_FAILED ? -1 : step == DB_ROW;
    if (known == 1) {
        const char *origin = db_text(s, "origin");
        if (strcmp(origin, job->origin) != 0) {
            err_set(err, ERR_GATEWAY,
                    "gateway '%s' was %s when it was first used here, and now "
                    "is %s: what was bought there is known by that name. If "
                    "this is another service, give it another name; if the "
                    "same one moved, ask for it under its old address or set "
                    "'identity:' to a new name",
                    job->identity, origin, job->origin);
            known = -1;
        }
    }
    db_reset(s);
    return known;
}

static bool gateway_write(struct db *db, void *arg, struct err *err)
{
    const struct gateway_write *job = arg;
    if (!forget_gateway(db, job->identity, job->origin, err))
        return false;
    int known = gateway_known(db, job, err);
    if (known != 0)
        return known == 1;
    struct db_stmt *s =
        db_stmt(db, "INSERT INTO gateways(identity, origin, first_ms)"
                    " VALUES(:identity, :origin, :now)");
    db_bind_text(s, ":identity", job->identity);
    db_bind_text(s, ":origin", job->origin);
    db_bind_int(s, ":now", job->now_ms);
    return db_run(s, err);
}

void ledger_gateway(struct ledger *l, const char *identity, const char *origin,
                    int64_t now_ms, ledger_done *done, void *arg)
{
    struct gateway_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->identity = write_keep(&job->w, identity);
    job->origin = write_keep(&job->w, origin);
    job->now_ms = now_ms;
    write_queue(l, DB_NOW, gateway_write, &job->w);
}
