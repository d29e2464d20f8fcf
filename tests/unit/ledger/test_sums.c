// The sums that the database keeps are those of its attempts, whatever was
// written, and by whom.

#include "ledger/internal.h"

#include "fixture.h"
#include "ledger/list.h"
#include "ledger/upkeep.h"

#define SEVEN 7 // the version before there were sums
#define STEPS 10000
#define ATTEMPTS_MAX 60
#define STATES 12

// --- a ledger that is written to by hand

struct play {
    struct db *db;
    uint32_t random;
    int64_t made;
};

static int64_t chance(struct play *play, int64_t n)
{
    play->random = play->random * 1664525u + 1013904223u;
    return (int64_t)(play->random >> 8) % n;
}

static struct db *open_version(const struct fixture *f, size_t version)
{
    struct err err = {0};
    char *path = xasprintf("%s/%s", f->dir, LEDGER_FILE);
    struct db *db =
        db_open(path, LEDGER_APPLICATION_ID, ledger_migrations, version, &err);
    if (!db)
        fail_msg("%s", err.text);
    free(path);
    return db;
}

static void run(struct db_stmt *s)
{
    struct err err = {0};
    if (!db_run(s, &err))
        fail_msg("%s", err.text);
}

static void run_text(struct db *db, const char *sql)
{
    run(db_stmt(db, sql));
}

