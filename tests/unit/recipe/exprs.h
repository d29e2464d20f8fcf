// Expressions without Lua, for the tests of this room: "name == value" (also <
// and >), joined by " and "; values are JSON. "=" alone does not compile.

#pragma once

#include <stdio.h>

#include "base/text.h"
#include "reading.h"

#define EXPRS_MAX 16

static char exprs_texts[EXPRS_MAX][200];
static int exprs_count;
static uint64_t exprs_tests; // how often one was tested

static inline int exprs_compile(void *ctx, const char *text, struct err *err)
{
    (void)ctx;
    if (strstr(text, " = ") || exprs_count == EXPRS_MAX) {
        err_set(err, ERR_RECIPE, "'=' sets, '==' compares");
        return -1;
    }
    snprintf(exprs_texts[exprs_count], sizeof(exprs_texts[0]), "%s", text);
    return exprs_count++;
}

static inline int exprs_compare(const struct value *v, const char *op,
                                const char *text)
{
    struct value *other = json_read(text, strlen(text), JSON_STRICT, NULL);
    double a = 0, b = 0;
    bool numbers = value_number(v, &a) && value_number(other, &b);
    bool equal = value_equal(v, other);
    value_free(other);
    if (strcmp(op, "==") == 0)
        return equal;
    return numbers ? (*op == '<' ? a < b : a > b) : -1;
}

static inline int exprs_test(void *ctx, int expr,
                             const struct value *(*get)(void *scope,
                                                        const char *name),
                             void *scope, struct err *err)
{
    (void)ctx;
    char text[200], *rest = text, *term;
    memcpy(text, exprs_texts[expr], sizeof(text));
    exprs_tests++;
    int answer = 1;
    while (answer > 0 && rest && *rest) {
        char *next = strstr(rest, " and ");
        term = rest;
        if (next)
            *next = '\0';
        rest = next ? next + strlen(" and ") : NULL;
        char name[100], op[3], value[100];
        assert_int_equal(sscanf(term, "%99s %2s %99[^\n]", name, op, value), 3);
        const struct value *v = get(scope, name);
        answer = v ? exprs_compare(v, op, value) : -2;
        if (answer < 0)
            err_set(err, ERR_RECIPE, v ? "cannot compare" : "unknown name");
    }
    return answer;
}

static const struct recipe_exprs exprs = {NULL, exprs_compile, exprs_test};

// reading_of(), with expressions and a place for names (or NULL).
static inline struct reading exprs_reading(const char *text,
                                           const struct recipe_names *names)
{
    struct recipe_given given = {.exprs = &exprs, .names = names};
    exprs_count = 0;
    exprs_tests = 0;
    return reading_given(text, &given);
}

static inline struct reading exprs_good(const char *text)
{
    struct reading r = exprs_reading(text, NULL);
    if (!r.recipe)
        fail_msg("%s", r.problems.n ? r.problems.items[0].text : "refused");
    return r;
}

static inline void exprs_says(const char *text, const char *want)
{
    struct reading r = exprs_reading(text, NULL);
    char *said = reading_said(&r.problems);
    assert_string_equal(said, want);
    free(said);
    reading_free(&r);
}

// The names of the cells of a walk, without "r/", a space behind each; owned.
// `only` may be NULL.
static inline char *exprs_names(const struct recipe *recipe, const char *only,
                                uint64_t first)
{
    struct buf out;
    struct err err;
    struct cell cell;
    bool more;
    struct recipe_choice choice = {.only = only, .first = first};
    buf_init(&out, 1 << 24);
    struct recipe_walk *walk = recipe_walk_new(recipe, &choice, &err);
    if (!walk) {
        buf_printf(&out, "! %s", err.text);
        return buf_take(&out);
    }
    uint64_t n = 0;
    for (;; n++) {
        if (!recipe_walk_next(walk, &cell, &more, &err))
            fail_msg("%s", err.text);
        if (!more)
            break;
        buf_printf(&out, "%s ", cell.name + strlen("r/"));
        cell_free(&cell);
    }
    assert_true(n == recipe_walk_cells(walk));
    recipe_walk_free(walk);
    return buf_take(&out);
}

static inline void exprs_cells(const char *text, const char *want)
{
    struct reading r = exprs_good(text);
    char *names = exprs_names(r.recipe, NULL, 0);
    assert_string_equal(names, want);
    // What the walk gives is what each cell is when asked for alone.
    struct buf again;
    buf_init(&again, 1 << 24);
    for (uint64_t i = 0; i < recipe_cells(r.recipe); i++) {
        struct cell cell;
        struct err err;
        assert_true(recipe_cell(r.recipe, i, &cell, &err));
        assert_true(cell.index == i + 1);
        buf_printf(&again, "%s ", cell.name + strlen("r/"));
        cell_free(&cell);
    }
    assert_string_equal(again.data, names);
    buf_free(&again);
    free(names);
    reading_free(&r);
}
