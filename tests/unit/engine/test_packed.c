// A request that was put away as a text is the same when somebody looks at it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/json.h"
#include "engine/purchase.h"

struct fixture {
    struct engine engine;
    struct gate gate;
    struct purchase p;
    struct value *was;
};

static struct value *request(void)
{
    static const char nul[] = {'a', 0, 'b'};
    struct value *v = value_map(), *list = value_list(), *deep = value_map();
    value_set(v, "prompt", value_str("a \"pier\"\n\\ \x01 \xc3\xa9 \x7f"));
    value_set(v, "nul", value_strn(nul, sizeof(nul)));
    value_set(v, "whole", value_int(INT64_MAX));
    value_set(v, "least", value_int(INT64_MIN));
    value_set(v, "tenth", value_real(0.1));
    value_set(v, "small", value_real(-4.9e-324));
    value_set(v, "", value_bool(false));
    value_add(list, value_null());
    value_add(list, value_map());
    value_set(v, "list", list);
    for (int depth = 0; depth < JSON_DEPTH_MAX - 2; depth++) {
        struct value *outer = value_map();
        value_set(outer, "d", deep);
        deep = outer;
    }
    value_set(v, "deep", deep);
    return v;
}

static void begin(struct fixture *f, enum attempt_state state)
{
    *f = (struct fixture){.was = request()};
    f->gate.engine = &f->engine;
    f->p = (struct purchase){.engine = &f->engine,
                             .gate = &f->gate,
                             .state = state,
                             .request = value_copy(f->was)};
}

static void end(struct fixture *f)
{
    value_free(f->was);
    value_free(f->p.request);
    free(f->p.packed);
}

static void what_runs_is_put_away_once_and_is_the_same(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ATTEMPT_RUNNING);
    purchase_pack(&f.p);
    assert_null(f.p.request);
    assert_true(value_equal(purchase_request(&f.p), f.was));
    assert_ptr_equal(purchase_named(&f.p), purchase_request(&f.p));
    assert_null(f.p.packed);
    purchase_pack(&f.p); // who looked once may have kept it
    assert_non_null(f.p.request);
    end(&f);
}

static void what_does_not_run_stays_as_it_is(void **state)
{
    (void)state;
    static const enum attempt_state states[] = {
        ATTEMPT_INTENT, ATTEMPT_SUBMITTING, ATTEMPT_UNKNOWN, ATTEMPT_READY};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct fixture f;
        begin(&f, states[i]);
        purchase_pack(&f.p);
        assert_non_null(f.p.request);
        f.p.state = ATTEMPT_RUNNING;
        f.p.settled = true;
        purchase_pack(&f.p);
        assert_non_null(f.p.request);
        end(&f);
    }
}

// In a line that is not long nobody gains by it. What was made ready to be sent
// is put away once more when it runs.
static void what_waits_in_a_long_line_is_put_away(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, ATTEMPT_INTENT);
    f.p.in_line = true;
    f.engine.held = 1500;
    purchase_pack(&f.p);
    assert_non_null(f.p.request);
    f.engine.held++;
    purchase_pack(&f.p);
    assert_null(f.p.request);
    assert_true(value_equal(purchase_request(&f.p), f.was));
    purchase_pack(&f.p);
    assert_non_null(f.p.request);
    f.p.was_packed = f.p.in_line = false;
    purchase_pack(&f.p);
    assert_non_null(f.p.request); // it is on its way
    f.p.state = ATTEMPT_ACCEPTED;
    purchase_pack(&f.p);
    assert_null(f.p.request);
    assert_true(value_equal(purchase_request(&f.p), f.was));
    end(&f);
}

static struct value *addresses(void)
{
    struct value *urls = value_list();
    value_add(urls, value_str("https://a.example/1.mp4?x=\"\\\x01\xc3\xa9&y"));
    value_add(urls, value_str("https://a.example/2.mp4"));
    return urls;
}

static void addresses_in_a_long_line_are_put_away(void **state)
{
    (void)state;
    struct fixture f;
    struct value *was = addresses();
    begin(&f, ATTEMPT_READY);
    f.p.urls = addresses();
    f.p.in_line = true;
    f.engine.held = 1500;
    purchase_pack(&f.p);
    assert_non_null(f.p.urls);
    f.engine.held++;
    f.p.in_line = false;
    purchase_pack(&f.p);
    assert_non_null(f.p.urls); // they are being used
    f.p.in_line = true;
    f.p.state = ATTEMPT_FETCHING;
    purchase_pack(&f.p);
    assert_non_null(f.p.urls);
    f.p.state = ATTEMPT_READY;
    purchase_pack(&f.p);
    assert_null(f.p.urls);
    purchase_unpack_urls(&f.p);
    assert_true(value_equal(f.p.urls, was));
    assert_null(f.p.packed_urls);
    value_free(f.p.urls);
    f.p.urls = NULL;
    purchase_unpack_urls(&f.p);
    assert_null(f.p.urls);
    value_free(was);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_is_put_away_once_and_is_the_same),
        cmocka_unit_test(what_does_not_run_stays_as_it_is),
        cmocka_unit_test(what_waits_in_a_long_line_is_put_away),
        cmocka_unit_test(addresses_in_a_long_line_are_put_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
