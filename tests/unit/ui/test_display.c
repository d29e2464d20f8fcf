#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/json.h"
#include "engine/inside.h"
#include "ui/display.h"

#define TASKS 4

static int64_t now_ms;
static char shop[] = "shop";
static const struct gateway gateway = {.name = shop, .identity = shop};
static struct gate gate = {.gateway = &gateway};

static int64_t at(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct clock clock_of_test = {.wall_ms = at, .mono_ms = at};

// What comes out of `fd` between begin() and end().
struct capture {
    int fd, kept;
    FILE *file;
};

static void begin(struct capture *capture, int fd)
{
    fflush(NULL);
    capture->fd = fd;
    capture->kept = dup(fd);
    capture->file = tmpfile();
    assert_non_null(capture->file);
    assert_int_not_equal(dup2(fileno(capture->file), fd), -1);
}

static char *end(struct capture *capture)
{
    fflush(NULL);
    long len = lseek(fileno(capture->file), 0, SEEK_END);
    char *text = xcalloc(1, (size_t)len + 1);
    assert_int_equal(pread(fileno(capture->file), text, (size_t)len, 0), len);
    dup2(capture->kept, capture->fd);
    close(capture->kept);
    fclose(capture->file);
    return text;
}

static struct purchase running(char *cell)
{
    return (struct purchase){.gate = &gate,
                             .cell = cell,
                             .route = shop,
                             .state = ATTEMPT_RUNNING,
                             .progress = -1,
                             .bought_now = true};
}

static void note(struct display *display, struct purchase *p)
{
    display_note(display, ENGINE_CHANGED, p, NULL);
}

// Two of four tasks that take a minute each, two at once, have ended.
static struct display *half_way(enum display_mode mode, struct summary *summary,
                                struct purchase tasks[TASKS])
{
    *summary = (struct summary){.cells = TASKS};
    now_ms = 5000000;
    struct display *display = display_new(mode, &clock_of_test, summary);
    display_about(display, &(struct display_about){.budget = 500000,
                                                   .recipe = "orbit",
                                                   .in_flight = 2});
    display_take_log(display);
    for (size_t i = 0; i < 2; i++)
        note(display, &tasks[i]);
    now_ms += 59000;
    display_tick(display);
    now_ms += 1000;
    for (size_t i = 0; i < 2; i++) {
        struct purchase *const bought[] = {&tasks[i]};
        struct cell_report report = {.name = tasks[i].cell,
                                     .ok = true,
                                     .purchases = bought,
                                     .n_purchases = 1};
        tasks[i].state = ATTEMPT_DELIVERED;
        tasks[i].settled = true;
        note(display, &tasks[i]);
        summary->delivered++;
        summary_bought(summary, 25000);
        display_cell(display, &report);
        note(display, &tasks[2 + i]);
    }
    return display;
}

static void set_up(struct purchase tasks[TASKS])
{
    static char names[TASKS][2] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < TASKS; i++)
        tasks[i] = running(names[i]);
}

static void a_line_a_minute(void **state)
{
    (void)state;
    struct capture capture;
    struct summary summary;
    struct purchase tasks[TASKS];
    set_up(tasks);
    begin(&capture, STDERR_FILENO);
    struct display *display = half_way(DISPLAY_PLAIN, &summary, tasks);
    assert_int_equal(display_tick(display), 1000);
    now_ms += 1000;
    display_tick(display);
    display_pause(display, true);
    now_ms += 59000;
    display_tick(display);
    display_end(display, "tarmac run x");
    now_ms += 60000;
    display_tick(display);
    display_free(display);
    char *text = end(&capture);
    assert_string_equal(
        text, "tarmac: 2 of 4 cells, 2 running; 50 credits; about 60 s left\n"
              "tarmac: 2 of 4 cells, 2 running; 50 credits; paused\n"
              "2 of 4 cells delivered; 2 bought for 50 credits\n");
    free(text);
}

static void an_event_each_five_seconds(void **state)
{
    (void)state;
    struct capture capture;
    struct summary summary;
    struct purchase tasks[TASKS];
    set_up(tasks);
    begin(&capture, STDOUT_FILENO);
    struct display *display = half_way(DISPLAY_JSON, &summary, tasks);
    display_tick(display);
    for (int i = 0; i < 10; i++) {
        now_ms += 1000;
        display_tick(display);
    }
    display_free(display);
    char *text = end(&capture);
    int events = 0;
    for (const char *s = text; (s = strstr(s, "\"progress\"")); s++)
        events++;
    assert_int_equal(events, 3); // after 59 s, 64 and 69
    assert_non_null(
        strstr(text, "{\"event\":\"progress\",\"cells\":4,\"delivered\":2,"
                     "\"failed\":0,\"running\":2,\"queued\":0,\"credits\":50,"
                     "\"budget\":500,\"eta_s\":56}\n"));
    free(text);
}

static void tells_the_money_of_the_recipe(void **state)
{
    (void)state;
    struct progress progress = {.cells = 9,
                                .delivered = 4,
                                .queued = 5,
                                .paused = true,
                                .left_ms = 4000,
                                .price = 75500,
                                .has_money = true,
                                .spent = 100000,
                                .reserved = 25000,
                                .unknown = 50000,
                                .budget = -1};
    struct value *event = progress_event(&progress);
    char *text = json_text(event);
    assert_string_equal(
        text, "{\"event\":\"progress\",\"cells\":9,\"delivered\":4,"
              "\"failed\":0,\"running\":0,\"queued\":5,\"paused\":true,"
              "\"credits\":75.5,\"spent\":100,\"reserved\":25,"
              "\"unknown\":50}");
    free(text);
    value_free(event);
}

// A line is seen at the latest with the next picture, and goes out with the
// display.
static void lines_wait_for_the_picture(void **state)
{
    (void)state;
    struct capture capture;
    struct summary summary = {.cells = 1};
    begin(&capture, STDERR_FILENO);
    now_ms = 5000000;
    struct display *display =
        display_new(DISPLAY_LIVE, &clock_of_test, &summary);
    display_take_log(display);
    display_note(display, ENGINE_WARNING, NULL, "first");
    assert_int_equal(display_tick(display), 100);
    display_note(display, ENGINE_WARNING, NULL, "second \033[2J");
    display_tick(display);
    display_free(display);
    char *text = end(&capture);
    const char *head = strstr(text, "0/1 cells");
    assert_non_null(head);
    assert_null(strstr(text, "second \033"));
    assert_null(strstr(head + 1, "0/1 cells"));
    assert_non_null(strstr(head, "\033[1A\033[K\033[1B\033[J\r\033[1A"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_a_minute),
        cmocka_unit_test(an_event_each_five_seconds),
        cmocka_unit_test(tells_the_money_of_the_recipe),
        cmocka_unit_test(lines_wait_for_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
