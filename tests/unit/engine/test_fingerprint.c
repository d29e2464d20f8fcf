#include "engine/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"

static void print(const char *json, int take, char out[HASH_HEX])
{
    struct value *v = json_read(json, strlen(json), JSON_STRICT, NULL);
    assert_non_null(v);
    fingerprint_make("local", "generate", v, take, out);
    value_free(v);
}

#define FIRST                                                                  \
    "{\"model\":\"gen2\",\"prompt\":\"a pier\",\"seconds\":5,"                 \
    "\"motion\":{\"x\":-4,\"y\":0.5}}"

static void known_vector(void **state)
{
    (void)state;
    char out[HASH_HEX];
    print(FIRST, 1, out);
    assert_string_equal(
        out,
        "7ac4b4be9737d4c4d0c746cbbbbbd39be42af151830fb4242311a5b215edc3ed");
}

static void same_request_same_print(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"motion\":{\"y\":0.5,\"x\":-4},\"seconds\":5,\"prompt\":\"a pier\","
        "\"model\":\"gen2\"}",
        "{\"model\":\"gen2\",\"prompt\":\"a pier\",\"seconds\":5.0,"
        "\"motion\":{\"x\":-4.0,\"y\":5e-1}}",
    };
    char first[HASH_HEX], out[HASH_HEX];
    print(FIRST, 1, first);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        print(same[i], 1, out);
        assert_string_equal(out, first);
    }
    print("{\"motion\":{\"x\":-0.0}}", 1, first);
    print("{\"motion\":{\"x\":0}}", 1, out);
    assert_string_equal(out, first);
}

static void anything_else_differs(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{\"model\":\"gen2\",\"prompt\":\"a pier \",\"seconds\":5,"
        "\"motion\":{\"x\":-4,\"y\":0.5}}",
        "{\"model\":\"gen2\",\"prompt\":\"a pier\",\"seconds\":\"5\","
        "\"motion\":{\"x\":-4,\"y\":0.5}}",
        "{\"model\":\"gen2\",\"prompt\":\"a pier\",\"seconds\":5,"
        "\"motion\":{\"x\":-4,\"y\":0.50000000000000011}}",
    };
    char first[HASH_HEX], out[HASH_HEX];
    print(FIRST, 1, first);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        print(others[i], 1, out);
        assert_string_not_equal(out, first);
    }
    print(FIRST, 2, out);
    assert_string_not_equal(out, first);
    struct value *v = value_map();
    char a[HASH_HEX], b[HASH_HEX], c[HASH_HEX];
    fingerprint_make("h", "generate", v, 1, a);
    fingerprint_make("local", "generate", v, 1, b);
    fingerprint_make("h", "video2video", v, 1, c);
    value_free(v);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vector),
        cmocka_unit_test(same_request_same_print),
        cmocka_unit_test(anything_else_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