static void bind_one_of(struct play *play, struct db_stmt *s, const char *name,
                        const char *const *all, size_t n)
{
    db_bind_text(s, name, all[chance(play, (int64_t)n)]);
}
#define ONE_OF(s, name, ...)                                                   \
    bind_one_of(play, s, name, (const char *const[]){__VA_ARGS__},             \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

// None, nothing, or something.
static void bind_price(struct play *play, struct db_stmt *s)
{
    int64_t of = chance(play, 8);
    if (of == 0)
        db_bind_null(s, ":price");
    else
        db_bind_int(s, ":price", of == 1 ? 0 : chance(play, 100000));
}

static void add(struct play *play)
{
    char text[HASH_HEX];
    snprintf(text, sizeof(text), "%064lld", (long long)++play->made);
    struct db_stmt *s = db_stmt(
        play->db, "INSERT INTO purchases(fingerprint, gateway, route, request,"
                  " take, recipe, created_ms)"
                  " VALUES(:text, 'g', 'r', '{}', 1, 'r', 1)");
    db_bind_text(s, ":text", text);
    run(s);
    int64_t purchase = db_last_id(play->db);
    s = db_stmt(play->db,
                "INSERT INTO attempts(purchase, n, state, owner, token,"
                " callback_port, gateway, recipe, price, created_ms)"
                " VALUES(:purchase, 1, 'intent', :owner, substr(:text, -32), 0,"
                " :gateway, :recipe, :price, 1)");
    db_bind_int(s, ":purchase", purchase);
    db_bind_text(s, ":text", text);
    ONE_OF(s, ":owner", "a", "b", "c");
    ONE_OF(s, ":gateway", "local", "shop");
    ONE_OF(s, ":recipe", "orbit", "pier", "local");
    bind_price(play, s);
    run(s);
}

// Some attempt, and the state that it is in.
static int64_t pick(struct play *play, enum attempt_state *state)
{
    struct db_stmt *s =
        db_stmt(play->db, "SELECT id, state FROM attempts WHERE id >= :from"
                          " ORDER BY id LIMIT 1");
    db_bind_int(s, ":from", 1 + chance(play, play->made));
    int64_t id = 0;
    if (db_step(s, NULL) == DB_ROW) {
        id = db_int(s, "id");
        assert_true(attempt_state_read(db_text(s, "state"), state));
    }
    db_reset(s);
    return id;
}

static void go(struct play *play, int64_t id, enum attempt_state to)
{
    struct db_stmt *s = db_stmt(
        play->db,
        "UPDATE attempts SET state = :to, task_id = 't',"
        " price = CASE WHEN :settles THEN :price ELSE price END,"
        " sent_ms = CASE :to WHEN 'submitting' THEN 1 WHEN 'intent' THEN NULL"
        "  ELSE sent_ms END,"
        " ended_ms = CASE WHEN :open THEN NULL ELSE 2 END WHERE id = :id");
    db_bind_text(s, ":to", attempt_state_name(to));
    db_bind_int(s, ":open", attempt_state_is_open(to));
    db_bind_int(s, ":settles", chance(play, 4) == 0);
    bind_price(play, s);
    db_bind_int(s, ":id", id);
    run(s);
}

// What a person may do to it with sqlite3, and a run that adopts it.
static void meddle(struct play *play, int64_t id)
{
    static const char *const all[] = {
        "UPDATE attempts SET owner = :word WHERE id = :id",
        "UPDATE attempts SET recipe = :word WHERE id = :id",
        "UPDATE attempts SET gateway = :word WHERE id = :id",
        "UPDATE attempts SET sent_ms = NULL WHERE id = :id AND :word <> ''",
        "DELETE FROM attempts WHERE id = :id AND :word <> ''",
    };
    struct db_stmt *s = db_stmt(play->db, all[chance(play, 5)]);
    ONE_OF(s, ":word", "orbit", "local", "shop", "a");
    db_bind_int(s, ":id", id);
    run(s);
}

static int64_t ask_one(struct db *db, const char *sql)
{
    struct db_stmt *s = db_stmt(db, sql);
    assert_int_equal(db_step(s, NULL), DB_ROW);
    int64_t n = db_int(s, "n");
    db_reset(s);
    return n;
}

// Some state that may follow; the same where there is none.
static enum attempt_state next(struct play *play, enum attempt_state from)
{
    int64_t at = chance(play, STATES);
    for (int i = 0; i < STATES; i++) {
        enum attempt_state to = (enum attempt_state)((at + i) % STATES);
        if (attempt_state_may(from, to))
            return to;
    }
    return from;
}

static void step(struct play *play)
{
    enum attempt_state from;
    int64_t n = ask_one(play->db, "SELECT count(*) AS n FROM attempts");
    if (n > ATTEMPTS_MAX)
        run_text(play->db, "DELETE FROM attempts WHERE id % 3 = 0");
    if (n == 0 || chance(play, 8) == 0) {
        add(play);
        return;
    }
    int64_t id = pick(play, &from);
    if (id && chance(play, 20) == 0)
        meddle(play, id);
    else if (id)
        go(play, id, next(play, from));
}

static void must_agree(struct db *db)
{
    struct err err = {0};
    if (!sums_check(db, &err))
        fail_msg("%s", err.text);
}

// --- tests

static void test_I7_sums_are_those_of_the_attempts(void **state)
{
    struct fixture *f = *state;
    struct play play = {.db = open_version(f, ledger_n_migrations)};
    assert_true(db_begin(play.db, NULL));
    for (int i = 0; i < STEPS; i++) {
        step(&play);
        must_agree(play.db);
    }
    assert_true(play.made > 200);
    assert_true(ask_one(play.db, "SELECT count(*) AS n FROM spent") >= 5);
    run_text(play.db, "DELETE FROM attempts");
    must_agree(play.db);
    assert_int_equal(
        ask_one(play.db, "SELECT count(*) AS n FROM spent WHERE price <> 0"),
        0);
    assert_int_equal(ask_one(play.db, "SELECT count(*) AS n FROM in_flight"),
                     0);
    db_rollback(play.db);
    db_close(play.db);
}

static void sums_what_older_ones_hold(void **state)
{
    struct fixture *f = *state;
    struct play play = {.db = open_version(f, SEVEN)};
    assert_true(db_begin(play.db, NULL));
    for (int i = 0; i < STEPS / 10; i++)
        step(&play);
    assert_true(db_commit(play.db, NULL));
    db_close(play.db);

    struct err err = {0};
    int64_t before[2], after[2], version;
    struct ledger *l = ledger_open_read(f->dir, &err);
    assert_true(ledger_check(l, &version, &err));
    assert_int_equal(version, SEVEN);
    assert_true(ledger_spent(l, "orbit", &before[0], &err));
    assert_true(ledger_spent_at(l, "local", &before[1], &err));
    ledger_close(l);
    assert_true(before[0] > 0 && before[1] > before[0]);

    play.db = open_version(f, ledger_n_migrations);
    must_agree(play.db);
    step(&play);
    must_agree(play.db);
    assert_true(sums_spent(play.db, "recipe", "orbit", &after[0], &err));
    assert_true(sums_spent(play.db, "gateway", "local", &after[1], &err));
    db_close(play.db);
}

// A gateway that charges more than there is ends its budget, and nothing else:
// no move fails, so that nothing that was bought is lost.
static void goes_on_beyond_all_numbers(void **state)
{
    struct fixture *f = *state;
    for (int n = 1; n <= 3; n++) {
        struct ledger_intent in = want(n);
        in.price = INT64_MAX - n;
        must(intend(f, &in));
    }
    assert_true(spent(f) == INT64_MAX);
    struct ledger_intent in = want(4);
    in.budget = INT64_MAX;
    struct answer a = intend(f, &in);
    must(a);
    assert_true(a.result.over_budget);
    must(accept_as(f, 1, "t1"));
    fetch(f, 1);
    must(deliver(f, 1, 1));
}

static void is_summed_anew_where_it_is_wrong(void **state)
{
    struct fixture *f = *state;
    static const char *const wrongs[] = {
        "UPDATE spent SET price = price - 1 WHERE what = 'recipe'",
        "DELETE FROM spent WHERE what = 'gateway'",
        "INSERT INTO spent VALUES('recipe', 'other', 5)",
        "UPDATE in_flight SET n = n + 1",
    };
    struct err err = {0};
    bool mended;
    int64_t version;
    for (int n = 1; n <= 3; n++)
        buy(f, n);
    assert_true(ledger_check(f->l, &version, &err));
    assert_true(ledger_mend_sums(f->dir, &mended, &err));
    assert_false(mended);
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
        struct db *db = open_version(f, ledger_n_migrations);
        run_text(db, wrongs[i]);
        db_close(db);
        assert_false(ledger_check(f->l, &version, &err));
        assert_non_null(strstr(err.text, "verify --fix"));
        assert_true(ledger_mend_sums(f->dir, &mended, &err));
        assert_true(mended);
        assert_true(ledger_check(f->l, &version, &err));
        assert_int_equal(spent(f), 3 * 25000);
        assert_int_equal(open_count(f, NULL), 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORKS(test_I7_sums_are_those_of_the_attempts),
        FORKS(sums_what_older_ones_hold),
        TEST(goes_on_beyond_all_numbers),
        TEST(is_summed_anew_where_it_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
