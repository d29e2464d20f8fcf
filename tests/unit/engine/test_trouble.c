// What services, networks, files and budgets do to a purchase.

#include <signal.h>
#include <sys/resource.h>

#include "base/log.h"
#include "engine_test.h"

static void refused_key_is_asked_again_next_time(void **state)
{
    struct fixture *f = *state;
    f->service.manner = REFUSES_KEY;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "auth", ERR_GATEWAY);
    assert_non_null(strstr(purchase_failure(p), "nothing was bought"));
    assert_false(purchase_was_bought_now(p));
    struct purchase *other = buy(f, "a cliff"); // without another POST
    until_settled(f, other);
    assert_failure(other, "auth", ERR_GATEWAY);
    assert_int_equal(f->service.posts, 1);

    f->service.manner = SELLS;
    next_run(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
}

static void too_fast_waits(void **state)
{
    struct fixture *f = *state;
    f->service.manner = TOO_FAST;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
    assert_int_equal(f->service.n, 1);
}

static void nobody_there(void **state)
{
    struct fixture *f = *state;
    net_server_free(f->service.server);
    f->service.server = NULL;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "network", ERR_GATEWAY);
    assert_int_equal(purchase_state(p), ATTEMPT_REFUSED);
    service_listen(&f->service);
    next_run(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
}

static void not_visible_at_first(void **state)
{
    struct fixture *f = *state;
    f->service.missing = 4;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
}

static void failed_task_is_recorded(void **state)
{
    struct fixture *f = *state;
    f->service.ends = "failed";
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    assert_int_equal(purchase_state(p), ATTEMPT_FAILED);

    f->service.ends = "succeeded";
    next_run(f);
    int requests = f->service.requests;
    p = buy(f, "a pier");
    assert_failure(p, "moderation", ERR_NONE);
    assert_int_equal(f->service.requests, requests);

    end_run(f);
    begin_run(f);
    f->config.retry_failed = true;
    start_engine(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.n, 2);
}

static void page_instead_of_a_clip_is_kept(void **state)
{
    struct fixture *f = *state;
    f->service.clip = "<html>sorry</html>";
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "bad_clip", ERR_NET);
    assert_int_equal(purchase_state(p), ATTEMPT_READY);
    const char *path = strchr(purchase_failure(p), '/');
    assert_non_null(path);
    char *kept = xstrndup(path, strcspn(path, ":"));
    assert_non_null(strstr(kept, ".bad"));
    assert_true(path_exists(kept));
    free(kept);

    f->service.clip = "FAKEVIDEO";
    next_run(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

static void clip_that_ends_its_reader(void **state)
{
    struct fixture *f = *state;
    f->service.clip = "CRASH";
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "bad_clip", ERR_NET);
    f->service.clip = "FAKEVIDEO"; // the next reader is a new one
    p = buy(f, "a cliff");
    until_settled(f, p);
    assert_delivered(p);
}

static void no_reader_at_all(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(unlink(f->media), 0);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "disk", ERR_DISK);
    assert_int_equal(purchase_state(p), ATTEMPT_READY);
}

static void expired_link_is_renewed(void **state)
{
    struct fixture *f = *state;
    f->service.gone = 2;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.downloads, 3);
    assert_int_equal(f->service.polls, 3);
}

static void warns_of_another_length(void **state)
{
    struct fixture *f = *state;
    struct value *request = request_of("a pier");
    value_set(request, "seconds", value_int(10));
    struct purchase *p = buy_request(f, request);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->warnings, 1);
    assert_non_null(strstr(f->warning, "5.00 s"));
}

static void another_origin_stops(void **state)
{
    struct fixture *f = *state;
    until_settled(f, buy(f, "a pier"));
    next_run(f);
    snprintf(f->url, sizeof(f->url), "http://localhost:%d", f->service.port);
    snprintf(f->origin, sizeof(f->origin), "%s", f->url);
    struct purchase *p = buy(f, "a cliff");
    until_settled(f, p);
    assert_failure(p, "refused", ERR_GATEWAY);
    assert_int_equal(f->service.posts, 1);
}

