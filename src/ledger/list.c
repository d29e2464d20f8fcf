#include "ledger/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"
#include "ledger/rows.h"

#define LAST_OF_ALL "\xf4\x8f\xbf\xbf" // the last character there is

// --- totals

static void count(struct ledger_totals *totals, enum attempt_state state,
                  struct db_stmt *s)
{
    int64_t price = db_int(s, "price");
    totals->purchases[state] += db_int(s, "n");
    totals->unpriced += db_int(s, "unpriced");
    if (state == ATTEMPT_UNKNOWN)
        totals->unknown += price;
    else if (attempt_state_is_open(state))
        totals->reserved += price;
    else
        totals->spent += price;
}

// Money is counted by attempt, purchases by their newest one. Grouped as the
// index attempts_spent is sorted, so that nothing is sorted here; CROSS JOIN
// keeps the order: attempts that are not the first are few.
bool ledger_totals(struct ledger *l, const char *recipe,
                   struct ledger_totals *totals, struct err *err)
{
    *totals = (struct ledger_totals){0};
    struct db_stmt *s = db_stmt(
        l->db,
        "SELECT recipe, state, count(*) AS n,"
        " sum(CASE WHEN " LEDGER_COSTS " THEN coalesce(price, 0) ELSE 0 END)"
        "  AS price,"
        " sum(price IS NULL AND " LEDGER_COSTS ") AS unpriced"
        " FROM attempts INDEXED BY attempts_spent"
        " WHERE :recipe IS NULL OR recipe = :recipe GROUP BY recipe, state"
        " UNION ALL "
        "SELECT old.recipe, old.state, -count(*), 0, 0"
        " FROM attempts new CROSS JOIN attempts old"
        "  ON old.purchase = new.purchase AND old.n = new.n - 1"
        " WHERE new.n > 1 AND (:recipe IS NULL OR old.recipe = :recipe)"
        " GROUP BY old.recipe, old.state");
    db_bind_text(s, ":recipe", recipe);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        enum attempt_state state;
        if (attempt_state_read(db_text(s, "state"), &state))
            count(totals, state, s);
    }
    db_reset(s);
    return step == DB_DONE;
}

// --- runs

bool ledger_list_runs(struct ledger *l, const char *recipe, int64_t max,
                      ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, "SELECT id AS run, recipe, argv, started_ms, ended_ms,"
                       " exit_code AS exit FROM runs"
                       " WHERE :recipe IS NULL OR recipe = :recipe"
                       " ORDER BY rowid DESC LIMIT :max");
    db_bind_text(s, ":recipe", recipe);
    db_bind_int(s, ":max", max);
    return rows_each(s, row_run, row, arg, err);
}

bool ledger_match_run(struct ledger *l, const char *word, int64_t max,
                      ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, "SELECT id AS run, recipe, argv, started_ms, ended_ms,"
                       " exit_code AS exit FROM runs"
                       " WHERE id >= :from AND id <= :to"
                       " ORDER BY rowid DESC LIMIT :max");
    char *to = xasprintf("%s" LAST_OF_ALL, word);
    db_bind_text(s, ":from", word);
    db_bind_text(s, ":to", to);
    db_bind_int(s, ":max", max);
    free(to);
    return rows_each(s, row_run, row, arg, err);
}

#define MADE                                                                   \
    " AS cell, p.gateway AS gateway, p.fingerprint AS fingerprint,"            \
    " a.task_id AS task_id, c.n AS file, c.sha256 AS sha256"

static void take_made(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "cell");
    row_text(s, map, "gateway");
    row_text(s, map, "fingerprint");
    row_text(s, map, "task_id");
    row_int(s, map, "file");
    row_text(s, map, "sha256");
}

bool ledger_list_made(struct ledger *l, const char *run, ledger_row *row,
                      void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, "SELECT p.cell" MADE " FROM attempts a"
               " JOIN purchases p ON p.id = a.purchase JOIN clips c ON "
               "c.attempt = a.id"
               " WHERE a.owner = :run AND p.cell IS NOT NULL"
               " UNION SELECT o.cell" MADE " FROM outputs o JOIN clips c"
               "  ON c.id = o.clip JOIN attempts a ON a.id = c.attempt"
               " JOIN purchases p ON p.id = a.purchase"
               " WHERE o.run = :run AND o.cell IS NOT NULL"
               " ORDER BY 1, 3, 5");
    db_bind_text(s, ":run", run);
    return rows_each(s, take_made, row, arg, err);
}

// --- attempts

#define ATTEMPT                                                                \
    "SELECT p.fingerprint AS fingerprint, a.recipe AS recipe, p.cell AS cell," \
    " a.gateway AS gateway, a.state AS state, a.n AS attempt, p.take AS take," \
    " a.task_id AS task_id, a.price AS price, a.kind AS kind,"                 \
    " a.reason AS reason, a.owner AS run, r.argv AS argv,"                     \
    " a.created_ms AS created_ms, a.sent_ms AS sent_ms,"                       \
    " a.accepted_ms AS accepted_ms, a.ended_ms AS ended_ms"                    \
    " FROM attempts a JOIN purchases p ON p.id = a.purchase"                   \
    " LEFT JOIN runs r ON r.id = a.owner WHERE a.id IN "

