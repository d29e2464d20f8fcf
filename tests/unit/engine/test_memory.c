// Scripts that do not ask for the same when they are given the same.

#include "engine_test.h"

#include "base/hash.h"

#define CONTEXT                                                                \
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define OTHER "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define MODULES                                                                \
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

static struct call_memory memory; // of the one cell

static int setup_memory(void **state)
{
    memory = (struct call_memory){.context = CONTEXT, .cell = "cell"};
    return setup(state);
}

// The cell's script begins anew.
static void run_again(struct fixture *f)
{
    next_run(f);
    memory = (struct call_memory){.context = CONTEXT, .cell = "cell"};
}

static struct purchase *ask_with(struct fixture *f, const char *path,
                                 struct value *request, const char *inputs,
                                 struct err *err)
{
    struct order order = {.gateway = &f->gateway,
                          .route = "generate",
                          .request = request,
                          .take = 1,
                          .cell = "cell",
                          .memory = &memory,
                          .inputs = inputs,
                          .path = path};
    struct purchase *p = engine_buy(f->engine, &order, err);
    value_free(request);
    return p;
}

static struct purchase *ask(struct fixture *f, const char *path,
                            const char *prompt)
{
    struct err err = {.text = ""};
    struct purchase *p = ask_with(f, path, request_of(prompt), MODULES, &err);
    if (!p)
        fail_msg("%s", err.text);
    return p;
}

static void refused(struct fixture *f, const char *path, const char *prompt,
                    const char *why)
{
    struct err err = {.text = ""};
    int posts = f->service.posts;
    assert_null(ask_with(f, path, request_of(prompt), MODULES, &err));
    assert_int_equal(err.kind, ERR_RECIPE);
    assert_true(memory.diverged);
    if (!strstr(err.text, why) || !strstr(err.text, "was not bought") ||
        strchr(err.text, '\n'))
        fail_msg("%s", err.text);
    engine_step(f->engine);
    assert_int_equal(f->service.posts, posts);
}

static void told(struct fixture *f, const struct purchase *p,
                 const char *outcome)
{
    engine_told(f->engine, &memory, p, outcome);
}

static void deliver(struct fixture *f, const char *path, const char *prompt)
{
    struct purchase *p = ask(f, path, prompt);
    until_settled(f, p);
    assert_delivered(p);
    told(f, p, "delivered");
}

static void the_same_is_fine(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    run_again(f);
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    deliver(f, "3", "a further one");
    assert_false(memory.changed);
    assert_int_equal(f->service.posts, 3);
}

static void another_prompt_is_not_bought(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    deliver(f, "2/1", "a cliff");
    run_again(f);
    deliver(f, "1", "a pier");
    refused(f, "2/1", "a cliff of 42",
            "(call 2/1: prompt is \"a cliff of 42\" and was \"a cliff\")");
    assert_false(memory.changed);
    run_again(f); // nor the next time
    refused(f, "2/1", "a cliff of 43", "was \"a cliff\"");
}

// The letter of it: what another call has bought is another thing here.
static void what_is_bought_already_diverges_too(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    run_again(f);
    refused(f, "1", "a cliff", "call 1");
}

static void another_take_diverges(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    run_again(f);
    struct value *request = request_of("a pier");
    struct order order = {.gateway = &f->gateway,
                          .route = "generate",
                          .request = request,
                          .take = 2,
                          .cell = "cell",
                          .memory = &memory,
                          .inputs = MODULES,
                          .path = "1"};
    struct err err;
    assert_null(engine_buy(f->engine, &order, &err));
    assert_true(memory.diverged);
    assert_non_null(strstr(err.text, "take"));
    value_free(request);
}

static struct err ask_of_clip(struct fixture *f, const struct purchase *clip)
{
    struct value *video = value_map(), *request = request_of("in ink");
    value_set(video, "clip", value_str(purchase_fingerprint(clip)));
    value_set(request, "video", video);
    struct err err = {.kind = ERR_NONE};
    ask_with(f, "3", request, MODULES, &err);
    return err;
}

static void another_clip_diverges(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    assert_int_equal(ask_of_clip(f, ask(f, "1", "a pier")).kind, ERR_NONE);
    run_again(f);
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    struct err err = ask_of_clip(f, ask(f, "2", "a cliff"));
    assert_int_equal(err.kind, ERR_RECIPE);
    assert_true(memory.diverged);
    assert_non_null(strstr(err.text, "call 3: "));
}

static void a_missing_field_is_named(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    run_again(f);
    struct value *request = request_of("a pier");
    value_remove(request, "seconds");
    struct err err;
    assert_null(ask_with(f, "1", request, MODULES, &err));
    assert_non_null(strstr(err.text, "seconds is nothing and was 5"));
}

// Another recipe, script, param or gateway.
static void another_context_is_free(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    run_again(f);
    memory.context = OTHER;
    deliver(f, "1", "a cliff");
    run_again(f);
    deliver(f, "1", "a pier"); // both are remembered
    memory.cell = "another";
    deliver(f, "1", "a beach");
}