static void budget_is_kept(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.budget = 30000;
    start_engine(f);
    struct purchase *p = buy(f, "a pier"), *other = buy(f, "a cliff");
    until_settled(f, p);
    until_settled(f, other);
    assert_delivered(p);
    assert_failure(other, "budget", ERR_NONE);
    assert_int_equal(f->service.posts, 1);

    struct value *request = request_of("a dune");
    value_remove(request, "seconds"); // without a price
    struct order order = {
        .gateway = &f->gateway, .route = "generate", .request = request};
    struct err err;
    assert_null(engine_buy(f->engine, &order, &err));
    assert_int_equal(err.kind, ERR_RECIPE);
    value_free(request);
}

static void mistakes_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *field, *text, *says;
    } cases[] = {
        {"image", "none.png", "none.png"},
        {"image", "../secret.png", "none.png"},
        {"image", "link.png", "leads out of"},
        {"image", "media", "not a PNG"},
        {"image", ".", ""},
        {"nothing", "x", "nothing"},
    };
    char *link = path_join(f->dir, "link.png");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    free(link);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value *request = request_of("a pier");
        value_set(request, cases[i].field, value_str(cases[i].text));
        struct order order = {
            .gateway = &f->gateway, .route = "generate", .request = request};
        struct err err;
        assert_null(engine_buy(f->engine, &order, &err));
        assert_int_equal(err.kind, ERR_RECIPE);
        if (i != 1)
            assert_non_null(strstr(err.text, cases[i].says));
        value_free(request);
    }
    assert_int_equal(f->service.requests, 0);
}

static void file_goes_as_data(void **state)
{
    struct fixture *f = *state;
    static const char png[] = "\x89PNG\r\n\x1a\n and more";
    char *paths[] = {path_join(f->dir, "a.png"), path_join(f->dir, "b.png")};
    for (int i = 0; i < 2; i++)
        assert_true(file_write(paths[i], png, sizeof(png) - 1, 0600, NULL));
    struct value *request = request_of("a pier");
    value_set(request, "image", value_str("a.png"));
    struct purchase *p = buy_request(f, request);
    request = request_of("a pier"); // another name, the same picture
    value_set(request, "image", value_str("b.png"));
    assert_ptr_equal(buy_request(f, request), p);
    until_settled(f, p);
    assert_delivered(p);
    assert_non_null(strstr(f->service.body,
                           "data:image/png;base64,iVBORw0KGgogYW5kIG1vcmU="));
    free(paths[0]);
    free(paths[1]);
}

static void stop_fetches_what_is_ready(void **state)
{
    struct fixture *f = *state;
    f->service.stuck = 1;
    struct purchase *running = buy(f, "a pier");
    until_state(f, running, ATTEMPT_RUNNING);
    struct purchase *ready = buy(f, "a cliff");
    until_state(f, ready, ATTEMPT_READY);
    engine_stop(f->engine);
    struct purchase *late = buy(f, "a dune");
    assert_failure(late, "stopped", ERR_NONE);
    assert_failure(running, "stopped", ERR_NET);
    while (!engine_quiet(f->engine))
        turn_once(f);
    assert_delivered(ready);
    assert_int_equal(f->service.posts, 2);
}

// A live run has it under way: wait for it, and buy nothing.
static void another_run_is_waited_for(void **state)
{
    struct fixture *f = *state;
    f->service.running = 1000;
    struct purchase *mine = buy(f, "a pier");
    until_state(f, mine, ATTEMPT_RUNNING);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct engine_config config = f->config;
    config.run = lock.id;
    struct engine *other = engine_new(&config, NULL);
    struct value *request = request_of("a pier");
    struct order order = {.gateway = &f->gateway,
                          .route = "generate",
                          .request = request,
                          .take = 1};
    struct purchase *theirs = engine_buy(other, &order, NULL);
    value_free(request);
    assert_false(purchase_settled(theirs));
    f->service.running = 0;
    while (!purchase_settled(theirs)) {
        engine_step(other);
        turn_once(f);
        engine_step(other);
    }
    assert_delivered(mine);
    assert_delivered(theirs);
    assert_int_equal(f->service.posts, 1);
    engine_free(other);
    run_lock_drop(&lock);
}