// What every attempt tells, whoever asks.
static void take_course(struct db_stmt *s, struct value *map)
{
    static const char *const times[] = {"created_ms", "sent_ms", "accepted_ms",
                                        "ended_ms"};
    row_int(s, map, "attempt");
    row_text(s, map, "state");
    row_text(s, map, "task_id");
    row_credits(s, map);
    row_text(s, map, "kind");
    row_text(s, map, "reason");
    row_text(s, map, "run");
    row_json(s, map, "argv");
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
        row_int(s, map, times[i]);
}

static void take_attempt(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "cell");
    row_text(s, map, "recipe");
    row_text(s, map, "gateway");
    take_course(s, map);
    row_int(s, map, "take");
    row_text(s, map, "fingerprint");
}

// The ids come from an index alone, so that only the rows that are wanted are
// read: each may hold a long answer.
bool ledger_list_open(struct ledger *l, const char *recipe, int64_t max,
                      ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, ATTEMPT "(SELECT id FROM attempts INDEXED BY attempts_open"
                       "  WHERE ended_ms IS NULL AND state <> 'unknown'"
                       "  AND (:recipe IS NULL OR recipe = :recipe)"
                       "  ORDER BY id LIMIT :max) ORDER BY a.id");
    db_bind_text(s, ":recipe", recipe);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_attempt, row, arg, err);
}

bool ledger_list_troubles(struct ledger *l, const char *recipe, int64_t max,
                          ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, ATTEMPT
        "(SELECT b.id FROM attempts b INDEXED BY attempts_spent"
        "  WHERE b.state IN ('unknown', 'refused', 'failed', 'forgotten')"
        "  AND (:recipe IS NULL OR b.recipe = :recipe)"
        "  AND NOT EXISTS (SELECT 1 FROM attempts newer"
        "   WHERE newer.purchase = b.purchase AND newer.n > b.n)"
        "  ORDER BY b.state = 'unknown' DESC, b.id DESC LIMIT :max)"
        " ORDER BY a.state = 'unknown' DESC, a.id DESC");
    db_bind_text(s, ":recipe", recipe);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_attempt, row, arg, err);
}

static void take_recipe(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "recipe");
}

bool ledger_list_recipes(struct ledger *l, ledger_row *row, void *arg,
                         struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, "SELECT recipe FROM runs UNION"
                                       " SELECT recipe FROM attempts");
    return rows_each(s, take_recipe, row, arg, err);
}

// --- one purchase

#define MATCH                                                                  \
    "SELECT p.id AS purchase, p.fingerprint AS fingerprint,"                   \
    " p.recipe AS recipe, p.cell AS cell, p.gateway AS gateway,"               \
    " p.route AS route, p.take AS take, a.state AS state,"                     \
    " a.task_id AS task_id FROM purchases p LEFT JOIN attempts a ON a.id ="    \
    "  (SELECT id FROM attempts WHERE purchase = p.id ORDER BY n DESC LIMIT "  \
    "1)"

static void take_match(struct db_stmt *s, struct value *map)
{
    row_int(s, map, "purchase");
    row_text(s, map, "cell");
    row_text(s, map, "recipe");
    row_text(s, map, "gateway");
    row_text(s, map, "route");
    row_int(s, map, "take");
    row_text(s, map, "state");
    row_text(s, map, "task_id");
    row_text(s, map, "fingerprint");
}

bool ledger_match(struct ledger *l, const char *word, bool prefix, int64_t max,
                  ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, MATCH
        " WHERE p.id IN ("
        "SELECT id FROM purchases"
        " WHERE fingerprint >= :from AND fingerprint <= :to"
        " UNION SELECT purchase FROM attempts"
        " WHERE gateway IN (SELECT identity FROM gateways)"
        "  AND task_id >= :from AND task_id <= :to"
        " UNION SELECT a.purchase FROM clips c JOIN attempts a"
        "  ON a.id = c.attempt WHERE c.sha256 >= :from AND c.sha256 <= :to"
        " UNION SELECT a.purchase FROM outputs o JOIN clips c ON c.id = o.clip"
        "  JOIN attempts a ON a.id = c.attempt"
        "  WHERE o.sha256 >= :from AND o.sha256 <= :to)"
        " ORDER BY p.id LIMIT :max");
    // Behind every text that begins with `word`.
    char *to = xasprintf("%s%s", word, prefix ? LAST_OF_ALL : "");
    db_bind_text(s, ":from", word);
    db_bind_text(s, ":to", to);
    db_bind_int(s, ":max", max);
    free(to);
    return rows_each(s, take_match, row, arg, err);
}

bool ledger_match_output(struct ledger *l, const char *path, ledger_row *row,
                         void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, MATCH " JOIN attempts b ON b.purchase = p.id"
                     " JOIN clips c ON c.attempt = b.id"
                     " JOIN outputs o ON o.clip = c.id WHERE o.path = :path");
    db_bind_text(s, ":path", path);
    return rows_each(s, take_match, row, arg, err);
}

