#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "ledger/internal.h"

// One statement a question: what it returns is of one moment, whatever other
// processes write meanwhile.
#define PURCHASE                                                               \
    "SELECT p.id AS p_id, p.fingerprint AS p_fingerprint,"                     \
    " p.gateway AS p_gateway, p.route AS p_route, p.request AS p_request,"     \
    " p.take AS p_take, p.recipe AS p_recipe, p.cell AS p_cell,"               \
    " (SELECT count(*) FROM attempts WHERE purchase = p.id AND " LEDGER_BOUGHT \
    ") AS p_bought,"                                                           \
    " a.id AS a_id, a.n AS a_n, a.state AS a_state, a.owner AS a_owner,"       \
    " a.token AS a_token, a.callback_port AS a_port, a.task_id AS a_task,"     \
    " coalesce(a.price, -1) AS a_price, a.kind AS a_kind,"                     \
    " a.reason AS a_reason, a.urls AS a_urls, a.last_frame AS a_last_frame,"   \
    " a.created_ms AS a_created, a.sent_ms AS a_sent,"                         \
    " a.accepted_ms AS a_accepted, a.ended_ms AS a_ended,"                     \
    " d.task_id AS d_task, c.id AS c_id, c.n AS c_n, c.sha256 AS c_sha256,"    \
    " c.ext AS c_ext, c.size AS c_size, c.seconds AS c_seconds,"               \
    " c.width AS c_width, c.height AS c_height "

// A purchase as it stands: its newest attempt, and what was delivered last.
#define NEWEST                                                                 \
    PURCHASE "FROM purchases p"                                                \
             " LEFT JOIN attempts a ON a.id = (SELECT id FROM attempts"        \
             "  WHERE purchase = p.id ORDER BY n DESC LIMIT 1)"                \
             " LEFT JOIN attempts d ON d.id = (SELECT id FROM attempts"        \
             "  WHERE purchase = p.id AND state = 'delivered'"                 \
             "  ORDER BY n DESC LIMIT 1)"                                      \
             " LEFT JOIN clips c ON c.attempt = d.id"

// One attempt that was named from outside, with what it delivered itself.
#define NAMED                                                                  \
    PURCHASE "FROM attempts a JOIN purchases p ON p.id = a.purchase"           \
             " LEFT JOIN attempts d ON d.id = a.id AND d.state = 'delivered'"  \
             " LEFT JOIN clips c ON c.attempt = d.id"

void purchase_row_free(struct purchase_row *row)
{
    struct attempt_row *a = &row->attempt;
    free(row->gateway);
    free(row->route);
    free(row->request);
    free(row->recipe);
    free(row->cell);
    free(a->task_id);
    free(a->kind);
    free(a->reason);
    free(a->urls);
    free(a->last_frame);
    free(row->clips);
    free(row->clips_task_id);
    *row = (struct purchase_row){0};
}

static bool take_attempt(struct db_stmt *s, struct attempt_row *a,
                         struct err *err)
{
    a->id = db_int(s, "a_id");
    if (a->id == 0)
        return true;
    if (!attempt_state_read(db_text(s, "a_state"), &a->state))
        return err_set(err, ERR_DISK, "attempt %lld has no known state",
                       (long long)a->id);
    a->n = (int)db_int(s, "a_n");
    snprintf(a->owner, sizeof(a->owner), "%s", db_text(s, "a_owner"));
    snprintf(a->token, sizeof(a->token), "%s", db_text(s, "a_token"));
    a->callback_port = (int)db_int(s, "a_port");
    a->task_id = xstrdup(db_text(s, "a_task"));
    a->price = db_int(s, "a_price");
    a->kind = xstrdup(db_text(s, "a_kind"));
    a->reason = xstrdup(db_text(s, "a_reason"));
    a->urls = xstrdup(db_text(s, "a_urls"));
    a->last_frame = xstrdup(db_text(s, "a_last_frame"));
    a->created_ms = db_int(s, "a_created");
    a->sent_ms = db_int(s, "a_sent");
    a->accepted_ms = db_int(s, "a_accepted");
    a->ended_ms = db_int(s, "a_ended");
    return true;
}

static bool take_purchase(struct db_stmt *s, struct purchase_row *row,
                          struct err *err)
{
    row->id = db_int(s, "p_id");
    snprintf(row->fingerprint, sizeof(row->fingerprint), "%s",
             db_text(s, "p_fingerprint"));
    row->gateway = xstrdup(db_text(s, "p_gateway"));
    row->route = xstrdup(db_text(s, "p_route"));
    row->request = xstrdup(db_text(s, "p_request"));
    row->take = (int)db_int(s, "p_take");
    row->bought = (int)db_int(s, "p_bought");
    row->recipe = xstrdup(db_text(s, "p_recipe"));
    row->cell = xstrdup(db_text(s, "p_cell"));
    row->clips_task_id = xstrdup(db_text(s, "d_task"));
    return take_attempt(s, &row->attempt, err);
}

// Both are parts of file names.
static bool names_a_file(const char *sha256, const char *ext)
{
    return hash_is_hex(sha256) && !ext[strspn(ext, "abcdefghijklmnopqrstuvwxyz"
                                                   "0123456789")];
}

