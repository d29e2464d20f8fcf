#include "ledger/follow.h"

#include <stdio.h>

#include "ledger/internal.h"

// One row with one number or text.
static bool read_one(struct db_stmt *s, bool *found, struct err *err)
{
    enum db_step step = db_step(s, err);
    *found = step == DB_ROW;
    return step != DB_FAILED;
}

bool ledger_version(struct ledger *l, int64_t *version, struct err *err)
{
    bool found;
    struct db_stmt *s = db_stmt(l->db, "PRAGMA data_version");
    bool ok = read_one(s, &found, err);
    *version = ok && found ? db_int(s, "data_version") : 0;
    db_reset(s);
    return ok;
}

bool ledger_each_stage(struct ledger *l, const char *run,
                       void (*each)(void *arg,
                                    const struct ledger_stage *stage),
                       void *arg, struct err *err)
{
    if (!l->has_cells)
        return true;
    struct db_stmt *s = db_stmt(
        l->db, "SELECT nth, name, state, coalesce(ended_ms, 0) AS ended_ms"
               " FROM cells WHERE run = :run ORDER BY nth");
    db_bind_text(s, ":run", run);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        struct ledger_stage stage = {
            .nth = (uint64_t)db_int(s, "nth"),
            .name = db_text(s, "name"),
            .state = db_text(s, "state"),
            .ended_ms = db_int(s, "ended_ms"),
        };
        each(arg, &stage);
    }
    db_reset(s);
    return step == DB_DONE;
}

bool ledger_newest_run(struct ledger *l, char run[TOKEN_HEX], struct err *err)
{
    bool found;
    struct db_stmt *s =
        db_stmt(l->db, "SELECT id FROM runs ORDER BY rowid DESC LIMIT 1");
    *err = (struct err){.kind = ERR_NONE};
    bool ok = read_one(s, &found, err) && found;
    if (ok)
        snprintf(run, TOKEN_HEX, "%s", db_text(s, "id"));
    db_reset(s);
    return ok;
}
