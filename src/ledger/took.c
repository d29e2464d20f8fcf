// How long purchases took.

#include <stdio.h>

#include "data/number.h"
#include "ledger/internal.h"

// Of what came last: a service of today is not that of last year. One that a
// later run had to pick up lay about for as long as nobody ran.
#define TOOK                                                                   \
    "WITH took AS (SELECT a.ended_ms - a.accepted_ms AS ms"                    \
    " FROM attempts a JOIN purchases p ON p.id = a.purchase"                   \
    " JOIN runs r ON r.id = a.owner AND r.started_ms <= a.accepted_ms"         \
    " WHERE a.gateway = :gateway AND a.state = 'delivered'"                    \
    " AND a.accepted_ms IS NOT NULL AND p.route = :route"                      \
    " AND CASE WHEN json_valid(p.request)"                                     \
    "  THEN json_extract(p.request, '$.model') END IS :model"                  \
    " AND (:seconds IS NULL OR CASE WHEN json_valid(p.request)"                \
    "  THEN json_extract(p.request, '$.seconds') END"                          \
    "  = CAST(:seconds AS REAL))"                                              \
    " ORDER BY a.id DESC LIMIT 101)"                                           \
    " SELECT ms AS ms FROM took ORDER BY ms"                                   \
    " LIMIT 1 OFFSET (SELECT count(*) FROM took) / 2"

bool ledger_took(struct ledger *l, const struct ledger_kind *kind, int64_t *ms,
                 struct err *err)
{
    char seconds[NUMBER_TEXT];
    *ms = -1;
    struct db_stmt *s = db_stmt(l->db, TOOK);
    db_bind_text(s, ":gateway", kind->gateway);
    db_bind_text(s, ":route", kind->route);
    db_bind_text(s, ":model", kind->model);
    if (kind->seconds >= 0)
        number_text(kind->seconds, seconds);
    db_bind_text(s, ":seconds", kind->seconds >= 0 ? seconds : NULL);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *ms = db_int(s, "ms") > 0 ? db_int(s, "ms") : 0;
    db_reset(s);
    return step != DB_FAILED;
}