// In their order, in which they come: to promise it SQLite would make a sorter.
static struct clip_row *clip_place(struct purchase_row *row, int n)
{
    row->clips =
        xreallocarray(row->clips, row->n_clips + 1, sizeof(*row->clips));
    struct clip_row *c = &row->clips[row->n_clips++];
    for (; c > row->clips && c[-1].n > n; c--)
        *c = c[-1];
    return c;
}

static bool take_clip(struct db_stmt *s, struct purchase_row *row,
                      struct err *err)
{
    if (db_is_null(s, "c_id"))
        return true;
    if (!names_a_file(db_text(s, "c_sha256"), db_text(s, "c_ext")))
        return err_set(err, ERR_DISK, "clip %lld of the ledger names no file",
                       (long long)db_int(s, "c_id"));
    struct clip_row *c = clip_place(row, (int)db_int(s, "c_n"));
    *c = (struct clip_row){
        .id = db_int(s, "c_id"),
        .n = (int)db_int(s, "c_n"),
        .size = db_int(s, "c_size"),
        .seconds = strtod(db_text(s, "c_seconds"), NULL),
        .width = (int)db_int(s, "c_width"),
        .height = (int)db_int(s, "c_height"),
    };
    snprintf(c->sha256, sizeof(c->sha256), "%s", db_text(s, "c_sha256"));
    snprintf(c->ext, sizeof(c->ext), "%s", db_text(s, "c_ext"));
    return true;
}

// Read a bound statement, one row a clip, to its end.
static bool find(struct db_stmt *s, struct purchase_row *row, bool *found,
                 struct err *err)
{
    *row = (struct purchase_row){0};
    *found = false;
    bool ok = true;
    enum db_step step;
    while (ok && (step = db_step(s, err)) != DB_DONE) {
        ok = step == DB_ROW;
        if (ok && !*found)
            ok = take_purchase(s, row, err);
        *found = ok;
        ok = ok && take_clip(s, row, err);
    }
    db_reset(s);
    if (!ok)
        purchase_row_free(row);
    return ok;
}

bool ledger_find(struct ledger *l, const char *fingerprint,
                 struct purchase_row *row, bool *found, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, NEWEST " WHERE p.fingerprint = :key");
    db_bind_text(s, ":key", fingerprint);
    return find(s, row, found, err);
}

bool ledger_find_last(struct ledger *l, const char *recipe, const char *cell,
                      const char *route, struct purchase_row *row, bool *found,
                      struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, NEWEST " WHERE p.id = (SELECT max(id) FROM purchases"
                              "  WHERE recipe = :recipe AND cell = :cell"
                              "  AND (:route IS NULL OR route = :route))");
    db_bind_text(s, ":recipe", recipe);
    db_bind_text(s, ":cell", cell);
    db_bind_text(s, ":route", route);
    return find(s, row, found, err);
}

bool ledger_find_task(struct ledger *l, const char *gateway,
                      const char *task_id, struct purchase_row *row,
                      bool *found, struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, NAMED " WHERE a.id = (SELECT id FROM attempts"
                             "  WHERE gateway = :gateway AND task_id = :task"
                             "  ORDER BY id DESC LIMIT 1)");
    db_bind_text(s, ":gateway", gateway);
    db_bind_text(s, ":task", task_id);
    return find(s, row, found, err);
}

bool ledger_find_token(struct ledger *l, const char *token,
                       struct purchase_row *row, bool *found, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, NAMED " WHERE a.token = :token");
    db_bind_text(s, ":token", token);
    return find(s, row, found, err);
}

bool ledger_callback_ports(struct ledger *l, int *ports, size_t max, size_t *n,
                           struct err *err)
{
    *n = 0;
    struct db_stmt *s = db_stmt(
        l->db, "SELECT callback_port AS port FROM attempts"
               " WHERE ended_ms IS NULL AND callback_port > 0"
               " GROUP BY callback_port ORDER BY max(id) DESC LIMIT :max");
    db_bind_int(s, ":max", (int64_t)max);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW && *n < max)
        ports[(*n)++] = (int)db_int(s, "port");
    db_reset(s);
    return step != DB_FAILED;
}

bool ledger_unsettled_owners(struct ledger *l,
                             void (*each)(void *arg, const char *run),
                             void *arg, struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, "SELECT DISTINCT owner AS owner FROM attempts"
                       " WHERE ended_ms IS NULL"
                       "  AND state IN ('submitting', 'unknown')");
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        each(arg, db_text(s, "owner"));
    db_reset(s);
    return step != DB_FAILED;
}

bool ledger_run_ended(struct ledger *l, const char *run, int64_t *ended_ms,
                      struct err *err)
{
    *ended_ms = 0;
    struct db_stmt *s =
        db_stmt(l->db, "SELECT coalesce(ended_ms, 0) AS ended FROM runs"
                       " WHERE id = :run");
    db_bind_text(s, ":run", run);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *ended_ms = db_int(s, "ended");
    db_reset(s);
    return step != DB_FAILED;
}
