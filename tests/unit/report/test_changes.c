// How two requests differ, in words.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "data/json.h"
#include "report/changes.h"

static struct value *tree(const char *json)
{
    struct err err;
    struct value *v = json_read(json, strlen(json), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s: %s", json, err.text);
    return v;
}

// What is said of `was` and `is`; owned.
static char *said(const char *was, const char *is)
{
    struct value *a = was ? tree(was) : NULL, *b = is ? tree(is) : NULL;
    struct buf out;
    buf_init(&out, 1 << 16);
    changes_text(a, b, &out);
    value_free(a);
    value_free(b);
    return buf_take(&out);
}

static void expect(const char *was, const char *is, const char *text)
{
    char *words = said(was, is);
    assert_string_equal(words, text);
    free(words);
}

static void tells_fields_by_their_dotted_names(void **state)
{
    (void)state;
    expect("{\"motion\":{\"x\":4,\"z\":0},\"prompt\":\"a\"}",
           "{\"prompt\":\"b\",\"motion\":{\"z\":0,\"x\":5}}",
           "motion.x 4 → 5, prompt 'a' → 'b'");
    expect("{\"seed\":7}", "{\"ratio\":\"16:9\"}",
           "ratio '16:9' added, seed 7 removed");
    expect("{\"motion\":{\"x\":1}}", "{}", "motion.x 1 removed");
    expect("{\"motion\":{\"x\":1}}", "{\"motion\":4}", "motion {\"x\":1} → 4");
    expect("{\"a\":[1,2]}", "{\"a\":[1,3]}", "a [1,2] → [1,3]");
}

static void says_nothing_of_what_is_the_same(void **state)
{
    (void)state;
    expect("{\"seconds\":5,\"motion\":{\"x\":0.5,\"y\":1}}",
           "{\"motion\":{\"y\":1.0,\"x\":5e-1},\"seconds\":5.0}", "");
    expect(NULL, NULL, "");
    expect("{\"a\":{}}", "{\"a\":{}}", "");
}

static void takes_nothing_for_an_empty_request(void **state)
{
    (void)state;
    expect(NULL, "{\"seed\":1}", "seed 1 added");
    expect("{\"seed\":1}", NULL, "seed 1 removed");
}

static void shortens_a_text_around_its_difference(void **state)
{
    (void)state;
    expect("{\"p\":\"a lighthouse at the end of a long pier, at dusk\"}",
           "{\"p\":\"a lighthouse at the end of a long pier, at dawn\"}",
           "p '…pier, at dusk' → '…pier, at dawn'");
    expect("{\"p\":\"é é é é é é é é é é é é é é é é 1 and more to come\"}",
           "{\"p\":\"é é é é é é é é é é é é é é é é 2\"}",
           "p '… é é é 1 and more to come' → '… é é é 2'");
    expect("{\"p\":\"0123456789012345678901234567890123456789 and more\"}",
           "{\"p\":\"x\"}",
           "p '0123456789012345678901234567890123456789…' → 'x'");
}

static void tells_a_file_as_one_thing(void **state)
{
    (void)state;
    expect("{\"image\":{\"sha256\":\"0123456789abcdef\"}}",
           "{\"image\":{\"sha256\":\"fedcba9876543210\"}}",
           "image file 01234567 → file fedcba98");
    expect("{\"image\":\"https://h/a.png\"}",
           "{\"image\":{\"frame\":\"last\",\"of\":\"0123456789abcdef\"}}",
           "image 'https://h/a.png' → frame \"last\" of 01234567");
    expect("{\"video\":{\"clip\":\"0123456789abcdef\"}}",
           "{\"video\":{\"clip\":\"fedcba9876543210\",\"file\":2}}",
           "video clip 01234567 → clip fedcba98");
}

static void stops_after_some_fields(void **state)
{
    (void)state;
    expect("{}",
           "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,"
           "\"i\":9,\"k\":10}",
           "a 1 added, b 2 added, c 3 added, d 4 added, e 5 added, f 6 added, "
           "g 7 added, h 8 added and 2 more");
}

static void prints_nothing_that_is_not_printable(void **state)
{
    (void)state;
    char *words = said("{\"a\\u001b[2J\":\"x\"}",
                       "{\"b\":\"\\u202e\\n\\u0007\",\"c\":[\"\\u001b\"]}");
    assert_true(text_is_utf8(words, strlen(words)));
    for (const char *at = words; *at; at++)
        assert_true((unsigned char)*at >= 0x20);
    assert_null(strstr(words, "\xe2\x80\xae"));
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_fields_by_their_dotted_names),
        cmocka_unit_test(says_nothing_of_what_is_the_same),
        cmocka_unit_test(takes_nothing_for_an_empty_request),
        cmocka_unit_test(shortens_a_text_around_its_difference),
        cmocka_unit_test(tells_a_file_as_one_thing),
        cmocka_unit_test(stops_after_some_fields),
        cmocka_unit_test(prints_nothing_that_is_not_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
