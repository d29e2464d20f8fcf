#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "data/yaml.h"
#include "report/results.h"

static struct recipe *recipe_of(const char *text)
{
    struct problems problems;
    problems_init(&problems, "r.yaml");
    struct value *tree = yaml_read(text, strlen(text), &problems);
    struct recipe *recipe = recipe_read(tree, NULL, &problems);
    if (!recipe)
        fail_msg("%s", problems.n ? problems.items[0].text : "refused");
    value_free(tree);
    problems_free(&problems);
    return recipe;
}

static void add(struct results *results, uint64_t index, const char *rows)
{
    struct err err;
    struct value *list = json_read(rows, strlen(rows), JSON_STRICT, &err);
    if (!list)
        fail_msg("%s", err.text);
    results_add(results, &(struct cell_report){
                             .index = index, .ok = true, .rows = list});
    value_free(list);
}

static void check(struct results *results,
                  void (*spell)(struct results *, struct buf *),
                  const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    spell(results, &out);
    assert_false(out.overflow);
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static const char sweep[] = "tarmac: 1\nname: pan\nscript: pan.lua\n"
                            "request: {prompt: a pier}\n"
                            "sweep: {motion.x: [-4, 2.5], shot: [a]}\n"
                            "outputs: {name: \"x${motion.x}_${shot}\"}\n";

static void a_row_a_call_in_the_order_of_cells(void **state)
{
    (void)state;
    struct recipe *recipe = recipe_of(sweep);
    struct results *results = results_new(recipe);
    add(results, 2, "[{\"name\":\"s\",\"value\":5}]");
    results_add(results, &(struct cell_report){.index = 3, .ok = true});
    add(results, 1,
        "[{\"name\":\"s\",\"value\":4.5},{\"name\":\"ok\",\"value\":true}]");
    assert_int_equal(results_count(results), 3);
    check(results, results_csv,
          "cell,index,take,motion.x,shot,name,value\r\n"
          "x-4_a,1,1,-4,a,s,4.5\r\n"
          "x-4_a,1,1,-4,a,ok,true\r\n"
          "x2.5_a,2,1,2.5,a,s,5\r\n");
    check(results, results_json,
          "[\n"
          "  {\"cell\":\"x-4_a\",\"index\":1,\"take\":1,\"motion.x\":-4,"
          "\"shot\":\"a\",\"name\":\"s\",\"value\":4.5},\n"
          "  {\"cell\":\"x-4_a\",\"index\":1,\"take\":1,\"motion.x\":-4,"
          "\"shot\":\"a\",\"name\":\"ok\",\"value\":true},\n"
          "  {\"cell\":\"x2.5_a\",\"index\":2,\"take\":1,\"motion.x\":2.5,"
          "\"shot\":\"a\",\"name\":\"s\",\"value\":5}\n]\n");
    results_free(results);
    recipe_free(recipe);
}

static void csv_quotes_what_it_must(void **state)
{
    (void)state;
    struct recipe *recipe = recipe_of("tarmac: 1\nname: one\nscript: s.lua\n"
                                      "request: {prompt: a pier}\n"
                                      "outputs: {name: one}\n");
    struct results *results = results_new(recipe);
    add(results, 1,
        "[{\"name\":\"a,b\",\"value\":\"say \\\"hi\\\"\"},"
        "{\"name\":\"n\",\"value\":\"two\\nlines\"},"
        "{\"name\":\"t\",\"value\":{\"k\":[1,\"\xc3\xa9\"]}},"
        "{\"name\":\"e\",\"value\":\"\"}]");
    check(results, results_csv,
          "cell,index,take,name,value\r\n"
          "one,1,1,\"a,b\",\"say \"\"hi\"\"\"\r\n"
          "one,1,1,n,\"two\nlines\"\r\n"
          "one,1,1,t,\"{\"\"k\"\":[1,\"\"\xc3\xa9\"\"]}\"\r\n"
          "one,1,1,e,\r\n");
    results_free(results);
    recipe_free(recipe);
}

static void an_axis_does_not_hide_a_column(void **state)
{
    (void)state;
    struct recipe *recipe = recipe_of("tarmac: 1\nname: one\nscript: s.lua\n"
                                      "request: {prompt: \"a ${value}\"}\n"
                                      "sweep: {value: [pier]}\n"
                                      "outputs: {name: \"one_${value}\"}\n");
    struct results *results = results_new(recipe);
    add(results, 1, "[{\"name\":\"n\",\"value\":1}]");
    check(results, results_csv,
          "cell,index,take,axis.value,name,value\r\n"
          "one_pier,1,1,pier,n,1\r\n");
    results_free(results);
    recipe_free(recipe);
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    struct recipe *recipe = recipe_of(sweep);
    struct results *results = results_new(recipe);
    add(results, 1, "[{\"name\":\"n\",\"value\":1}]");
    struct buf out;
    buf_init(&out, 20);
    results_csv(results, &out);
    assert_true(out.overflow);
    buf_free(&out);
    results_free(results);
    recipe_free(recipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_a_call_in_the_order_of_cells),
        cmocka_unit_test(csv_quotes_what_it_must),
        cmocka_unit_test(an_axis_does_not_hide_a_column),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
