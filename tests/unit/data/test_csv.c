// CSV in: what RFC 4180 has, where things stand, and what is refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/csv.h"
#include "data/json.h"

static void reads_as(const char *text, const char *want)
{
    struct problems p;
    problems_init(&p, "r.yaml");
    struct value *v = csv_read(text, strlen(text), 0, &p);
    if (!v)
        fail_msg("%s", p.items[0].text);
    char *json = json_text(v);
    assert_string_equal(json, want);
    free(json);
    value_free(v);
    problems_free(&p);
}

static void says(const char *text, const char *want)
{
    struct problems p;
    struct buf out;
    problems_init(&p, "r.yaml");
    int file = problems_file(&p, "s.csv");
    assert_null(csv_read(text, strlen(text), file, &p));
    buf_init(&out, 1 << 16);
    problems_write(&p, &out);
    assert_string_equal(out.data, want);
    buf_free(&out);
    problems_free(&p);
}

static void test_fields(void **state)
{
    (void)state;
    reads_as("a,b\n1,x y\n", "{\"a\":[\"1\"],\"b\":[\"x y\"]}");
    reads_as("\xef\xbb\xbf"
             "a,b\r\n1,2\r\n3,4",
             "{\"a\":[\"1\",\"3\"],"
             "\"b\":[\"2\",\"4\"]}");
    reads_as("a,b\n,\"\"\n", "{\"a\":[null],\"b\":[\"\"]}");
    reads_as("a\n\"he said \"\"go\"\", and\nwent\"\n",
             "{\"a\":[\"he said \\\"go\\\", and\\nwent\"]}");
    reads_as("a , b\n 1 , 2 \n\n3,\" 4 \"\n",
             "{\"a\":[\"1\",\"3\"],\"b\":[\"2\",\" 4 \"]}");
    reads_as("motion.x,prompt\n4,\xc3\xa4\n",
             "{\"motion.x\":[\"4\"],\"prompt\":[\"\xc3\xa4\"]}");
}

static void test_positions(void **state)
{
    (void)state;
    struct problems p;
    static const char text[] = "a,\"b\"\n\"x\ny\", \xc3\xa4\xc3\xa4,\n";
    static const char good[] = "a,\"b\",c\n\"x\ny\", \xc3\xa4\xc3\xa4,z\n";
    problems_init(&p, "r.yaml");
    assert_null(csv_read(text, strlen(text), 3, &p));
    struct value *v = csv_read(good, strlen(good), 3, &p);
    const struct value *b = value_at(value_get(v, "b"), 0);
    const struct value *c = value_at(value_get(v, "c"), 0);
    assert_int_equal(b->pos.line, 3);
    assert_int_equal(b->pos.col, 5);
    assert_int_equal(b->pos.file, 3);
    assert_int_equal(c->pos.line, 3);
    assert_int_equal(c->pos.col, 8);
    value_free(v);
    problems_free(&p);
}

static void test_mistakes(void **state)
{
    (void)state;
    says("", "s.csv:1:1: error: the file is empty\n");
    says("a,b\n", "s.csv:1:1: error: a header line and no rows below it\n");
    says("a,b\n1\n2,3,4\n",
         "s.csv:2:1: error: this row has 1 field, and the header has 2\n"
         "s.csv:3:1: error: this row has 3 fields, and the header has 2\n");
    says("a,,a\n1,2,3\n",
         "s.csv:1:3: error: this column has no name\n"
         "s.csv:1:4: error: the column 'a' is there already\n");
    says("a\n\"x\n", "s.csv:2:1: error: the quote that begins here does not "
                     "end\n");
    says("a\n\"x\"y\n",
         "s.csv:2:4: error: behind a field in quotes comes a comma or the "
         "line's end; a quote inside of one is written twice\n");
    says("a\nx\"y\n", "s.csv:2:2: error: a quote inside of a field: put the "
                      "whole field in quotes, and write this one twice\n");
    says("a;b\n1;2\n", "s.csv:1:1: error: the columns are separated by commas; "
                       "this file has another mark between them\n");
    says("a\n\xff\n",
         "s.csv:2:1: error: not UTF-8: byte 0xff; save the file as UTF-8\n");
}

static void test_limits(void **state)
{
    (void)state;
    struct buf wide, tall;
    buf_init(&wide, 1 << 20);
    buf_init(&tall, 1 << 20);
    for (int i = 0; i <= CSV_COLUMNS_MAX; i++)
        buf_printf(&wide, "%sc%d", i ? "," : "", i);
    buf_str(&wide, "\n1\n");
    says(wide.data, "s.csv:1:247: error: more than 64 columns\n");
    buf_str(&tall, "a\n");
    for (int i = 0; i <= CSV_ROWS_MAX; i++)
        buf_str(&tall, "1\n");
    says(tall.data, "s.csv:100002:1: error: more than 100000 rows\n");
    buf_free(&wide);
    buf_free(&tall);
    struct buf many;
    buf_init(&many, 1 << 20);
    for (int i = 0; i < 10; i++)
        buf_printf(&many, "%sc%d", i ? "," : "", i);
    buf_byte(&many, '\n');
    for (int i = 0; i <= CSV_FIELDS_MAX / 10; i++)
        buf_str(&many, ",,,,,,,,,\n");
    says(many.data, "s.csv:50002:1: error: more than 500000 fields in all\n");
    buf_free(&many);
    struct problems p;
    problems_init(&p, "s.csv");
    char *large = xcalloc(CSV_BYTES_MAX + 2, 1);
    assert_null(csv_read(large, CSV_BYTES_MAX + 1, 0, &p));
    assert_non_null(strstr(p.items[0].text, "too large"));
    free(large);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
