// Where each cell of a montage stands, and what is written beside it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/json.h"
#include "report/montage.h"

static struct value *parse(const char *text)
{
    struct err err = {.text = ""};
    struct value *v = json_read(text, strlen(text), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s: %s", text, err.text);
    return v;
}

static int nth;

static void add(struct montage *m, const char *axes, int take, int width,
                int height)
{
    char *text = xasprintf(
        "{\"nth\":%d,\"name\":\"r/%d\",\"take\":%d,\"axes\":%s,\"state\":"
        "\"delivered\",\"clips\":[{\"sha256\":\"ab\",\"ext\":\"mp4\","
        "\"width\":%d,\"height\":%d}]}",
        nth + 1, nth + 1, take, axes, width, height);
    struct value *cell = parse(text);
    nth++;
    montage_add(m, cell);
    value_free(cell);
    free(text);
}

static struct montage *begin(enum montage_kind kind)
{
    nth = 0;
    return montage_new(kind);
}

static bool lay(struct montage *m, const char *columns, struct err *err)
{
    struct value *head =
        parse("{\"recipe\":{\"name\":\"orbit\",\"about\":\"One\\nprompt\"},"
              "\"run\":{\"id\":\"5f1c2a00112233445566778899aabbcc\","
              "\"started_ms\":1763770000000},\"money\":{\"spent\":225}}");
    bool ok = montage_lay(m, head, columns, err);
    value_free(head);
    return ok;
}

static struct value *laid(struct montage *m, const char *columns)
{
    struct err err = {.text = ""};
    if (!lay(m, columns, &err))
        fail_msg("%s", err.text);
    return montage_spec(m);
}

static int at(const struct value *spec, size_t cell, const char *key)
{
    return (int)value_integer(
        value_get(value_at(value_get(spec, "cells"), cell), key), -1);
}

// How often this is written.
static int count(const struct value *spec, const char *dim, const char *text)
{
    const struct value *texts = value_get(spec, "texts");
    int n = 0;
    for (size_t i = 0; i < value_count(texts); i++) {
        const struct value *t = value_at(texts, i);
        n += strcmp(value_get_text(t, "dim"), dim) == 0 &&
             strcmp(value_get_text(t, "text"), text) == 0;
    }
    return n;
}

static void expect_inside(const struct value *spec)
{
    int width = (int)value_integer(value_get(spec, "width"), 0);
    int height = (int)value_integer(value_get(spec, "height"), 0);
    const struct value *cells = value_get(spec, "cells");
    assert_true(width % 2 == 0 && height % 2 == 0);
    for (size_t i = 0; i < value_count(cells); i++) {
        assert_true(at(spec, i, "x") + at(spec, i, "width") <= width);
        assert_true(at(spec, i, "y") + at(spec, i, "height") <= height);
        for (size_t k = 0; k < i; k++)
            assert_true(at(spec, i, "x") != at(spec, k, "x") ||
                        at(spec, i, "y") != at(spec, k, "y"));
    }
}

static struct montage *grid(enum montage_kind kind, int columns, int rows)
{
    struct montage *m = begin(kind);
    for (int x = 0; x < columns; x++) {
        for (int r = 0; r < rows; r++) {
            char *axes = xasprintf(
                "{\"motion.x\":%d,\"motion.r\":%d,\"seed\":7}", x - 1, r * 6);
            add(m, axes, 1, 1280, 720);
            free(axes);
        }
    }
    return m;
}

static void test_a_grid(void **state)
{
    (void)state;
    struct montage *m = grid(MONTAGE_SHEET, 3, 2);
    struct value *spec = laid(m, NULL);
    expect_inside(spec);
    // The longer axis is across, whichever is the outer one.
    assert_int_equal(at(spec, 0, "x"), at(spec, 1, "x"));
    assert_int_equal(at(spec, 0, "y"), at(spec, 2, "y"));
    assert_true(at(spec, 0, "y") < at(spec, 1, "y"));
    assert_true(at(spec, 0, "x") < at(spec, 2, "x"));
    assert_int_equal(count(spec, "motion.x", "-1"), 1);
    assert_int_equal(count(spec, "motion.x", "1"), 1);
    assert_int_equal(count(spec, "motion.r", "6"), 1);
    assert_int_equal(count(spec, "seed 7", ""), 1);
    assert_int_equal(count(spec, "", "orbit"), 1);
    assert_int_equal(count(spec, "", "One prompt"), 1);
    assert_int_equal(
        count(spec,
              "run 5f1c2a00  ·  2025-11-22 00:06 UTC  ·  6 cells  ·  "
              "225 credits",
              ""),
        1);
    value_free(spec);
    montage_free(m);
    m = grid(MONTAGE_SHEET, 3, 2);
    spec = laid(m, "motion.r");
    assert_int_equal(at(spec, 0, "y"), at(spec, 1, "y"));
    value_free(spec);
    montage_free(m);
    m = grid(MONTAGE_FILM, 3, 2);
    spec = laid(m, "motion.r,motion.x");
    expect_inside(spec);
    assert_int_equal(at(spec, 0, "y"), at(spec, 5, "y"));
    value_free(spec);
    montage_free(m);
}

static void test_a_group_and_takes(void **state)
{
    (void)state;
    struct montage *m = begin(MONTAGE_SHEET);
    for (int shot = 1; shot <= 3; shot++) {
        for (int take = 1; take <= 2; take++) {
            char *axes = xasprintf("{\"shot\":%d,\"prompt\":\"p%d\",\"ratio\":"
                                   "\"%s\"}",
                                   shot, shot, shot > 1 ? "9:16" : "16:9");
            add(m, axes, take, shot > 1 ? 720 : 1280, shot > 1 ? 1280 : 720);
            free(axes);
        }
    }
    struct value *spec = laid(m, NULL);
    expect_inside(spec);
    assert_int_equal(count(spec, "shot", "1"), 0);
    assert_int_equal(count(spec, "prompt", "p1"), 1);
    assert_int_equal(count(spec, "ratio", "9:16"), 2);
    assert_int_equal(count(spec, "take", "2"), 1);
    assert_int_equal(at(spec, 0, "x"), at(spec, 1, "x"));
    // A wide and a high one are as large in a square.
    assert_int_equal(at(spec, 0, "width"), at(spec, 0, "height"));
    value_free(spec);
    montage_free(m);
    // A column names its group.
    m = begin(MONTAGE_SHEET);
    add(m, "{\"shot\":1,\"prompt\":\"a\"}", 1, 64, 36);
    add(m, "{\"shot\":2,\"prompt\":\"b\"}", 1, 64, 36);
    spec = laid(m, "prompt,take");
    assert_int_equal(at(spec, 0, "y"), at(spec, 1, "y"));
    value_free(spec);
    montage_free(m);
}

static void test_a_lone_axis_is_broken(void **state)
{
    (void)state;
    struct montage *m = grid(MONTAGE_SHEET, 12, 1);
    struct value *spec = laid(m, NULL);
    expect_inside(spec);
    assert_int_equal(at(spec, 0, "y"), at(spec, 3, "y"));
    assert_int_equal(at(spec, 0, "x"), at(spec, 4, "x"));
    assert_int_equal(count(spec, "motion.x", "10"), 1);
    value_free(spec);
    montage_free(m);
}

// Cells of earlier runs may lack an axis; nothing tells two others apart.
static void test_odd_cells(void **state)
{
    (void)state;
    struct montage *m = begin(MONTAGE_SHEET);
    add(m, "{\"a\":1}", 1, 0, 0);
    add(m, "{\"a\":1}", 1, 0, 0);
    add(m, "{}", 1, 0, 0);
    add(m, "{\"a\":[1,\"x\\ny\"],\"b\":null}", 1, 0, 0);
    add(m, "{\"a\":\"\\u202e\\u0007\"}", 1, 0, 0);
    struct value *nul = value_map();
    value_set(value_set(nul, "axes", value_map()), "a", value_strn("x\0y", 3));
    montage_add(m, nul);
    value_free(nul);
    char *prompt = xmalloc(10001);
    memset(prompt, 'x', 10000);
    prompt[10000] = '\0';
    char *axes = xasprintf("{\"a\":\"%s\"}", prompt);
    add(m, axes, 1, 0, 0);
    free(axes);
    free(prompt);
    struct value *failed =
        parse("{\"nth\":9,\"take\":1,\"axes\":{\"a\":9},\"state\":\"failed\","
              "\"error\":{\"kind\":\"moderation\",\"message\":\"no\"}}");
    montage_add(m, failed);
    value_free(failed);
    montage_fail(m, 3, "the clip does not play: why not");
    montage_show(m, 4, "4.jpg");
    struct value *spec = laid(m, NULL);
    expect_inside(spec);
    assert_int_equal(count(spec, "a", "–"), 1);
    assert_int_equal(count(spec, "a", "??"), 1);
    assert_int_equal(count(spec, "a", "x?y"), 1);
    assert_int_equal(count(spec, "a", "[1,\"x\\ny\"]"), 1);
    const struct value *cells = value_get(spec, "cells");
    assert_string_equal(value_get_text(value_at(cells, 7), "dim"), "failed");
    assert_string_equal(value_get_text(value_at(cells, 7), "text"),
                        "moderation: no");
    assert_string_equal(value_get_text(value_at(cells, 3), "text"),
                        "the clip does not play: why not");
    assert_string_equal(value_get_text(value_at(cells, 4), "file"), "4.jpg");
    value_free(spec);
    montage_free(m);
}

static void refused(struct montage *m, const char *columns, const char *why)
{
    struct err err = {.text = ""};
    assert_false(lay(m, columns, &err));
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
    montage_free(m);
}

static void test_refuses(void **state)
{
    (void)state;
    refused(begin(MONTAGE_SHEET), NULL, "no cells");
    refused(grid(MONTAGE_SHEET, 2, 2), "motion.xx", "did you mean 'motion.x'?");
    refused(grid(MONTAGE_SHEET, 2, 2), "",
            "--columns: no axis ''; there are: motion.x, motion.r");
    refused(grid(MONTAGE_FILM, 401, 1), NULL, "at most 400");
    refused(grid(MONTAGE_FILM, 2, 80), "motion.x", "3840x2160");
    refused(grid(MONTAGE_SHEET, 100, 2), "motion.x",
            "200 cells in 100 columns and 2 rows do not fit");
    // Unless it is said, what fits is taken.
    struct montage *m = grid(MONTAGE_SHEET, 100, 2);
    struct value *spec = laid(m, NULL);
    expect_inside(spec);
    assert_int_equal(at(spec, 0, "y"), at(spec, 1, "y"));
    value_free(spec);
    montage_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grid),
        cmocka_unit_test(test_a_group_and_takes),
        cmocka_unit_test(test_a_lone_axis_is_broken),
        cmocka_unit_test(test_odd_cells),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
