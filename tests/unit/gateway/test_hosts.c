// Which machines may be called: the lists that users write, and the URLs that
// strangers do.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/hosts.h"

static void lists(void **state)
{
    (void)state;
    static const char *const good[] = {
        "none",     "public",        "public,loopback", " private , nas.local ",
        "10.0.0.7", "*.Example.com", "[::1],[fd00::7]", "a-b.c",
    };
    static const char *const bad[] = {
        "",         ",",     "public,",  "none,public", "http://nas",
        "nas:8080", "nas/x", "*",        "*.",          "a b",
        "*.*.com",  "a,,b",  "user@nas", "nas?",        "[::1",
    };
    struct err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct hosts *h = hosts_parse(good[i], &err);
        if (!h)
            fail_msg("\"%s\": %s", good[i], err.text);
        hosts_free(h);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.kind = ERR_NONE;
        struct hosts *h = hosts_parse(bad[i], &err);
        if (h)
            fail_msg("\"%s\" is taken", bad[i]);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_non_null(strstr(err.text, "*.example.com"));
    }
    hosts_free(NULL);
}

struct row {
    const char *list, *url;
    bool allowed;
    enum net_reach reach; // where allowed
};

static void urls(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"none", "http://127.0.0.1/", false, 0},
        {"none", "http://example.com/", false, 0},
        {"loopback", "http://127.0.0.1:9/x", true, NET_REACH_ANY},
        {"loopback", "http://localhost/", true, NET_REACH_ANY},
        {"loopback", "http://[::1]:80/", true, NET_REACH_ANY},
        {"loopback", "http://2130706433/", true, NET_REACH_ANY},
        {"loopback", "http://127.0.0.1.example.com/", false, 0},
        {"loopback", "http://10.0.0.1/", false, 0},
        {"loopback", "http://169.254.169.254/", false, 0},
        {"loopback", "http://0.0.0.0/", false, 0},
        {"loopback", "ftp://127.0.0.1/", false, 0},
        {"loopback", "http://me@127.0.0.1/", false, 0},
        {"loopback", "", false, 0},
        {"public", "https://example.com/a.png", true, NET_REACH_PUBLIC},
        {"public", "http://93.184.216.34/", true, NET_REACH_PUBLIC},
        {"public", "http://127.0.0.1/", false, 0},
        {"public", "http://0x7f.1/", false, 0},
        {"public", "http://localhost/", false, 0},
        {"public", "http://10.1.2.3/", false, 0},
        {"public", "http://192.168.1.1/", false, 0},
        {"public", "http://169.254.169.254/latest", false, 0},
        {"public", "http://[::ffff:10.0.0.1]/", false, 0},
        {"public", "http://[fd00::1]/", false, 0},
        // A name says nothing yet; its addresses are looked at on the way.
        {"public", "http://images.localhost/", true, NET_REACH_PUBLIC},
        {"public,loopback", "http://127.0.0.1/", true, NET_REACH_ANY},
        {"public,loopback", "http://inside.example/", true, NET_REACH_PUBLIC},
        {"private", "http://192.168.1.1/", true, NET_REACH_PRIVATE},
        {"private", "http://nas.local/", true, NET_REACH_PRIVATE},
        {"private", "http://127.0.0.1/", false, 0},
        {"private", "http://169.254.169.254/", false, 0},
        {"nas.local", "http://NAS.local:8080/x", true, NET_REACH_ANY},
        {"nas.local", "http://nas.local.example.com/", false, 0},
        {"nas.local", "http://example.com/?nas.local", false, 0},
        {"10.0.0.7", "http://10.0.0.7/", true, NET_REACH_ANY},
        {"10.0.0.7", "http://10.0.0.70/", false, 0},
        {"*.example.com", "http://a.b.Example.com/", true, NET_REACH_ANY},
        {"*.example.com", "http://example.com/", false, 0},
        {"*.example.com", "http://notexample.com/", false, 0},
        {"[fd00::7]", "http://[fd00:0::7]/", true, NET_REACH_ANY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err;
        struct hosts *h = hosts_parse(rows[i].list, &err);
        assert_non_null(h);
        if (hosts_allow(h, rows[i].url) != rows[i].allowed)
            fail_msg("%s: %s", rows[i].list, rows[i].url);
        if (rows[i].allowed && hosts_reach(h, rows[i].url) != rows[i].reach)
            fail_msg("%s: %s reaches elsewhere", rows[i].list, rows[i].url);
        hosts_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
