#include "ledger/list.h"

#include "ledger/internal.h"
#include "ledger/rows.h"

// What happened to attempts, from the times that their rows hold. An attempt
// that was delivered is told by its clips.
#define OF_ATTEMPT(what, time, said, where)                                    \
    "SELECT a." time " AS at_ms, " what " AS what, a.id AS id,"                \
    " a.recipe AS recipe, p.cell AS cell, a.gateway AS gateway,"               \
    " a.price AS price, a.task_id AS task_id, " said                           \
    ", p.fingerprint AS fingerprint, a.owner AS run,"                          \
    " NULL AS exit, NULL AS sha256 FROM attempts a"                            \
    " JOIN purchases p ON p.id = a.purchase"                                   \
    " WHERE a." time " IS NOT NULL AND " where                                 \
    " AND (:recipe IS NULL OR a.recipe = :recipe)"
#define OF_RUN(what, time, exit)                                               \
    "SELECT " time ", '" what "', rowid, recipe, NULL, NULL, NULL, NULL,"      \
    " NULL, NULL, NULL, id, " exit ", NULL FROM runs"                          \
    " WHERE " time " IS NOT NULL"                                              \
    " AND (:recipe IS NULL OR recipe = :recipe)"

// Why it ended as it did is told of its end only.
#define UNSAID "NULL AS kind, NULL AS reason"
#define SAID "a.kind, a.reason"
#define ASKED OF_ATTEMPT("'asked'", "created_ms", UNSAID, "1")
#define SENT OF_ATTEMPT("'sent'", "sent_ms", UNSAID, "1")
#define ACCEPTED OF_ATTEMPT("'accepted'", "accepted_ms", UNSAID, "1")
#define ENDED OF_ATTEMPT("a.state", "ended_ms", SAID, "a.state <> 'delivered'")
#define BEGAN OF_RUN("run began", "started_ms", "NULL")
#define LEFT OF_RUN("run ended", "ended_ms", "exit_code")
#define OF_CLIP                                                                \
    "SELECT c.delivered_ms, 'delivered', a.id, a.recipe, p.cell, a.gateway,"   \
    " a.price, a.task_id, NULL, NULL, p.fingerprint, a.owner, NULL, c.sha256"  \
    " FROM clips c JOIN attempts a ON a.id = c.attempt"                        \
    " JOIN purchases p ON p.id = a.purchase"                                   \
    " WHERE (:recipe IS NULL OR a.recipe = :recipe)"
#define AND " UNION ALL "

// Of one moment: in the order in which they must have happened.
static const char events[] = "SELECT * FROM (" ASKED AND SENT AND ACCEPTED AND
    ENDED AND OF_CLIP AND BEGAN AND LEFT ") ORDER BY at_ms DESC, CASE what"
                             "  WHEN 'run ended' THEN 0 WHEN 'accepted' THEN 2"
                             "  WHEN 'sent' THEN 3 WHEN 'asked' THEN 4"
                             "  WHEN 'run began' THEN 5 ELSE 1 END, id DESC"
                             " LIMIT :max";

static void take_event(struct db_stmt *s, struct value *map)
{
    static const char *const texts[] = {
        "what", "cell",   "recipe", "gateway", "task_id",
        "kind", "reason", "sha256", "run",     "fingerprint"};
    row_int(s, map, "at_ms");
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        row_text(s, map, texts[i]);
    row_credits(s, map);
    row_int(s, map, "exit");
}

bool ledger_list_events(struct ledger *l, const char *recipe, int64_t max,
                        ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, events);
    db_bind_text(s, ":recipe", recipe);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_event, row, arg, err);
}
