#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "report/listing.h"
#include "report/showing.h"

static struct value *row_of(const char *json)
{
    struct err err;
    struct value *v = json_read(json, strlen(json), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s", err.text);
    return v;
}

static void is(struct buf *out, const char *text)
{
    assert_string_equal(out->data, text);
    buf_free(out);
}

static struct buf empty(void)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    return out;
}

static void ages_read_well(void **state)
{
    (void)state;
    const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {-5, "0 s"},         {999, "0 s"},          {119999, "119 s"},
        {120000, "2 min"},   {7199999, "119 min"},  {7200000, "2 h"},
        {172799999, "47 h"}, {172800000, "2 days"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = empty();
        age_text(rows[i].ms, &out);
        is(&out, rows[i].text);
    }
}

static void moments_are_utc(void **state)
{
    (void)state;
    struct buf out = empty();
    moment_text(1795264168779, &out);
    is(&out, "2026-11-21 12:29:28 UTC");
}

static void what_came_from_outside_is_flat_and_bounded(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t max;
        const char *shown;
    } rows[] = {
        {"a\nb\tc\r", 100, "a\\nb\\tc\\r"},
        {"a\033[31mb", 100, "a?[31mb"},
        {"0123456789", 4, "0123… (6 more bytes)"},
        {"", 4, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = empty();
        shown_text(rows[i].text, strlen(rows[i].text), rows[i].max, &out);
        is(&out, rows[i].shown);
    }
}

