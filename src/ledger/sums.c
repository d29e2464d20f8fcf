// What was spent and how many are in flight, as the database keeps it by
// itself: see version 8 in schema.c.

#include <stdlib.h>

#include "base/path.h"
#include "ledger/internal.h"
#include "ledger/upkeep.h"

static bool ask(struct db_stmt *s, int64_t *n, struct err *err)
{
    *n = 0;
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *n = db_int(s, "n");
    db_reset(s);
    return step != DB_FAILED;
}

bool sums_spent(struct db *db, const char *what, const char *name,
                int64_t *thousandths, struct err *err)
{
    struct db_stmt *s = db_stmt(db, "SELECT max(price, 0) AS n FROM spent"
                                    " WHERE what = :what AND name = :name");
    db_bind_text(s, ":what", what);
    db_bind_text(s, ":name", name);
    return ask(s, thousandths, err);
}

bool sums_in_flight(struct db *db, const char *gateway, const char *except,
                    int64_t *n, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "SELECT coalesce(sum(n), 0) AS n FROM in_flight"
                    " WHERE gateway = :gateway AND owner <> :except");
    db_bind_text(s, ":gateway", gateway);
    db_bind_text(s, ":except", except ? except : "");
    return ask(s, n, err);
}

// An old ledger, opened for reading only, keeps no sums.
static bool spent(struct ledger *l, const char *what, const char *name,
                  int64_t *thousandths, struct err *err)
{
    if (l->has_sums)
        return sums_spent(l->db, what, name, thousandths, err);
    struct db_stmt *s = db_stmt(l->db, "SELECT price AS n FROM (" LEDGER_SPENT
                                       ") WHERE what = :what AND name = :name");
    db_bind_text(s, ":what", what);
    db_bind_text(s, ":name", name);
    return ask(s, thousandths, err);
}

bool ledger_spent(struct ledger *l, const char *recipe, int64_t *thousandths,
                  struct err *err)
{
    return spent(l, "recipe", recipe, thousandths, err);
}

bool ledger_spent_at(struct ledger *l, const char *gateway,
                     int64_t *thousandths, struct err *err)
{
    return spent(l, "gateway", gateway, thousandths, err);
}

bool ledger_count_open(struct ledger *l, const char *gateway,
                       const char *except, int64_t *n, struct err *err)
{
    return sums_in_flight(l->db, gateway, except, n, err);
}

// Rows of one that the other has not.
#define DIFFERENCE(one, other)                                                 \
    "(SELECT count(*) FROM (SELECT * FROM (" one                               \
    ") EXCEPT SELECT * FROM (" other ")))"
#define DIFFERENCES(one, other)                                                \
    DIFFERENCE(one, other) " + " DIFFERENCE(other, one)
#define KEPT "SELECT what, name, price FROM spent WHERE price <> 0"
#define FLYING "SELECT gateway, owner, n FROM in_flight"

static bool differ(struct db *db, bool *differ, struct err *err)
{
    int64_t n;
    struct db_stmt *s =
        db_stmt(db, "SELECT " DIFFERENCES(KEPT, LEDGER_SPENT) " + " DIFFERENCES(
                        FLYING, LEDGER_IN_FLIGHT) " AS n");
    bool ok = ask(s, &n, err);
    *differ = n != 0;
    return ok;
}

bool sums_check(struct db *db, struct err *err)
{
    bool wrong;
    if (!differ(db, &wrong, err))
        return false;
    return !wrong ||
           err_set(err, ERR_DISK,
                   "what the ledger says was spent is not the sum of its "
                   "purchases; sum it anew with: tarmac verify --fix");
}

static bool sum_anew(struct db *db, struct err *err)
{
    static const char *const steps[] = {
        "DELETE FROM spent",
        "INSERT INTO spent " LEDGER_SPENT,
        "DELETE FROM in_flight",
        "INSERT INTO in_flight " LEDGER_IN_FLIGHT,
    };
    bool ok = true;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && ok; i++)
        ok = db_run(db_stmt(db, steps[i]), err);
    return ok;
}

bool ledger_mend_sums(const char *state_dir, bool *mended, struct err *err)
{
    *mended = false;
    char *path = path_join(state_dir, LEDGER_FILE);
    struct db *db = db_open(path, LEDGER_APPLICATION_ID, ledger_migrations,
                            ledger_n_migrations, err);
    free(path);
    if (!db)
        return false;
    bool wrong = false;
    bool ok = db_begin(db, err) && differ(db, &wrong, err) &&
              (!wrong || sum_anew(db, err));
    ok = ok && db_commit(db, err);
    if (!ok)
        db_rollback(db);
    *mended = ok && wrong;
    db_close(db);
    return ok;
}
