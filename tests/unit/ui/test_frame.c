#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ui/columns.h"
#include "ui/frame.h"

static const struct frame_row rows[] = {
    {"orbit/x-4_r-6", "running", 0.5, 0},
    {"orbit/x-4_r0", "submitting", -1, 9000},
    {"海の灯台が夕暮れに光る静かな港の風景_🎬1", "running", 0.5, 0},
    {"a/very/long/name/of/a/cell/that/does/not/fit_x4", "running", 1.5, 0},
    {"evil/\033[2J\r\n\xc2\x9b\xff\xe2\x80\xae/x1", "waiting", -1, 0},
    {"", "running", 0, 0},
};

static const struct progress usual = {
    .cells = 54,
    .delivered = 12,
    .failed = 1,
    .running = 3,
    .queued = 38,
    .elapsed_ms = 172000,
    .left_ms = 240000,
    .rate = 4.5,
    .has_money = true,
    .spent = 225000,
    .reserved = 50000,
    .unknown = 25000,
    .budget = 500000,
};

static const char *drawn(struct frame frame, int *lines)
{
    static char text[256 << 10];
    struct buf out;
    buf_init(&out, sizeof(text) - 1);
    *lines = frame_draw(&frame, &out);
    assert_false(out.overflow);
    memcpy(text, out.data, out.len + 1);
    buf_free(&out);
    return text;
}

static void draws_how_far_it_is(void **state)
{
    (void)state;
    int lines;
    struct frame frame = {.progress = &usual,
                          .rows = rows,
                          .n = 2,
                          .all = 2,
                          .now_ms = 12000,
                          .columns = 100,
                          .lines = 24};
    assert_string_equal(
        drawn(frame, &lines),
        "⠇ 12/54 cells · 1 failed · 3 running · 38 queued · 4.5 a minute · "
        "2:52 · about 4 min left\n"
        "  225 credits spent · 50 reserved · 25 unknown · budget 500\n"
        "  orbit/x-4_r-6                                        running    "
        "━━━━━━━━━━──────────  50% 0:12\n"
        "  orbit/x-4_r0                                         submitting "
        "0:03\n");
    assert_int_equal(lines, 4);
    frame.ascii = true;
    frame.columns = 80;
    assert_string_equal(
        drawn(frame, &lines),
        "12/54 cells, 1 failed, 3 running, 38 queued, 2:52, about 4 min left\n"
        "225 credits spent, 50 reserved, 25 unknown, budget 500\n"
        "  orbit/x-4_r-6                    running    "
        "[#########---------]  50% 0:12\n"
        "  orbit/x-4_r0                     submitting 0:03\n");
}

// A terminal that is too narrow loses what says least.
static void a_narrow_one_keeps_what_matters(void **state)
{
    (void)state;
    int lines;
    struct frame frame = {.progress = &usual,
                          .rows = rows,
                          .n = 3,
                          .all = 1000,
                          .now_ms = 12000,
                          .columns = 20,
                          .lines = 5};
    assert_string_equal(drawn(frame, &lines), "⠇ 12/54 cells\n"
                                              "  225 credits spent\n"
                                              "  …bit/x-4_r-6  50%\n"
                                              "  and 999 more\n");
    frame.columns = 50;
    assert_non_null(strstr(drawn(frame, &lines),
                           "⠇ 12/54 cells · 1 failed · about 4 min left\n"));
    frame.lines = 3;
    drawn(frame, &lines);
    assert_int_equal(lines, 2);
    // Of a number the beginning says more.
    frame.columns = 10;
    assert_non_null(strstr(drawn(frame, &lines), "⠇ 12/54 c…\n"));
}