static void another_module_is_free(void **state)
{
    struct fixture *f = *state;
    struct err err;
    deliver(f, "1", "a pier");
    deliver(f, "2", "a cliff");
    run_again(f);
    assert_non_null(ask_with(f, "1", request_of("a beach"), OTHER, &err));
    assert_true(memory.changed);
    assert_non_null(ask_with(f, "2", request_of("a hill"), OTHER, &err));
    run_again(f); // and this is what counts now
    assert_non_null(ask_with(f, "1", request_of("a beach"), OTHER, &err));
    assert_null(ask_with(f, "2", request_of("a cliff"), OTHER, &err));
    assert_true(memory.diverged);
}

static void write_picture(struct fixture *f, char last)
{
    char png[] = "\x89PNG\r\n\x1a\n0123";
    char *path = path_join(f->dir, "a.png");
    png[sizeof(png) - 2] = last;
    assert_true(file_write(path, png, sizeof(png) - 1, 0600, NULL));
    free(path);
}

static struct value *request_with_picture(void)
{
    struct value *request = request_of("a pier");
    value_set(request, "image", value_str("a.png"));
    return request;
}

// The same words, and the file that they name holds something else.
static void another_picture_is_free(void **state)
{
    struct fixture *f = *state;
    struct err err = {.text = ""};
    write_picture(f, 'a');
    struct purchase *p =
        ask_with(f, "1", request_with_picture(), MODULES, &err);
    if (!p)
        fail_msg("%s", err.text);
    until_settled(f, p);
    deliver(f, "2", "a cliff");
    run_again(f);
    write_picture(f, 'b');
    assert_non_null(ask_with(f, "1", request_with_picture(), MODULES, &err));
    assert_true(memory.changed);
    deliver(f, "2", "what follows from it");
}

// A script may do something else when a purchase ended in another way.
static void another_outcome_is_free(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = ask(f, "1", "a pier");
    told(f, p, "timeout");
    deliver(f, "2", "instead of it");
    run_again(f);
    deliver(f, "1", "a pier");
    assert_true(memory.changed);
    deliver(f, "2", "a cliff");
    run_again(f);
    deliver(f, "1", "a pier"); // as told the last time
    assert_false(memory.changed);
    refused(f, "2", "instead of it", "call 2");
}

// How often it was told the same depends on the clock; in which order it was
// told what does not.
static void words_in_their_order(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = ask(f, "1", "a pier");
    told(f, p, "running");
    told(f, p, "running");
    told(f, p, "timeout");
    until_settled(f, p);
    told(f, p, "delivered");
    run_again(f);
    p = ask(f, "1", "a pier");
    told(f, p, "running");
    told(f, p, "timeout");
    told(f, p, "timeout");
    told(f, p, "delivered");
    assert_false(memory.changed);
    run_again(f);
    p = ask(f, "1", "a pier");
    told(f, p, "running");
    assert_false(memory.changed);
    told(f, p, "delivered");
    assert_true(memory.changed);
    run_again(f);
    told(f, ask(f, "1", "a pier"), "run");
    assert_true(memory.changed);
}

// Killed before anything came of it: what was asked for is on disk.
static void a_killed_run_is_remembered(void **state)
{
    struct fixture *f = *state;
    f->service.running = 1000;
    struct purchase *p = ask(f, "1", "a pier");
    until_state(f, p, ATTEMPT_SUBMITTING);
    struct ledger_call call = {CONTEXT, "cell", "1"};
    struct call_row row;
    bool found;
    assert_true(ledger_find_call(f->ledger, &call, &row, &found, NULL));
    assert_true(found);
    assert_string_equal(row.fingerprint, purchase_fingerprint(p));
    run_again(f);
    refused(f, "1", "a cliff", "call 1");
}

static void dry_says_it_too_and_notes_nothing(void **state)
{
    struct fixture *f = *state;
    deliver(f, "1", "a pier");
    run_again(f);
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    refused(f, "1", "a cliff", "prompt is \"a cliff\"");
    struct purchase *p = ask(f, "2", "a beach");
    told(f, p, "delivered");
    run_again(f);
    deliver(f, "2", "a hill"); // of which nothing was noted
    assert_false(memory.changed);
}

static void without_a_memory_nothing_is_noted(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = buy(f, "a pier");
    engine_told(f->engine, NULL, p, "delivered");
    until_settled(f, p);
    run_again(f);
    deliver(f, "1", "a cliff");
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup_memory, teardown)
    const struct CMUnitTest tests[] = {
        EACH(the_same_is_fine),
        EACH(another_prompt_is_not_bought),
        EACH(what_is_bought_already_diverges_too),
        EACH(another_take_diverges),
        EACH(another_clip_diverges),
        EACH(a_missing_field_is_named),
        EACH(another_context_is_free),
        EACH(another_module_is_free),
        EACH(another_picture_is_free),
        EACH(another_outcome_is_free),
        EACH(words_in_their_order),
        EACH(a_killed_run_is_remembered),
        EACH(dry_says_it_too_and_notes_nothing),
        EACH(without_a_memory_nothing_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
