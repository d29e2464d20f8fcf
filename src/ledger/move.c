#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"

bool move_refused(struct db *db, int64_t attempt, const char *wanted,
                  struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "SELECT state, owner FROM attempts WHERE id = :id");
    db_bind_int(s, ":id", attempt);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        err_set(err, ERR_DISK,
                "another process changed attempt %lld: it is '%s', of run %s, "
                "where %s was expected",
                (long long)attempt, db_text(s, "state"), db_text(s, "owner"),
                wanted);
    else if (step == DB_DONE)
        err_set(err, ERR_DISK, "the ledger has no attempt %lld",
                (long long)attempt);
    db_reset(s);
    return false;
}

struct move_write {
    struct write w;
    struct ledger_move move;
};

// A task_id is what a paid clip hangs on: another one never replaces it. And a
// task belongs to one purchase: a gateway that answers with another one's would
// have it delivered under the wrong name.
static bool task_fits(struct db *db, const struct ledger_move *move,
                      struct err *err)
{
    if (!move->task_id)
        return true;
    struct db_stmt *s =
        db_stmt(db, "SELECT me.gateway AS gateway, other.id AS id"
                    " FROM attempts me LEFT JOIN attempts other"
                    " ON other.gateway = me.gateway AND other.task_id = :task"
                    " AND other.purchase <> me.purchase"
                    " WHERE me.id = :id AND (other.id IS NOT NULL"
                    "  OR me.task_id <> :task) LIMIT 1");
    db_bind_int(s, ":id", move->attempt);
    db_bind_text(s, ":task", move->task_id);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW && db_is_null(s, "id"))
        err_set(err, ERR_GATEWAY,
                "attempt %lld at gateway '%s' has another task already",
                (long long)move->attempt, db_text(s, "gateway"));
    else if (step == DB_ROW)
        err_set(err, ERR_GATEWAY,
                "gateway '%s' named one task for attempts %lld and %lld, which "
                "are different purchases",
                db_text(s, "gateway"), (long long)db_int(s, "id"),
                (long long)move->attempt);
    db_reset(s);
    return step == DB_DONE;
}

// Each writes what its moves change and no more: a column that is named costs
// all indexes that it is in.
#define MOVED                                                                  \
    "UPDATE attempts SET state = :to,"                                         \
    " kind = coalesce(:kind, kind),"                                           \
    " reason = coalesce(:reason, reason),"                                     \
    " urls = coalesce(:urls, urls),"                                           \
    " last_frame = coalesce(:last_frame, last_frame),"                         \
    " wire = coalesce(:wire, wire)"
#define TASK " task_id = coalesce(:task, task_id)"
#define TOOK                                                                   \
    " took_least_ms = coalesce(:least, took_least_ms),"                        \
    " took_most_ms = coalesce(:most, took_most_ms)"
#define FROM " WHERE id = :id AND state = :from"

static const char on_its_way[] = MOVED FROM;
static const char ready[] = MOVED "," TOOK FROM;
static const char sent[] = MOVED ", sent_ms = :now" FROM;
static const char accepted[] = MOVED "," TASK ", accepted_ms = :now" FROM;
static const char anything[] =
    MOVED "," TASK "," TOOK ", owner = coalesce(:owner, owner),"
          " price = coalesce(:price, price),"
          " sent_ms = CASE :to WHEN 'submitting' THEN :now"
          "  WHEN 'intent' THEN NULL ELSE sent_ms END,"
          " accepted_ms = CASE :to WHEN 'accepted' THEN :now"
          "  ELSE accepted_ms END,"
          " ended_ms = CASE :open WHEN 0 THEN :now END" FROM;

static const char *statement(const struct ledger_move *move)
{
    bool stays_open =
        attempt_state_is_open(move->from) && attempt_state_is_open(move->to);
    if (!stays_open || move->owner || move->price >= 0 ||
        move->to == ATTEMPT_INTENT)
        return anything;
    if (move->to == ATTEMPT_ACCEPTED)
        return accepted;
    if (move->task_id)
        return anything;
    if (move->to == ATTEMPT_READY)
        return ready;
    return move->to == ATTEMPT_SUBMITTING ? sent : on_its_way;
}

static void bind_took(struct db_stmt *s, const struct ledger_took *took)
{
    if (took->most > 0) {
        db_bind_int(s, ":least", took->least);
        db_bind_int(s, ":most", took->most);
    } else {
        db_bind_null(s, ":least");
        db_bind_null(s, ":most");
    }
}