static void a_pause_is_told_and_nothing_is_promised(void **state)
{
    (void)state;
    int lines;
    struct progress paused = usual;
    paused.paused = true;
    struct frame frame = {
        .progress = &paused, .columns = 80, .lines = 24, .color = true};
    const char *text = drawn(frame, &lines);
    assert_non_null(strstr(text, "12/54 cells · paused · 1 failed"));
    assert_null(strstr(text, "left"));
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

// No line is wider than the terminal, nor the picture as high, whatever names
// say; and nothing of theirs acts on it.
static void check(const char *text, const struct frame *frame, int lines)
{
    int newlines = 0;
    assert_true(lines < frame->lines || lines == 0);
    for (size_t len; *text; text += len + 1) {
        char line[4096];
        len = strcspn(text, "\n");
        assert_true(len < sizeof(line) && text[len] == '\n');
        memcpy(line, text, len);
        line[len] = '\0';
        assert_true(columns_of(line) <= frame->columns);
        assert_null(strpbrk(line, "\033\r\x7f\t"));
        assert_null(strstr(line, "\xc2\x9b"));
        assert_null(strstr(line, "\xe2\x80\xae"));
        assert_true(!frame->ascii || is_ascii(line));
        newlines++;
    }
    assert_int_equal(newlines, lines);
}

static void fits_whatever_the_terminal_and_the_names(void **state)
{
    (void)state;
    for (int columns = 1; columns < 210; columns++) {
        for (int lines = 1; lines < 8; lines++) {
            for (int ascii = 0; ascii < 2; ascii++) {
                struct frame frame = {.progress = &usual,
                                      .rows = rows,
                                      .n = 6,
                                      .all = 6,
                                      .now_ms = 999999999,
                                      .columns = columns,
                                      .lines = lines,
                                      .ascii = ascii};
                int n;
                const char *text = drawn(frame, &n);
                check(text, &frame, n);
            }
        }
    }
}

static void columns_stand_below_each_other(void **state)
{
    (void)state;
    int lines;
    struct frame frame = {.progress = &usual,
                          .rows = rows,
                          .n = 5,
                          .all = 5,
                          .columns = 80,
                          .lines = 24};
    const char *text = drawn(frame, &lines);
    for (int i = 0; i < 2; i++) // the head, the money
        text = strchr(text, '\n') + 1;
    for (int i = 0; i < 5; i++) {
        const char *state_at = strstr(text, rows[i].state);
        char before[256];
        assert_non_null(state_at);
        assert_true((size_t)(state_at - text) < sizeof(before));
        memcpy(before, text, (size_t)(state_at - text));
        before[state_at - text] = '\0';
        assert_int_equal(columns_of(before), 2 + 32 + 1);
        text = strchr(text, '\n') + 1;
    }
}

static void a_long_name_keeps_its_end(void **state)
{
    (void)state;
    int lines;
    struct frame frame = {.progress = &usual,
                          .rows = &rows[3],
                          .n = 1,
                          .all = 1,
                          .now_ms = 1000,
                          .columns = 80,
                          .lines = 24};
    const char *text = drawn(frame, &lines);
    assert_non_null(strstr(text, "…"));
    assert_non_null(strstr(text, "not/fit_x4 running"));
    assert_non_null(strstr(text, "100%"));
}

static void what_would_act_on_a_terminal_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ascii;
        const char *clean;
    } cases[] = {
        {"✓ out/é.mp4\n\ttwo", false, "✓ out/é.mp4\n\ttwo"},
        {"✓ out/é.mp4 …\n", true, "+ out/?.mp4 ...\n"},
        {"a\033]0;title\ab\r", false, "a?]0;title?b?"},
        {"\xc2\x9b"
         "2J \xe2\x80\xae \xff",
         false, "?2J ? ?"},
        {"", true, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf out;
        buf_init(&out, 1000);
        frame_clean(cases[i].text, cases[i].ascii, &out);
        assert_string_equal(out.data, cases[i].clean);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_how_far_it_is),
        cmocka_unit_test(a_narrow_one_keeps_what_matters),
        cmocka_unit_test(a_pause_is_told_and_nothing_is_promised),
        cmocka_unit_test(fits_whatever_the_terminal_and_the_names),
        cmocka_unit_test(columns_stand_below_each_other),
        cmocka_unit_test(a_long_name_keeps_its_end),
        cmocka_unit_test(what_would_act_on_a_terminal_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