// Its owner moved it after it was looked at, and then ended.
static void adopted_as_it_is_by_then(void **state)
{
    struct fixture *f = *state;
    f->service.running = 1000;
    until_state(f, buy(f, "a pier"), ATTEMPT_RUNNING);
    f->service.running = 0;
    next_run(f);
    // Behind the row of the run, which has to be written first.
    struct ledger_move move = {.attempt = 1,
                               .from = ATTEMPT_RUNNING,
                               .to = ATTEMPT_READY,
                               .urls = "[]",
                               .price = -1,
                               .now_ms = 1};
    ledger_move(f->ledger, &move, NULL, NULL);
    struct purchase *p = buy(f, "a pier");
    assert_int_equal(purchase_state(p), ATTEMPT_RUNNING);
    until_settled(f, p);
    assert_delivered(p);
}

static int64_t tomorrow(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system) + 24 * 3600 * 1000;
}

static int64_t as_ever(void *ctx)
{
    (void)ctx;
    return clock_mono_ms(&clock_system);
}

// The service has forgotten the task since; its file is still there.
static void recorded_link_outlives_the_task(void **state)
{
    struct fixture *f = *state;
    struct clock clock = {.wall_ms = tomorrow, .mono_ms = as_ever};
    f->service.clip = "<html>sorry</html>";
    struct purchase *p = buy(f, "a pier"), *other = buy(f, "a cliff");
    until_settled(f, p);
    until_settled(f, other);
    assert_failure(p, "bad_clip", ERR_NET);
    f->service.clip = "FAKEVIDEO";
    f->service.missing = 1000;
    end_run(f);
    begin_run(f);
    f->config.clock = &clock;
    start_engine(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    f->service.gone = 1000;
    other = buy(f, "a cliff");
    until_settled(f, other);
    assert_failure(other, "forgotten", ERR_NONE);
    assert_int_equal(f->service.posts, 2);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void on_log(void *ctx, enum log_level level, const char *line)
{
    bool *said = ctx;
    *said |= level == LOG_ERROR && strstr(line, "task-1") &&
             strstr(line, "could not be recorded");
}

// What is bought is written down as soon as there is room again.
static void full_disk_loses_no_task(void **state)
{
    struct fixture *f = *state;
    signal(SIGXFSZ, SIG_IGN);
    struct purchase *p = buy(f, "a pier");
    while (f->service.n == 0)
        turn_once(f);
    limit_files(1);
    bool said = false;
    log_set_sink(on_log, &said);
    while (!said)
        turn_once(f);
    log_set_sink(NULL, NULL);
    assert_false(purchase_settled(p));
    assert_int_equal(purchase_state(p), ATTEMPT_SUBMITTING);
    limit_files(RLIM_INFINITY);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(refused_key_is_asked_again_next_time),
        EACH(too_fast_waits),
        EACH(nobody_there),
        EACH(not_visible_at_first),
        EACH(failed_task_is_recorded),
        EACH(page_instead_of_a_clip_is_kept),
        EACH(clip_that_ends_its_reader),
        EACH(no_reader_at_all),
        EACH(expired_link_is_renewed),
        EACH(warns_of_another_length),
        EACH(another_origin_stops),
        EACH(budget_is_kept),
        EACH(mistakes_are_refused),
        EACH(file_goes_as_data),
        EACH(stop_fetches_what_is_ready),
        EACH(another_run_is_waited_for),
        EACH(adopted_as_it_is_by_then),
        EACH(recorded_link_outlives_the_task),
        EACH(full_disk_loses_no_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
