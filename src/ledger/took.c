// How long purchases took.

#include <stdio.h>

#include "data/number.h"
#include "ledger/internal.h"

// Of what came last: a service of today is not that of last year. One that a
// later run had to pick up lay about for as long as nobody ran.
#define OF_ITS_KIND                                                            \
    " JOIN purchases p ON p.id = a.purchase"                                   \
    " JOIN runs r ON r.id = a.owner AND r.started_ms <= a.accepted_ms"         \
    " WHERE a.gateway = :gateway AND a.state = 'delivered'"                    \
    " AND a.accepted_ms IS NOT NULL AND p.route = :route"                      \
    " AND CASE WHEN json_valid(p.request)"                                     \
    "  THEN json_extract(p.request, '$.model') END IS :model"                  \
    " AND (:seconds IS NULL OR CASE WHEN json_valid(p.request)"                \
    "  THEN json_extract(p.request, '$.seconds') END"                          \
    "  = CAST(:seconds AS REAL))"                                              \
    " ORDER BY a.id DESC LIMIT :most"

#define TOOK                                                                   \
    "WITH took AS (SELECT a.ended_ms - a.accepted_ms AS ms"                    \
    " FROM attempts a" OF_ITS_KIND ")"                                         \
    " SELECT ms AS ms FROM took ORDER BY ms"                                   \
    " LIMIT 1 OFFSET (SELECT count(*) FROM took) / 2"

// A run waits for this: so it looks at no more than came lately.
#define LATELY 2000
#define TOOK_EACH                                                              \
    "SELECT least AS least, most AS most, ms AS ms FROM"                       \
    " (SELECT a.id AS id, a.took_least_ms AS least, a.took_most_ms AS most,"   \
    "  a.ended_ms - a.accepted_ms AS ms"                                       \
    "  FROM (SELECT * FROM attempts ORDER BY id DESC LIMIT :lately) "          \
    "a" OF_ITS_KIND ") ORDER BY id"

static struct db_stmt *begin(struct ledger *l, const char *sql,
                             const struct ledger_kind *kind)
{
    char seconds[NUMBER_TEXT];
    struct db_stmt *s = db_stmt(l->db, sql);
    db_bind_text(s, ":gateway", kind->gateway);
    db_bind_text(s, ":route", kind->route);
    db_bind_text(s, ":model", kind->model);
    if (kind->seconds >= 0)
        number_text(kind->seconds, seconds);
    db_bind_text(s, ":seconds", kind->seconds >= 0 ? seconds : NULL);
    db_bind_int(s, ":most", LEDGER_TOOK_MAX);
    return s;
}

bool ledger_took(struct ledger *l, const struct ledger_kind *kind, int64_t *ms,
                 struct err *err)
{
    *ms = -1;
    struct db_stmt *s = begin(l, TOOK, kind);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *ms = db_int(s, "ms") > 0 ? db_int(s, "ms") : 0;
    db_reset(s);
    return step != DB_FAILED;
}

// With its download, a task may have taken half of the time, hardly less.
static struct ledger_took seen(struct db_stmt *s)
{
    int64_t ms = db_int(s, "ms") > 0 ? db_int(s, "ms") : 0;
    struct ledger_took whole = {ms / 2, ms};
    struct ledger_took took = {db_int(s, "least"), db_int(s, "most")};
    return db_is_null(s, "most") ? whole : took;
}

bool ledger_took_each(struct ledger *l, const struct ledger_kind *kind,
                      void (*each)(void *arg, const struct ledger_took *took),
                      void *arg, struct err *err)
{
    struct db_stmt *s = begin(l, TOOK_EACH, kind);
    db_bind_int(s, ":lately", LATELY);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        struct ledger_took took = seen(s);
        each(arg, &took);
    }
    db_reset(s);
    return step != DB_FAILED;
}