static void bind_rest(struct db_stmt *s, const char *sql,
                      const struct ledger_move *move)
{
    if (sql != on_its_way && sql != ready)
        db_bind_int(s, ":now", move->now_ms);
    if (sql == ready || sql == anything)
        bind_took(s, &move->took);
    if (sql == accepted || sql == anything)
        db_bind_text(s, ":task", move->task_id);
    if (sql != anything)
        return;
    db_bind_text(s, ":owner", move->owner);
    if (move->price < 0)
        db_bind_null(s, ":price");
    else
        db_bind_int(s, ":price", move->price);
    db_bind_int(s, ":open", attempt_state_is_open(move->to));
}

static bool move_write(struct db *db, void *arg, struct err *err)
{
    const struct ledger_move *move = &((struct move_write *)arg)->move;
    const char *from = attempt_state_name(move->from);
    const char *to = attempt_state_name(move->to);
    if (!attempt_state_may(move->from, move->to))
        return err_set(err, ERR_DEFECT,
                       "attempt %lld cannot go from '%s' to '%s'",
                       (long long)move->attempt, from, to);
    if (move->to == ATTEMPT_ACCEPTED && !move->task_id)
        return err_set(err, ERR_DEFECT, "attempt %lld is accepted as no task",
                       (long long)move->attempt);
    if (!task_fits(db, move, err))
        return false;
    const char *sql = statement(move);
    struct db_stmt *s = db_stmt(db, sql);
    db_bind_text(s, ":to", to);
    db_bind_text(s, ":kind", move->kind);
    db_bind_text(s, ":reason", move->reason);
    db_bind_text(s, ":urls", move->urls);
    db_bind_text(s, ":last_frame", move->last_frame);
    db_bind_text(s, ":wire", move->wire);
    bind_rest(s, sql, move);
    db_bind_int(s, ":id", move->attempt);
    db_bind_text(s, ":from", from);
    if (!db_run(s, err))
        return false;
    return db_changes(db) > 0 || move_refused(db, move->attempt, from, err);
}

// What was bought, or is about to be, and under which task; the rest can be
// asked for again.
static enum db_when when_of(enum attempt_state to)
{
    switch (to) {
    case ATTEMPT_INTENT:
    case ATTEMPT_SUBMITTING:
    case ATTEMPT_ACCEPTED:
    case ATTEMPT_REFUSED:
    case ATTEMPT_UNKNOWN:
        return DB_NOW;
    case ATTEMPT_RUNNING:
    case ATTEMPT_READY:
    case ATTEMPT_FETCHING:
    case ATTEMPT_DELIVERED:
    case ATTEMPT_FAILED:
    case ATTEMPT_CANCELLED:
    case ATTEMPT_FORGOTTEN:
        break;
    }
    return DB_SOON;
}

void ledger_move(struct ledger *l, const struct ledger_move *move,
                 ledger_done *done, void *arg)
{
    struct move_write *job = xcalloc(1, sizeof(*job));
    struct write *w = &job->w;
    w->done = done;
    w->arg = arg;
    job->move = *move;
    job->move.task_id = write_keep(w, move->task_id);
    job->move.kind = write_keep(w, move->kind);
    job->move.reason = write_keep(w, move->reason);
    job->move.urls = write_keep(w, move->urls);
    job->move.last_frame = write_keep(w, move->last_frame);
    job->move.wire = write_keep(w, move->wire);
    job->move.owner = write_keep(w, move->owner);
    write_queue(l, when_of(move->to), move_write, w);
}

struct adopt_write {
    struct write w;
    int64_t attempt;
    const char *old_owner, *run;
    int callback_port;
};

static bool adopt_write(struct db *db, void *arg, struct err *err)
{
    const struct adopt_write *job = arg;
    struct db_stmt *s =
        db_stmt(db, "UPDATE attempts SET owner = :run, callback_port ="
                    "  CASE state WHEN 'intent' THEN :port"
                    "  ELSE callback_port END"
                    " WHERE id = :id AND owner = :old AND ended_ms IS NULL");
    db_bind_int(s, ":id", job->attempt);
    db_bind_text(s, ":run", job->run);
    db_bind_text(s, ":old", job->old_owner);
    db_bind_int(s, ":port", job->callback_port);
    if (!db_run(s, err))
        return false;
    return db_changes(db) > 0 ||
           move_refused(db, job->attempt, "an open one of a dead run", err);
}

void ledger_adopt(struct ledger *l, int64_t attempt, const char *old_owner,
                  const char *run, int callback_port, ledger_done *done,
                  void *arg)
{
    struct adopt_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->attempt = attempt;
    job->old_owner = write_keep(&job->w, old_owner);
    job->run = write_keep(&job->w, run);
    job->callback_port = callback_port;
    write_queue(l, DB_NOW, adopt_write, &job->w);
}
