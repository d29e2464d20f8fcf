// Axes whose points stand in a file.

#include "reading.h"

#include "data/csv.h"
#include "recipe/rows.h"

static void csv_columns_have_types(void **state)
{
    (void)state;
    static const char text[] = "prompt,seed,look,motion.x\n"
                               "5,5,5,1.5\n"
                               "a pier,,true,\n";
    struct problems p;
    problems_init(&p, "r.yaml");
    int file = problems_file(&p, "s.csv");
    struct value *zip = rows_of_csv(csv_read(text, strlen(text), file, &p));
    char *json = json_text(zip);
    assert_string_equal(
        json, "{\"zip\":{\"prompt\":[\"5\",\"a pier\"],\"seed\":[5,null],"
              "\"look\":[5,true],\"motion.x\":[1.5,null]}}");
    const struct value *column = value_get(value_get(zip, "zip"), "motion.x");
    assert_int_equal(column->pos.line, 1);
    assert_int_equal(column->pos.col, 18);
    assert_int_equal(value_at(column, 0)->pos.line, 2);
    assert_int_equal(value_at(column, 0)->pos.col, 7);
    assert_int_equal(value_at(column, 0)->pos.file, file);
    free(json);
    value_free(zip);
    problems_free(&p);
}

static void list_becomes(const char *text, const char *want, const char *said)
{
    struct problems p;
    problems_init(&p, "r.yaml");
    struct value *list = yaml_read(text, strlen(text), &p);
    struct value *zip = rows_of_list(list, &p);
    char *json = zip ? json_text(zip) : xstrdup("");
    assert_string_equal(json, want);
    char *lines = reading_said(&p);
    assert_string_equal(lines, said);
    free(lines);
    free(json);
    value_free(zip);
    value_free(list);
    problems_free(&p);
}

static void lists_of_maps(void **state)
{
    (void)state;
    list_becomes("- {prompt: a, seed: 1}\n- {seed: ~, prompt: b}\n",
                 "{\"zip\":{\"prompt\":[\"a\",\"b\"],\"seed\":[1,null]}}", "");
    list_becomes("- {prompt: a, seed: 1}\n- {prompt: b}\n- {prompt: c, seed: "
                 "1, ratio: x}\n- 5\n",
                 "",
                 "2:3 this row has no 'seed', which the first one has; say "
                 "'seed: null' where it is not set\n"
                 "3:24 'ratio' is not in the first row: all have the same "
                 "keys\n"
                 "4:3 a row is a map of fields and variables, found 5\n");
    list_becomes("[]", "",
                 "1:1 a file of rows is a list of 1 to 100000 maps "
                 "of 1 to 64 keys each\n");
    list_becomes("{a: 1}", "",
                 "1:1 a file of rows is a list of 1 to 100000 "
                 "maps of 1 to 64 keys each\n");
    list_becomes("[{}]", "",
                 "1:1 a file of rows is a list of 1 to 100000 maps "
                 "of 1 to 64 keys each\n");
}

static void which_axes_name_files(void **state)
{
    (void)state;
    struct problems p;
    static const char text[] = "[{file: a.csv}, [1], {zip: {}}, 5]";
    problems_init(&p, "r.yaml");
    struct value *list = yaml_read(text, strlen(text), &p);
    assert_string_equal(value_text(rows_file(value_at(list, 0))), "a.csv");
    for (size_t i = 1; i < 5; i++)
        assert_null(rows_file(value_at(list, i)));
    value_free(list);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_columns_have_types),
        cmocka_unit_test(lists_of_maps),
        cmocka_unit_test(which_axes_name_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
