#include "data/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(const struct problems *p, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    problems_write(p, &out);
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static void writes_by_position(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    assert_written(&p, "");
    problem_add(&p, (struct pos){7, 3}, "unknown key '%s'", "sweeps");
    problem_warn(&p, (struct pos){7, 1}, "odd");
    problem_add(&p, (struct pos){2, 9}, "b");
    problem_add(&p, (struct pos){2, 9}, "a");
    problem_add(&p, (struct pos){0, 0}, "nowhere");
    assert_int_equal(p.n, 5);
    assert_int_equal(p.errors, 4);
    assert_written(&p, "r.yaml: error: nowhere\n"
                       "r.yaml:2:9: error: b\n"
                       "r.yaml:2:9: error: a\n"
                       "r.yaml:7:1: warning: odd\n"
                       "r.yaml:7:3: error: unknown key 'sweeps'\n");
    problems_free(&p);
}

static void keeps_a_hundred(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    for (int i = 1; i <= 1000; i++)
        problem_warn(&p, (struct pos){i, 1}, "w");
    assert_int_equal(p.n, 50);
    for (int i = 1; i <= 1000; i++)
        problem_add(&p, (struct pos){i, 1}, "e");
    assert_int_equal(p.n, 100);
    assert_int_equal(p.errors, 1000);
    assert_int_equal(p.more, 1900);
    struct buf out;
    buf_init(&out, 1 << 20);
    problems_write(&p, &out);
    assert_non_null(strstr(out.data, "\nr.yaml: and 1900 more\n"));
    buf_free(&out);
    problems_free(&p);
}

static void hides_what_acts_on_a_terminal(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r\n.yaml");
    problem_add(&p, (struct pos){1, 1}, "found '%s'", "\x1b[2J\xff");
    assert_written(&p, "r?.yaml:1:1: error: found '?[2J?'\n");
    problems_free(&p);
}

static void only_new_places_are_added(void **state)
{
    (void)state;
    struct problems all, more;
    problems_init(&all, "f");
    problems_init(&more, "f");
    problem_add(&all, (struct pos){1, 2}, "first");
    problem_add(&more, (struct pos){1, 2}, "the same place");
    problem_warn(&more, (struct pos){1, 2}, "a warning");
    problem_add(&more, (struct pos){3, 4}, "one");
    problem_add(&more, (struct pos){3, 4}, "two");
    problems_add_new(&all, &more);
    assert_int_equal(all.n, 4);
    assert_int_equal(all.errors, 3);
    assert_string_equal(all.items[1].text, "a warning");
    assert_string_equal(all.items[3].text, "two");
    problems_free(&more);
    problems_free(&all);
}

static void several_files_are_told_apart(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    int look = problems_file(&p, "look.yaml");
    int words = problems_file(&p, "command line");
    assert_int_equal(problems_file(&p, "look.yaml"), look);
    problem_add(&p, (struct pos){.file = words}, "c");
    problem_add(&p, (struct pos){1, 2, look}, "b");
    problem_add(&p, (struct pos){9, 9}, "a");
    assert_written(&p, "r.yaml:9:9: error: a\n"
                       "look.yaml:1:2: error: b\n"
                       "command line: error: c\n");
    assert_string_equal(problems_file_name(&p, p.items[0].pos), "command line");
    struct problems more;
    problems_init(&more, "r.yaml");
    problem_add(&more, (struct pos){1, 2, look}, "the same place");
    problem_add(&more, (struct pos){1, 2}, "another file");
    problems_add_new(&p, &more);
    assert_int_equal(p.n, 4);
    assert_string_equal(p.items[3].text, "another file");
    problem_add(&p, (struct pos){.file = words}, "'a' is no number");
    problem_add(&more, (struct pos){.file = words}, "'a' is not whole");
    problem_add(&more, (struct pos){.file = words}, "'b' is no number");
    problem_add(&more, (struct pos){.file = words}, "c");
    problems_add_new(&p, &more);
    assert_int_equal(p.n, 6);
    assert_string_equal(p.items[5].text, "'b' is no number");
    problems_free(&more);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_new_places_are_added),
        cmocka_unit_test(several_files_are_told_apart),
        cmocka_unit_test(writes_by_position),
        cmocka_unit_test(keeps_a_hundred),
        cmocka_unit_test(hides_what_acts_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
