// Who is served without a key.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/asker.h"

static void test_hosts(void **state)
{
    (void)state;
    static const char *const near[] = {
        NULL,        "127.0.0.1:8787", "127.0.0.1", "localhost:1",
        "LocalHost", "[::1]:8787",     "[::1]",     "192.168.1.5:8787"};
    static const char *const far[] = {"",
                                      ":8787",
                                      "evil.example",
                                      "evil.example:8787",
                                      "localhost.evil.example",
                                      "127.0.0.1.evil.example",
                                      "localhost@evil.example",
                                      "evil.example@localhost",
                                      "evil.example#127.0.0.1",
                                      "evil.example/127.0.0.1",
                                      "127.0.0.1/x",
                                      "127.0.0.1 evil.example"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        if (!asker_is_near(near[i], NULL))
            fail_msg("%s is refused", near[i]);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        if (asker_is_near(far[i], NULL))
            fail_msg("%s is served", far[i]);
}

static void test_origins(void **state)
{
    (void)state;
    assert_true(asker_is_near("127.0.0.1:8787", "http://127.0.0.1:8787"));
    assert_true(asker_is_near("127.0.0.1:8787", "http://localhost:5173"));
    assert_true(asker_is_near("10.0.0.5:8787", "https://10.0.0.5"));
    static const char *const far[] = {
        "null",         "",
        "file://",      "https://evil.example",
        "127.0.0.1",    "http://127.0.0.1.evil.example",
        "http://[::2]", "http://127.0.0.1 https://evil.example"};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        if (asker_is_near("127.0.0.1:8787", far[i]))
            fail_msg("a page of %s is served", far[i]);
        assert_false(asker_is_near(NULL, far[i]));
    }
    assert_false(asker_is_near("evil.example", "http://evil.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