static void a_run_is_one_line(void **state)
{
    (void)state;
    const struct {
        const char *row;
        enum run_course course;
        const char *line;
    } rows[] = {
        {"{\"recipe\":\"orbit\",\"started_ms\":1000}", RUN_GOES_ON,
         "  running     orbit  60 s ago  tarmac run a.yaml\n"},
        {"{\"recipe\":\"orbit\",\"started_ms\":1000}", RUN_DIED,
         "  died        orbit  60 s ago  tarmac run a.yaml\n"},
        {"{\"recipe\":\"orbit\",\"started_ms\":1000,\"ended_ms\":3000,"
         "\"exit\":0}",
         RUN_ENDED,
         "  done        orbit  60 s ago, took 2 s  tarmac run a.yaml\n"},
        {"{\"recipe\":\"orbit\",\"started_ms\":1000,\"ended_ms\":3000,"
         "\"exit\":6}",
         RUN_ENDED,
         "  unknown     orbit  60 s ago, took 2 s, exit 6  tarmac run "
         "a.yaml\n"},
        {"{\"recipe\":\"orbit\",\"started_ms\":9223372036854775807,"
         "\"ended_ms\":-9223372036854775807,\"exit\":0}",
         RUN_ENDED,
         "  done        orbit  0 s ago, took 0 s  tarmac run a.yaml\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct value *row = row_of(rows[i].row);
        struct buf out = empty();
        listing_run(row, rows[i].course, "tarmac run a.yaml", 61000, &out);
        is(&out, rows[i].line);
        value_free(row);
    }
}

static void totals_are_two_lines(void **state)
{
    (void)state;
    struct ledger_totals totals = {.spent = 1000, .reserved = 2500};
    totals.purchases[ATTEMPT_DELIVERED] = 1;
    totals.purchases[ATTEMPT_RUNNING] = 2;
    struct buf out = empty();
    listing_totals(&totals, &out);
    is(&out, "3 purchases: 2 running, 1 delivered\n"
             "1 credit spent, 2.5 credits reserved by open purchases\n");
    totals = (struct ledger_totals){.unknown = 25000, .unpriced = 1};
    totals.purchases[ATTEMPT_UNKNOWN] = 1;
    out = empty();
    listing_totals(&totals, &out);
    is(&out, "1 purchase: 1 unknown\n"
             "0 credits spent, 25 credits perhaps spent by unknown ones; 1 "
             "without a known price\n");
    totals = (struct ledger_totals){0};
    out = empty();
    listing_totals(&totals, &out);
    is(&out, "no purchases yet\n");
}

static void an_attempt_says_why_it_failed(void **state)
{
    (void)state;
    struct value *row = row_of(
        "{\"state\":\"failed\",\"cell\":\"orbit/x1\",\"gateway\":\"comet\","
        "\"credits\":25,\"task_id\":\"t-1\",\"created_ms\":1000,"
        "\"ended_ms\":31000,\"kind\":\"moderation\",\"reason\":\"a\\u001bb\"}");
    struct buf out = empty();
    listing_attempt(row, 61000, &out);
    is(&out, "  failed      orbit/x1  comet  25 credits  30 s  t-1\n"
             "              moderation: a?b\n");
    value_free(row);
}

static void each_state_says_what_to_type(void **state)
{
    (void)state;
    const struct {
        const char *state, *again, *end;
    } rows[] = {
        {"open", "tarmac run a.yaml", ": tarmac run a.yaml"},
        {"unknown", "tarmac run a.yaml", ": tarmac run a.yaml"},
        {"refused", "tarmac run a.yaml", ": tarmac run a.yaml"},
        {"failed", "tarmac run a.yaml", ": tarmac run a.yaml --retry-failed"},
        {"forgotten", "tarmac run a.yaml --retry-failed",
         ": tarmac run a.yaml --retry-failed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = empty();
        listing_next(rows[i].state, rows[i].again, &out);
        const char *colon = strrchr(out.data, ':');
        assert_non_null(colon);
        assert_string_equal(colon, rows[i].end);
        buf_free(&out);
    }
    struct buf out = empty();
    listing_next("delivered", "tarmac run a.yaml", &out);
    is(&out, "");
}

static void a_purchase_is_told_whole(void **state)
{
    (void)state;
    struct value *tree = row_of(
        "{\"fingerprint\":\"abc\",\"recipe\":\"r\",\"cell\":\"r/x1\","
        "\"gateway\":\"comet\",\"route\":\"generate\",\"take\":1,"
        "\"request\":{\"motion\":{\"x\":1.5},\"tags\":[\"a\"]},"
        "\"attempts\":[{\"attempt\":1,\"state\":\"delivered\",\"credits\":25,"
        "\"task_id\":\"t-1\",\"created_ms\":1795264168779,"
        "\"clips\":[{\"n\":1,\"sha256\":\"5a\",\"bytes\":9,\"seconds\":5.5,"
        "\"width\":16,\"height\":9,\"path\":\"/s/5a.mp4\",\"present\":false,"
        "\"outputs\":[\"out/a.mp4\"]}],"
        "\"wire\":{\"status\":200,\"body\":\"{\\n}\\u0007\"}}]}");
    struct buf out = empty();
    showing_purchase(tree, &out);
    is(&out, "cell         r/x1\n"
             "recipe       r\n"
             "gateway      comet\n"
             "route        generate\n"
             "take         1\n"
             "fingerprint  abc\n"
             "request\n"
             "  motion:\n"
             "    x: 1.5\n"
             "  tags:\n"
             "    - a\n"
             "attempt      1\n"
             "  state      delivered\n"
             "  price      25 credits\n"
             "  task_id    t-1\n"
             "  asked      2026-11-21 12:29:28 UTC\n"
             "  clip       1: 5.5 s, 16x9, 9 bytes\n"
             "    sha256   5a\n"
             "    file     /s/5a.mp4\n"
             "             (gone; running again brings it back)\n"
             "    output   out/a.mp4\n"
             "  answer\n"
             "    status: 200\n"
             "    body: {\\n}?\n");
    value_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_read_well),
        cmocka_unit_test(moments_are_utc),
        cmocka_unit_test(what_came_from_outside_is_flat_and_bounded),
        cmocka_unit_test(a_run_is_one_line),
        cmocka_unit_test(totals_are_two_lines),
        cmocka_unit_test(an_attempt_says_why_it_failed),
        cmocka_unit_test(each_state_says_what_to_type),
        cmocka_unit_test(a_purchase_is_told_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
