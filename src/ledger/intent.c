#include "base/mem.h"
#include "ledger/internal.h"

struct intend_write {
    struct write w;
    struct ledger_intent intent;
    struct ledger_intent_result result;
    const char *task_id; // of one that is adopted
    void (*done)(void *arg, const struct err *err,
                 const struct ledger_intent_result *result);
    void *arg;
};

struct bought {
    int64_t purchase; // 0: not yet
    int64_t n;        // of its newest attempt
    int64_t bought;   // attempts that may have
    bool taken;
};

static bool look(struct db *db, const char *fingerprint, struct bought *bought,
                 struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "SELECT p.id AS id, coalesce(max(a.n), 0) AS n,"
            " coalesce(max(a.id IS NOT NULL AND"
            "  (a.ended_ms IS NULL OR a.state = 'delivered')), 0) AS taken,"
            " coalesce(sum(a.id IS NOT NULL AND " LEDGER_BOUGHT "), 0)"
            "  AS bought"
            " FROM purchases p LEFT JOIN attempts a ON a.purchase = p.id"
            " WHERE p.fingerprint = :fingerprint GROUP BY p.id");
    db_bind_text(s, ":fingerprint", fingerprint);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW) {
        bought->purchase = db_int(s, "id");
        bought->n = db_int(s, "n");
        bought->taken = db_int(s, "taken");
        bought->bought = db_int(s, "bought");
    }
    db_reset(s);
    return step != DB_FAILED;
}

static bool check_budget(struct db *db, const struct ledger_intent *in,
                         struct ledger_intent_result *result, struct err *err)
{
    if (in->budget < 0 && in->gateway_budget < 0)
        return true;
    if (in->price < 0)
        return err_set(err, ERR_RECIPE,
                       "'%s' has a budget, but the price of '%s' at gateway "
                       "'%s' is not known; nothing was bought",
                       in->budget < 0 ? in->gateway : in->recipe, in->route,
                       in->gateway);
    if (in->budget >= 0) {
        if (!sums_spent(db, "recipe", in->recipe, &result->spent, err))
            return false;
        result->over_budget = in->price > in->budget - result->spent;
    }
    if (in->gateway_budget >= 0 && !result->over_budget) {
        if (!sums_spent(db, "gateway", in->gateway, &result->spent, err))
            return false;
        result->over_budget = in->price > in->gateway_budget - result->spent;
        result->of_gateway = result->over_budget;
    }
    return true;
}

// A run that has none under way may always have one, as in pace_may().
static bool check_room(struct db *db, const struct ledger_intent *in,
                       struct ledger_intent_result *result, struct err *err)
{
    if (in->in_flight <= 0 || in->own <= 0)
        return true;
    if (!sums_in_flight(db, in->gateway, in->run, &result->others, err))
        return false;
    result->full = in->own + result->others >= in->in_flight;
    return true;
}

static bool add_purchase(struct db *db, const struct ledger_intent *in,
                         int64_t *id, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO purchases(fingerprint, gateway, route, request, take,"
            " recipe, cell, created_ms)"
            " VALUES(:fingerprint, :gateway, :route, :request, :take, :recipe,"
            " :cell, :now)");
    db_bind_text(s, ":fingerprint", in->fingerprint);
    db_bind_text(s, ":gateway", in->gateway);
    db_bind_text(s, ":route", in->route);
    db_bind_text(s, ":request", in->request);
    db_bind_int(s, ":take", in->take);
    db_bind_text(s, ":recipe", in->recipe);
    db_bind_text(s, ":cell", in->cell);
    db_bind_int(s, ":now", in->now_ms);
    if (!db_run(s, err))
        return false;
    *id = db_last_id(db);
    return true;
}

static bool add_attempt(struct db *db, const struct ledger_intent *in,
                        const struct bought *bought, int64_t *id,
                        struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO attempts(purchase, n, state, owner, token,"
            " callback_port, gateway, recipe, price, created_ms)"
            " VALUES(:purchase, :n, 'intent', :owner, :token, :port, :gateway,"
            " :recipe, :price, :now)");
    db_bind_int(s, ":purchase", bought->purchase);
    db_bind_int(s, ":n", bought->n + 1);
    db_bind_text(s, ":owner", in->run);
    db_bind_text(s, ":token", in->token);
    db_bind_int(s, ":port", in->callback_port);
    db_bind_text(s, ":gateway", in->gateway);
    db_bind_text(s, ":recipe", in->recipe);
    if (in->price < 0)
        db_bind_null(s, ":price");
    else
        db_bind_int(s, ":price", in->price);
    db_bind_int(s, ":now", in->now_ms);
    if (!db_run(s, err))
        return false;
    *id = db_last_id(db);
    return true;
}

