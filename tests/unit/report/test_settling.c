#include "report/settling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "report/listing.h"

static struct value *tree_of(const char *json)
{
    struct value *v = json_read(json, strlen(json), JSON_LENIENT, NULL);
    assert_non_null(v);
    return v;
}

static struct buf told(const struct settling *settling)
{
    struct value *tree =
        tree_of("{\"cell\":\"r/x1\",\"attempts\":[{\"attempt\":1,"
                "\"state\":\"unknown\",\"wire\":{\"body\":\"a\\u001bb\"}}]}");
    struct buf out;
    buf_init(&out, 1 << 16);
    settling_text(tree, settling, &out);
    value_free(tree);
    assert_null(strchr(out.data, '\x1b'));
    assert_non_null(strstr(out.data, "r/x1"));
    return out;
}

static void an_unknown_one_has_three_choices(void **state)
{
    (void)state;
    struct settling s = {.fingerprint = "0123456789abcdef",
                         .again = "tarmac run r",
                         .port = 4100};
    struct buf out = told(&s);
    assert_non_null(
        strstr(out.data, "tarmac settle 0123456789ab --adopt TASK_ID"));
    assert_non_null(
        strstr(out.data, "tarmac settle 0123456789ab --not-bought"));
    assert_non_null(strstr(out.data, "tarmac settle 0123456789ab --buy-again"));
    assert_non_null(strstr(out.data, "port 4100"));
    buf_free(&out);
}

static void one_that_settles_itself_has_none(void **state)
{
    (void)state;
    struct settling alive = {
        .fingerprint = "01", .again = "tarmac run r", .run_is_alive = true};
    struct buf out = told(&alive);
    assert_null(strstr(out.data, "--buy-again"));
    buf_free(&out);
    struct settling noted = {
        .fingerprint = "01", .again = "tarmac run r", .noted = "t\x1b-1"};
    out = told(&noted);
    assert_null(strstr(out.data, "--buy-again"));
    assert_non_null(strstr(out.data, "task t?-1; fetch it with: tarmac run r"));
    buf_free(&out);
}

static void a_program_reads_what_to_type(void **state)
{
    (void)state;
    struct settling s = {.fingerprint = "0123456789abcdef",
                         .again = "tarmac run r"};
    struct value *event = value_map();
    settling_add(&s, event);
    assert_string_equal(value_get_text(event, "next"),
                        "tarmac settle 0123456789ab");
    value_free(event);
    s.run_is_alive = true;
    event = value_map();
    settling_add(&s, event);
    assert_string_equal(value_get_text(event, "next"), "tarmac run r");
    value_free(event);
}

static void a_choice_says_what_to_type(void **state)
{
    (void)state;
    static const enum settle_choice choices[] = {
        SETTLE_ADOPT, SETTLE_NOT_BOUGHT, SETTLE_BUY_AGAIN};
    struct value *row = tree_of("{\"cell\":\"r/x1\"}");
    for (size_t i = 0; i < 3; i++) {
        struct buf out;
        buf_init(&out, 1 << 16);
        settling_done(row, choices[i], "tarmac run r", &out);
        assert_ptr_equal(strstr(out.data, "r/x1: "), out.data);
        assert_non_null(strstr(out.data, " with: tarmac run r"));
        buf_free(&out);
    }
    value_free(row);
}

static void an_event_is_one_line(void **state)
{
    (void)state;
    struct value *row =
        tree_of("{\"at_ms\":1795264168779,\"what\":\"refused\","
                "\"cell\":\"r/x1\",\"recipe\":\"r\",\"gateway\":\"comet\","
                "\"credits\":25,\"kind\":\"auth\",\"reason\":\"a\\nb\"}");
    struct buf out;
    buf_init(&out, 1 << 16);
    listing_event(row, &out);
    assert_string_equal(out.data, "2026-11-21 12:29:28 UTC  refused      r/x1  "
                                  "comet  25 credits  auth: a\\nb\n");
    buf_free(&out);
    value_free(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_one_has_three_choices),
        cmocka_unit_test(one_that_settles_itself_has_none),
        cmocka_unit_test(a_program_reads_what_to_type),
        cmocka_unit_test(a_choice_says_what_to_type),
        cmocka_unit_test(an_event_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
