#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/summary.h"

static struct summary of(const char *const *kinds, const enum err_kind *errs,
                         size_t n)
{
    struct summary summary = {.cells = n};
    for (size_t i = 0; i < n; i++) {
        struct cell_report report = {
            .ok = !kinds[i], .changed = true, .kind = kinds[i], .err = errs[i]};
        summary_cell(&summary, &report);
    }
    return summary;
}

static void exit_codes_have_an_order(void **state)
{
    (void)state;
    const struct {
        const char *kinds[3];
        enum err_kind errs[3];
        size_t n;
        int code;
    } rows[] = {
        {{NULL}, {ERR_NONE}, 1, EXIT_ALL_DELIVERED},
        {{NULL, "failed"}, {ERR_NONE, ERR_NONE}, 2, EXIT_CELLS_FAILED},
        {{"failed", "timeout"}, {ERR_NONE, ERR_NET}, 2, EXIT_NOT_DELIVERED},
        {{"budget", "failed"}, {ERR_NONE, ERR_NONE}, 2, EXIT_BUDGET},
        {{"budget", "timeout"}, {ERR_NONE, ERR_NET}, 2, EXIT_NOT_DELIVERED},
        {{"unknown", "timeout"}, {ERR_NET, ERR_NET}, 2, EXIT_UNKNOWN},
        {{"unknown", "auth"}, {ERR_NET, ERR_GATEWAY}, 2, EXIT_REFUSED},
        {{"disk", "auth"}, {ERR_DISK, ERR_GATEWAY}, 2, EXIT_DISK},
        {{"disk", "x"}, {ERR_DISK, ERR_DEFECT}, 2, EXIT_DEFECT},
        {{"stopped", "x"}, {ERR_NONE, ERR_DEFECT}, 2, EXIT_INTERRUPTED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct summary summary = of(rows[i].kinds, rows[i].errs, rows[i].n);
        assert_int_equal(summary_exit(&summary), rows[i].code);
    }
}

static void what_a_stop_leaves_open_has_not_failed(void **state)
{
    (void)state;
    struct summary summary = {.cells = 3, .interrupted = true};
    const struct cell_report reports[] = {
        {.ok = true}, {.kind = "stopped"}, {.kind = "failed"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(summary_is_open(&summary, &reports[i]), i == 1);
        summary_cell(&summary, &reports[i]);
    }
    assert_int_equal(summary.delivered, 1);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary_exit(&summary), EXIT_INTERRUPTED);
}

static void next_steps_read_as_sentences(void **state)
{
    (void)state;
    const struct {
        int code;
        const char *line;
    } rows[] = {
        {EXIT_REFUSED, "The gateway refused; when that is mended, run again: "
                       "tarmac run r.yaml\n"},
        {EXIT_DISK, "The disk or the ledger is in the way; when that is "
                    "mended, run again: tarmac run r.yaml\n"},
        {EXIT_BUDGET, "The budget is reached; raise it, then run again: tarmac "
                      "run r.yaml\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct summary summary = {.cells = 1, .failed = 1};
        summary.codes[rows[i].code] = true;
        struct buf out;
        buf_init(&out, 4096);
        summary_text(&summary, "tarmac run r.yaml", &out);
        assert_true(strncmp(out.data, "0 of 1 cell delivered", 21) == 0);
        assert_string_equal(strchr(out.data, '\n') + 1, rows[i].line);
        buf_free(&out);
    }
}

static void says_what_to_type_next(void **state)
{
    (void)state;
    struct summary summary = {.cells = 9,
                              .delivered = 7,
                              .failed = 2,
                              .current = 3,
                              .bought = 4,
                              .price = 100500};
    summary.codes[EXIT_NOT_DELIVERED] = true;
    struct buf out;
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_string_equal(
        out.data,
        "7 of 9 cells delivered, 3 of them up to date already, 2 not; 4 bought "
        "for 100.5 credits\n"
        "Paid clips are still on their way; fetch them with: tarmac run "
        "r.yaml\n");
    buf_free(&out);
}

static void says_which_budget_would_do(void **state)
{
    (void)state;
    static const struct cell_report over = {.kind = "budget"};
    struct summary summary = {.cells = 3, .spent = {50000, 70000}};
    struct buf out;
    for (int i = 0; i < 2; i++)
        summary_cell(&summary, &over);
    summary_lacks(&summary, false, 25000);
    summary_lacks(&summary, false, 12500);
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(out.data,
                           "\n2 cells not bought; limits.budget: 87.5 "
                           "would be needed for all of them\n"));
    buf_free(&out);
    summary_lacks(&summary, true, 1000);
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(out.data, "; the gateway's budget: 71 would be "
                                     "needed for all of them\n"));
    buf_free(&out);
}

