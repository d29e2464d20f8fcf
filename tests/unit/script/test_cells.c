// Cancelling cells: those that wait for their turn, and those that run.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/yaml.h"
#include "fake_engine.h"
#include "script/cells.h"

#define TURNS 30

struct fixture {
    struct loop *loop;
    struct engine *engine;
    struct recipe *recipe;
    struct gateway gateway;
    struct script *script;
    struct cells *cells;
    char said[400]; // "nth:kind nth:ok " of every report
    char words[200];
};

static void on_done(void *arg, const struct cell_report *report)
{
    struct fixture *f = arg;
    size_t used = strlen(f->said);
    snprintf(f->said + used, sizeof(f->said) - used, "%d:%s ", (int)report->nth,
             report->ok ? "ok" : report->kind);
    assert_non_null(report->axes);
    if (!report->ok)
        snprintf(f->words, sizeof(f->words), "%s", report->message);
}

// One prompt a cell; what comes of it follows from that, see fake_engine.h.
static void begin_on(struct fixture *f, struct loop *loop, const char *sweep)
{
    struct problems problems;
    *f = (struct fixture){.loop = loop, .engine = fake_engine_new(false)};
    problems_init(&problems, "test.yaml");
    char *text = xasprintf("tarmac: 1\nname: orbit\nrequest: {prompt: never}\n"
                           "sweep: %s\n",
                           sweep);
    struct value *tree = yaml_read(text, strlen(text), &problems);
    f->recipe = recipe_read(tree, NULL, &problems);
    assert_non_null(f->recipe);
    problems_free(&problems);
    value_free(tree);
    free(text);
    struct script_config script = {.loop = f->loop,
                                   .clock = &clock_system,
                                   .engine = f->engine,
                                   .recipe = f->recipe,
                                   .gateway = &f->gateway,
                                   .recipe_dir = "/nonexistent"};
    struct err err;
    f->script = script_new(&script, &err);
    assert_non_null(f->script);
    assert_true(script_load(f->script, NULL, 0, "", &err));
    struct cells_config config = {.loop = f->loop,
                                  .script = f->script,
                                  .recipe = f->recipe,
                                  .run = "r",
                                  .in_flight = 1,
                                  .dry = true,
                                  .done = on_done,
                                  .arg = f};
    f->cells = cells_new(&config);
}

static void begin(struct fixture *f, const char *sweep)
{
    begin_on(f, loop_new(), sweep);
}

static void step(struct fixture *f)
{
    engine_step(f->engine);
    cells_step(f->cells);
    script_run_ready(f->script);
}

static void turn(struct fixture *f, int n)
{
    for (; n > 0; n--) {
        step(f);
        loop_once(f->loop, false);
    }
}

static void end(struct fixture *f)
{
    script_free(f->script);
    cells_free(f->cells);
    engine_free(f->engine);
    recipe_free(f->recipe);
    loop_free(f->loop);
}

static void one_that_waits_for_its_turn(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{prompt: [slow, a cliff, a pier, a road, a wall]}");
    turn(&f, 1);
    assert_false(cells_cancel(f.cells, 0));
    assert_false(cells_cancel(f.cells, 6));
    assert_true(cells_cancel(f.cells, 3));
    assert_true(cells_cancel(f.cells, 5));
    assert_string_equal(f.said, "3:cancelled 5:cancelled "); // at once
    assert_non_null(strstr(f.words, "nothing was bought"));
    assert_false(cells_cancel(f.cells, 3));
    turn(&f, TURNS);
    assert_true(cells_done(f.cells));
    assert_string_equal(f.said, "3:cancelled 5:cancelled 2:ok 1:ok 4:ok ");
    assert_int_equal(fake_engine_purchases(f.engine), 3);
    assert_false(cells_cancel(f.cells, 1)); // it is done
    end(&f);
}

static void one_that_runs(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{prompt: [never, stubborn, a pier]}");
    turn(&f, 5);
    assert_true(cells_cancel(f.cells, 1));
    assert_true(cells_cancel(f.cells, 1)); // it is leaving
    assert_string_equal(f.said, "");
    turn(&f, TURNS);
    assert_string_equal(f.said, "1:cancelled 3:ok ");
    assert_non_null(strstr(f.words, "--retry-failed"));
    assert_int_equal(purchase_state(fake_engine_purchase(f.engine, 0)),
                     ATTEMPT_CANCELLED);
    assert_true(cells_cancel(f.cells, 2));
    turn(&f, TURNS);
    assert_string_equal(f.said, "1:cancelled 3:ok 2:cancelled ");
    assert_non_null(strstr(f.words, "goes on at the gateway"));
    assert_true(cells_done(f.cells));
    end(&f);
}

// Two cells ask for the same: it is cancelled with the last of them.
static void what_another_cell_waits_for(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{shot: [1, 2]}");
    turn(&f, 5);
    assert_int_equal(fake_engine_purchases(f.engine), 1);
    struct purchase *p = fake_engine_purchase(f.engine, 0);
    assert_true(cells_cancel(f.cells, 1));
    turn(&f, TURNS);
    assert_string_equal(f.said, "1:cancelled ");
    assert_int_equal(purchase_cancelled(p), CANCEL_NOT_ASKED);
    assert_true(cells_cancel(f.cells, 2));
    turn(&f, TURNS);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
    assert_string_equal(f.said, "1:cancelled 2:cancelled ");
    end(&f);
}

// A stopped run makes none of those that it had not begun.
static void one_of_a_stopped_run(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{prompt: [never, stubborn, a pier]}");
    turn(&f, 2);
    cells_stop(f.cells);
    assert_false(cells_cancel(f.cells, 3));
    assert_true(cells_cancel(f.cells, 1));
    end(&f);
    assert_string_equal(f.said, "");
}

static void on_asking(void *arg, uint64_t nth)
{
    *(uint64_t *)arg = *(uint64_t *)arg * 10 + nth;
}

static void who_has_asked_for_it(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t all = 0;
    begin(&f, "{shot: [1, 2]}");
    turn(&f, 5);
    cells_asking(f.cells, fake_engine_purchase(f.engine, 0), on_asking, &all);
    assert_true(all == 12 || all == 21);
    end(&f);
}

// In virtual time: the wait ends with its second timer, not with its first; and
// so does the cell.
static void a_pause_is_no_time(const char *limits, const char *wanted)
{
    struct fixture f;
    char *sweep = xasprintf("{shot: [1]}\nlimits: %s", limits);
    begin_on(&f, loop_new_virtual(), sweep);
    free(sweep);
    for (int i = 0; i < 5; i++)
        step(&f);
    fake_engine_paused(f.engine, 1000);
    loop_leap(f.loop);
    step(&f);
    assert_string_equal(f.said, "");
    loop_leap(f.loop);
    step(&f);
    assert_string_equal(f.said, wanted);
    end(&f);
}

static void a_pause_does_not_end_waits(void **state)
{
    (void)state;
    a_pause_is_no_time("{timeout: 60s}", "1:timeout ");
}

static void a_pause_does_not_end_cells(void **state)
{
    (void)state;
    a_pause_is_no_time("{cell_timeout: 30s}", "1:timeout ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_waits_for_its_turn),
        cmocka_unit_test(one_that_runs),
        cmocka_unit_test(what_another_cell_waits_for),
        cmocka_unit_test(one_of_a_stopped_run),
        cmocka_unit_test(who_has_asked_for_it),
        cmocka_unit_test(a_pause_does_not_end_waits),
        cmocka_unit_test(a_pause_does_not_end_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