bool ledger_list_unknown(struct ledger *l, ledger_row *row, void *arg,
                         struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, MATCH " WHERE p.id IN (SELECT purchase FROM attempts"
                             "  INDEXED BY attempts_open WHERE ended_ms IS NULL"
                             "  AND state IN ('unknown', 'submitting'))"
                             " ORDER BY a.id");
    return rows_each(s, take_match, row, arg, err);
}

// A tree as it grows, and where its next row belongs.
struct description {
    struct value *tree, *attempts, *clips, *outputs;
    int64_t attempt, clip; // ids
};

static void add_attempt(struct db_stmt *s, struct description *d)
{
    struct value *attempt = value_map();
    value_add(d->attempts, attempt);
    take_course(s, attempt);
    row_json(s, attempt, "urls");
    row_text(s, attempt, "last_frame");
    row_json(s, attempt, "wire");
    d->clips = value_set(attempt, "clips", value_list());
    d->attempt = db_int(s, "a_id");
}

static void add_clip(struct db_stmt *s, struct description *d)
{
    struct value *clip = value_map();
    value_add(d->clips, clip);
    row_int(s, clip, "n");
    row_text(s, clip, "sha256");
    row_text(s, clip, "ext");
    row_int(s, clip, "bytes");
    value_set(clip, "seconds", value_real(strtod(db_text(s, "seconds"), NULL)));
    row_int(s, clip, "width");
    row_int(s, clip, "height");
    row_int(s, clip, "delivered_ms");
    d->outputs = value_set(clip, "outputs", value_list());
    d->clip = db_int(s, "c_id");
}

static void begin(struct db_stmt *s, struct description *d)
{
    d->tree = value_map();
    row_text(s, d->tree, "fingerprint");
    row_text(s, d->tree, "recipe");
    row_text(s, d->tree, "cell");
    row_text(s, d->tree, "gateway");
    row_text(s, d->tree, "route");
    row_int(s, d->tree, "take");
    row_json(s, d->tree, "request");
    row_int(s, d->tree, "asked_ms");
    d->attempts = value_set(d->tree, "attempts", value_list());
}

static void add_row(struct db_stmt *s, struct description *d)
{
    if (!d->tree)
        begin(s, d);
    if (db_int(s, "a_id") != d->attempt)
        add_attempt(s, d);
    if (db_int(s, "c_id") != d->clip && !db_is_null(s, "c_id"))
        add_clip(s, d);
    if (!db_is_null(s, "path"))
        value_add(d->outputs, value_str(db_text(s, "path")));
}

// One statement, and so of one moment: a row for each output of each clip of
// each attempt, in that order.
static const char described[] =
    "SELECT p.fingerprint AS fingerprint, p.recipe AS recipe, p.cell AS cell,"
    " p.gateway AS gateway, p.route AS route, p.take AS take,"
    " p.request AS request, p.created_ms AS asked_ms,"
    " a.id AS a_id, a.n AS attempt, a.state AS state, a.task_id AS task_id,"
    " a.price AS price, a.kind AS kind, a.reason AS reason, a.owner AS run,"
    " r.argv AS argv, a.created_ms AS created_ms, a.sent_ms AS sent_ms,"
    " a.accepted_ms AS accepted_ms, a.ended_ms AS ended_ms, a.urls AS urls,"
    " a.last_frame AS last_frame, a.wire AS wire, c.id AS c_id, c.n AS n,"
    " c.sha256 AS sha256, c.ext AS ext, c.size AS bytes,"
    " c.seconds AS seconds, c.width AS width, c.height AS height,"
    " c.delivered_ms AS delivered_ms, o.path AS path"
    " FROM purchases p LEFT JOIN attempts a ON a.purchase = p.id"
    " LEFT JOIN runs r ON r.id = a.owner"
    " LEFT JOIN clips c ON c.attempt = a.id"
    " LEFT JOIN outputs o ON o.clip = c.id"
    " WHERE p.id = :id ORDER BY a.n, c.n, o.path";

struct value *ledger_describe(struct ledger *l, int64_t id, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, described);
    db_bind_int(s, ":id", id);
    struct description d = {0};
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        add_row(s, &d);
    db_reset(s);
    if (step == DB_DONE && d.tree)
        return d.tree;
    value_free(d.tree);
    if (step == DB_DONE)
        err_set(err, ERR_DISK, "the ledger has no purchase %lld",
                (long long)id);
    return NULL;
}

bool ledger_check(struct ledger *l, int64_t *version, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, "PRAGMA user_version");
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *version = db_int(s, "user_version");
    db_reset(s);
    if (step != DB_ROW)
        return false;
    s = db_stmt(l->db, "PRAGMA quick_check(1)");
    step = db_step(s, err);
    const char *said = step == DB_ROW ? db_text(s, "quick_check") : NULL;
    bool sound = said && strcmp(said, "ok") == 0;
    if (!sound && step != DB_FAILED)
        err_set(err, ERR_DISK, "the ledger is damaged (%s)",
                said ? said : "unreadable");
    db_reset(s);
    return sound && (!l->has_sums || sums_check(l->db, err));
}