static void a_run_whose_time_is_over_goes_on_later(void **state)
{
    (void)state;
    static const struct cell_report open = {.kind = "stopped"};
    struct summary summary = {.cells = 2, .delivered = 1, .timed_out = true};
    struct buf out;
    summary_cell(&summary, &open);
    assert_int_equal(summary.failed, 0);
    summary.unfinished = 1;
    summary.codes[EXIT_NOT_DELIVERED] = true;
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(out.data,
                           "\nlimits.run_timeout is over; go on with: "
                           "tarmac run r.yaml\n"));
    assert_null(strstr(out.data, "Paid clips"));
    buf_free(&out);
}

static void what_may_have_been_bought_is_not_called_nothing(void **state)
{
    (void)state;
    struct summary summary = {.cells = 3};
    struct cell_report lost = {.kind = "unknown", .err = ERR_NET};
    struct buf out;
    buf_init(&out, 4096);
    summary_cell(&summary, &lost);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(out.data, "1 not; 1 may have been bought\n"));
    buf_free(&out);

    summary_bought(&summary, 25000);
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(
        out.data, "; 1 bought for 25 credits; 1 may have been bought\n"));
    buf_free(&out);
}

static void what_was_charged_is_what_is_told(void **state)
{
    (void)state;
    struct summary summary = {.cells = 2, .delivered = 2};
    struct buf out;
    buf_init(&out, 4096);
    summary_bought(&summary, 320000);
    summary_bought(&summary, 320000);
    summary_charged(&summary, 320000, 25000);
    summary_charged(&summary, 320000, -1); // not told
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_non_null(strstr(out.data, "; 2 bought for 345 credits\n"));
    buf_free(&out);
}

static void a_second_run_says_that_nothing_was_bought(void **state)
{
    (void)state;
    struct summary summary = {.cells = 9, .delivered = 9, .current = 9};
    struct buf out;
    buf_init(&out, 4096);
    summary_text(&summary, "tarmac run r.yaml", &out);
    assert_string_equal(out.data, "9 of 9 cells delivered, all up to date "
                                  "already; nothing was bought\n");
    buf_free(&out);
}

static void one_credit_is_singular(void **state)
{
    (void)state;
    const struct {
        int64_t thousandths;
        const char *text;
    } rows[] = {
        {1000, "1 credit"}, {25000, "25 credits"}, {1, "0.001 credits"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out;
        buf_init(&out, 64);
        credits_text(rows[i].thousandths, &out);
        assert_string_equal(out.data, rows[i].text);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_have_an_order),
        cmocka_unit_test(what_a_stop_leaves_open_has_not_failed),
        cmocka_unit_test(next_steps_read_as_sentences),
        cmocka_unit_test(says_what_to_type_next),
        cmocka_unit_test(says_which_budget_would_do),
        cmocka_unit_test(a_run_whose_time_is_over_goes_on_later),
        cmocka_unit_test(what_may_have_been_bought_is_not_called_nothing),
        cmocka_unit_test(what_was_charged_is_what_is_told),
        cmocka_unit_test(a_second_run_says_that_nothing_was_bought),
        cmocka_unit_test(one_credit_is_singular),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