// The whole decision happens inside one BEGIN IMMEDIATE, so two processes that
// want the same purchase, or the last of a budget, cannot both get it.
static bool intend(struct db *db, void *arg, struct err *err)
{
    struct intend_write *job = arg;
    const struct ledger_intent *in = &job->intent;
    struct ledger_intent_result result = {0};
    struct bought bought = {0};
    bool ok = look(db, in->fingerprint, &bought, err);
    result.taken =
        bought.taken || (in->bought_max > 0 && bought.bought >= in->bought_max);
    ok = ok && (result.taken || check_room(db, in, &result, err));
    ok = ok &&
         (result.taken || result.full || check_budget(db, in, &result, err));
    if (ok && !result.taken && !result.full && !result.over_budget) {
        ok = bought.purchase || add_purchase(db, in, &bought.purchase, err);
        ok = ok && add_attempt(db, in, &bought, &result.attempt, err);
    }
    job->result = ok ? result : (struct ledger_intent_result){0};
    return ok;
}

static bool task_is_known(struct db *db, const struct intend_write *job,
                          bool *known, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "SELECT 1 AS known FROM attempts"
                    " WHERE gateway = :gateway AND task_id = :task LIMIT 1");
    db_bind_text(s, ":gateway", job->intent.gateway);
    db_bind_text(s, ":task", job->task_id);
    enum db_step step = db_step(s, err);
    *known = step == DB_ROW;
    db_reset(s);
    return step != DB_FAILED;
}

// Somebody sent it, some time before now.
static bool accept_task(struct db *db, const struct intend_write *job,
                        int64_t attempt, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "UPDATE attempts SET state = 'accepted', task_id = :task,"
                    " sent_ms = :now, accepted_ms = :now WHERE id = :id");
    db_bind_int(s, ":id", attempt);
    db_bind_text(s, ":task", job->task_id);
    db_bind_int(s, ":now", job->intent.now_ms);
    return db_run(s, err);
}

static bool adopt_task(struct db *db, void *arg, struct err *err)
{
    struct intend_write *job = arg;
    const struct ledger_intent *in = &job->intent;
    struct ledger_intent_result result = {0};
    struct bought bought = {0};
    bool ok = task_is_known(db, job, &result.taken, err) &&
              look(db, in->fingerprint, &bought, err);
    result.taken = result.taken || bought.taken;
    if (ok && !result.taken)
        ok = (bought.purchase || add_purchase(db, in, &bought.purchase, err)) &&
             add_attempt(db, in, &bought, &result.attempt, err) &&
             accept_task(db, job, result.attempt, err);
    job->result = ok ? result : (struct ledger_intent_result){0};
    return ok;
}

static void on_intended(void *arg, const struct err *err)
{
    struct intend_write *job = arg;
    if (err) // the commit, perhaps, after the job was done
        job->result = (struct ledger_intent_result){0};
    if (job->done)
        job->done(job->arg, err, &job->result);
}

static struct intend_write *
write_new(const struct ledger_intent *intent,
          void (*done)(void *arg, const struct err *err,
                       const struct ledger_intent_result *result),
          void *arg)
{
    struct intend_write *job = xcalloc(1, sizeof(*job));
    struct write *w = &job->w;
    job->intent = *intent;
    job->intent.fingerprint = write_keep(w, intent->fingerprint);
    job->intent.gateway = write_keep(w, intent->gateway);
    job->intent.route = write_keep(w, intent->route);
    job->intent.request = write_keep(w, intent->request);
    job->intent.recipe = write_keep(w, intent->recipe);
    job->intent.run = write_keep(w, intent->run);
    job->intent.token = write_keep(w, intent->token);
    job->intent.cell = write_keep(w, intent->cell);
    job->done = done;
    job->arg = arg;
    w->done = on_intended;
    w->arg = job;
    return job;
}

void ledger_intend(struct ledger *l, const struct ledger_intent *intent,
                   void (*done)(void *arg, const struct err *err,
                                const struct ledger_intent_result *result),
                   void *arg)
{
    write_queue(l, DB_NOW, intend, &write_new(intent, done, arg)->w);
}

void ledger_adopt_task(struct ledger *l, const struct ledger_intent *task,
                       const char *task_id,
                       void (*done)(void *arg, const struct err *err,
                                    const struct ledger_intent_result *result),
                       void *arg)
{
    struct intend_write *job = write_new(task, done, arg);
    job->intent.price = -1;
    job->intent.callback_port = 0;
    job->task_id = write_keep(&job->w, task_id);
    write_queue(l, DB_NOW, adopt_task, &job->w);
}
