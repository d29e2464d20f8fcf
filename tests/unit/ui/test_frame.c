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
};

static void draws_head_bar_and_time(void **state)
{
    (void)state;
    struct frame frame = {.cells = 9,
                          .finished = 3,
                          .price = 75000,
                          .rows = rows,
                          .n = 2,
                          .started_ms = 0,
                          .now_ms = 12000,
                          .columns = 80,
                          .lines = 24};
    struct buf out;
    buf_init(&out, 8192);
    assert_int_equal(frame_draw(&frame, &out), 3);
    assert_string_equal(out.data,
                        "3/9 cells · 75 credits · 0:12\n"
                        " ⠋ orbit/x-4_r-6                running    "
                        "━━━━━━━━━━──────────  50%\n"
                        " ⠋ orbit/x-4_r0                 submitting 0:03\n");
    buf_free(&out);
}

static int widest(const char *text)
{
    int most = 0;
    for (size_t len; *text; text += len + 1) {
        len = strcspn(text, "\n");
        char line[1024];
        assert_true(len < sizeof(line));
        memcpy(line, text, len);
        line[len] = '\0';
        int now = columns_of(line);
        most = now > most ? now : most;
    }
    return most;
}

static void never_wider_or_higher_than_the_terminal(void **state)
{
    (void)state;
    for (int columns = 1; columns < 120; columns++) {
        for (int lines = 1; lines < 6; lines++) {
            struct frame frame = {.cells = 9,
                                  .rows = rows,
                                  .n = 4,
                                  .now_ms = 99999999,
                                  .columns = columns,
                                  .lines = lines};
            struct buf out;
            buf_init(&out, 8192);
            int drawn = frame_draw(&frame, &out);
            assert_true(drawn < lines || drawn == 0);
            assert_true(widest(out.data) <= columns);
            int newlines = 0;
            for (const char *p = out.data; *p; p++)
                newlines += *p == '\n';
            assert_int_equal(newlines, drawn);
            buf_free(&out);
        }
    }
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    struct frame frame = {
        .cells = 1, .rows = &rows[2], .n = 1, .columns = 80, .lines = 24};
    struct buf out;
    buf_init(&out, 8192);
    frame_draw(&frame, &out);
    assert_non_null(strstr(out.data, "る静かな港の風景_🎬1"));
    assert_int_equal(widest(out.data), 4 + 28 + 1 + 10 + 1 + 25 - 1);
    buf_free(&out);
}

static void a_long_name_keeps_its_end(void **state)
{
    (void)state;
    struct frame frame = {.cells = 1,
                          .rows = &rows[3],
                          .n = 1,
                          .now_ms = 1000,
                          .columns = 80,
                          .lines = 24};
    struct buf out;
    buf_init(&out, 8192);
    frame_draw(&frame, &out);
    assert_non_null(strstr(out.data, "…"));
    assert_non_null(strstr(out.data, "not/fit_x4 running"));
    assert_non_null(strstr(out.data, "100%"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_head_bar_and_time),
        cmocka_unit_test(never_wider_or_higher_than_the_terminal),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(a_long_name_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
