#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/client.h"

static void test_origin(void **state)
{
    (void)state;
    static const struct {
        const char *url, *origin;
    } cases[] = {
        {"http://h", "http://h"},
        {"HTTP://H.Example:80/x?y=z#f", "http://h.example"},
        {"https://h:443/", "https://h"},
        {"https://h:444/", "https://h:444"},
        {"http://h:443", "http://h:443"},
        {"http://[0:0::1]:8080/a", "http://[::1]:8080"},
        {"http://[::1]/", "http://[::1]"},
        {"http://0x7f.1/", "http://127.0.0.1"},
        {"http://api.example.com.evil.net/", "http://api.example.com.evil.net"},
        {"http://h/?to=http://other/", "http://h"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = {0};
        char *origin = net_origin(cases[i].url, &err);
        if (!origin)
            fail_msg("%s: %s", cases[i].url, err.text);
        assert_string_equal(origin, cases[i].origin);
        free(origin);
    }
}

static void test_no_origin(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "h",
        "/path",
        "ftp://h/",
        "file:///etc/passwd",
        "gopher://h/",
        "http://",
        "http:///x",
        "http:/x",
        "http:x",
        "http://user@h/",
        "http://user:pass@h/",
        "http://127.0.0.1@evil/",
        "http://h\\@evil/",
        "http://h /",
        "http://h/a b",
        "http://h/\r\nHost: x",
        "http://h:99999/",
        "http://h:x/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "javascript:alert(1)",
        "data:text/plain,x",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct err err = {0};
        char *origin = net_origin(urls[i], &err);
        if (origin)
            fail_msg("%s was taken for %s", urls[i], origin);
        assert_int_equal(err.kind, ERR_FORMAT);
        assert_true(err.text[0] != '\0');
        assert_null(strchr(err.text, '\n'));
    }
}

static void test_the_error_hides_the_query(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(net_origin("ftp://h/x?signature=secret", &err));
    assert_null(strstr(err.text, "secret"));
    assert_non_null(strstr(err.text, "ftp://h/x"));
}

static void test_the_error_hides_a_password(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://user:secret@h/x",
        "http://user:se@cret@h/x",
        "ftp://secret@h/x",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct err err = {0};
        assert_null(net_origin(urls[i], &err));
        if (strstr(err.text, "cret") || !strstr(err.text, "://@h/x"))
            fail_msg("%s", err.text);
    }
}

static void test_loopback(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "http://127.0.0.1/",  "http://127.0.0.1:8080/x", "https://127.9.9.9/",
        "http://localhost",   "http://LocalHost:1/",     "http://[::1]:5/",
        "http://[0:0:0::1]/", "http://2130706433/",      "http://127.1/",
    };
    static const char *const no[] = {
        "http://127.0.0.1@evil/",
        "http://localhost@evil/",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com/",
        "http://evil/127.0.0.1",
        "http://evil/?http://localhost/",
        "http://evil#@localhost/",
        "http://128.0.0.1/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::2]/",
        "http://xlocalhost/",
        "ftp://127.0.0.1/",
        "localhost",
        "http://localhost\\.evil/",
        "",
    };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        if (!net_is_loopback(yes[i]))
            fail_msg("%s is loopback", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (net_is_loopback(no[i]))
            fail_msg("%s is not loopback", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_no_origin),
        cmocka_unit_test(test_the_error_hides_the_query),
        cmocka_unit_test(test_the_error_hides_a_password),
        cmocka_unit_test(test_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
