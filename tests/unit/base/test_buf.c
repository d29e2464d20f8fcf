#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

static void grows_to_its_ceiling(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(buf_byte(&b, 'x'));
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.data[1000], 0);
    assert_false(b.overflow);
    assert_false(buf_byte(&b, 'y'));
    assert_true(b.overflow);
    assert_int_equal(b.len, 1000);
    buf_clear(&b);
    assert_false(b.overflow);
    assert_string_equal(b.data, "");
    assert_true(buf_add(&b, NULL, 0));
    buf_free(&b);
}

static void drops_whole_what_does_not_fit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    assert_true(buf_str(&b, "abc"));
    assert_false(buf_str(&b, "def"));
    assert_string_equal(b.data, "abc");
    assert_true(b.overflow);
    assert_false(buf_printf(&b, "%s", "ghi"));
    assert_string_equal(b.data, "abc");
    assert_true(buf_printf(&b, "%d", 42));
    assert_string_equal(b.data, "abc42");
    assert_true(b.overflow); // remembered
    buf_free(&b);
}

static void zero_ceiling_holds_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_string_equal(b.data, "");
    assert_true(buf_str(&b, ""));
    assert_false(buf_byte(&b, 'x'));
    buf_free(&b);
    buf_init(&b, SIZE_MAX);
    assert_true(buf_str(&b, "fine"));
    buf_free(&b);
}

static void take_leaves_an_empty_one(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_true(buf_add(&b, "a\0b", 3));
    char *text = buf_take(&b);
    assert_memory_equal(text, "a\0b", 4);
    free(text);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 1 << 20);
    assert_true(buf_str(&b, "again"));
    assert_string_equal(b.data, "again");
    buf_free(&b);
}

static void err_is_one_line(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, ERR_DISK, "a\nb%s\n", "c"));
    assert_int_equal(err.kind, ERR_DISK);
    assert_string_equal(err.text, "a bc");
    assert_false(err_set(&err, ERR_NET, "more: %s", err.text));
    assert_string_equal(err.text, "more: a bc");
    assert_false(err_set(NULL, ERR_NET, "nobody listens"));

    char text[2 * ERR_TEXT_MAX + 1];
    for (size_t i = 0; i < ERR_TEXT_MAX; i++)
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    text[2 * ERR_TEXT_MAX] = '\0';
    err_set(&err, ERR_FORMAT, "%s", text);
    assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 2); // no half of one
}

struct lines {
    int n;
    enum log_level level;
    char last[100];
};

static void keep(void *ctx, enum log_level level, const char *line)
{
    struct lines *lines = ctx;
    lines->n++;
    lines->level = level;
    size_t have = strlen(lines->last);
    snprintf(lines->last + have, sizeof(lines->last) - have, "%s", line);
}

static void log_reaches_its_sink(void **state)
{
    (void)state;
    struct lines lines = {0};
    log_set_sink(keep, &lines);
    log_debug("hidden");
    assert_int_equal(lines.n, 0);
    log_warn("%d left\n", 3);
    assert_int_equal(lines.n, 1);
    assert_int_equal(lines.level, LOG_WARN);
    assert_string_equal(lines.last, "3 left");
    log_set_level(LOG_DEBUG);
    log_debug("!");
    assert_int_equal(lines.level, LOG_DEBUG);
    log_set_level(LOG_ERROR);
    log_info("?");
    log_warn("?");
    log_error(".");
    assert_string_equal(lines.last, "3 left!.");
    log_set_level(LOG_INFO);
    log_set_sink(NULL, NULL);
}

static void clock_goes_on(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms(&clock_system);
    assert_true(clock_mono_ms(&clock_system) >= before);
    assert_true(clock_wall_ms(&clock_system) > 1700000000000);
}

static void strings_are_copied(void **state)
{
    (void)state;
    assert_null(xstrdup(NULL));
    char *s = xstrndup("abc", 2);
    assert_string_equal(s, "ab");
    free(s);
    s = xstrndup("abc", 100);
    assert_string_equal(s, "abc");
    free(s);
    s = xasprintf("%s-%d", "x", 7);
    assert_string_equal(s, "x-7");
    free(s);
    free(xmalloc(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_ceiling),
        cmocka_unit_test(drops_whole_what_does_not_fit),
        cmocka_unit_test(zero_ceiling_holds_nothing),
        cmocka_unit_test(take_leaves_an_empty_one),
        cmocka_unit_test(err_is_one_line),
        cmocka_unit_test(log_reaches_its_sink),
        cmocka_unit_test(clock_goes_on),
        cmocka_unit_test(strings_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
