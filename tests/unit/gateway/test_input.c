// Data: URIs, and the names of assets.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/input.h"

#define ID "0ab3bfe2-be23-4635-8c35-890fb2c1732d"

static void asset_names(void **state)
{
    (void)state;
    assert_string_equal(asset_suffix(ID ".mp4"), ".mp4");
    assert_string_equal(asset_suffix(ID "-poster.png"), "-poster.png");
    static const char *const bad[] = {
        "",
        "..",
        "../tasks.db",
        ID,
        ID ".mp4/",
        ID "-last.png\n",
        "part." ID ".mp4",
        "0AB3BFE2-be23-4635-8c35-890fb2c1732d.mp4",
        "0ab3bfe2-be23-4635-8c35-890fb2c1732.mp4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (asset_suffix(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static void base64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes; // NULL: an error
    } cases[] = {
        {"Zg==", "f"},     {"Zg", "f"},          {"Zm8=", "fo"},
        {"Zm9v", "foo"},   {"Zm9vYg==", "foob"}, {"Zm9vYmFy", "foobar"},
        {"", NULL},        {"====", NULL},       {"Z", NULL},
        {"Zm9v Yg", NULL}, {"Zm=v", NULL},       {"Zm9v\x80", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *uri = xasprintf("data:image/png;base64,%s", cases[i].text);
        size_t len = 0;
        struct err err;
        char *bytes = input_decode("image", uri, &len, &err);
        if (!cases[i].bytes) {
            assert_null(bytes);
        } else {
            assert_non_null(bytes);
            assert_int_equal(len, strlen(cases[i].bytes));
            assert_memory_equal(bytes, cases[i].bytes, len);
        }
        free(bytes);
        free(uri);
    }
}

// Any type, and in no other spelling.
static void data_uris(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool taken;
    } cases[] = {
        {"DATA:image/JPEG;base64,/9j/", true},
        {"data:video/mp4;codecs=avc1;BASE64,Zm9v", true},
        {"data:;base64,Zm9v", true},
        {"data:image/png,Zm9v", false},
        {"data:image/png;base64", false},
        {"data:base64,Zm9v", false},
        {"data:", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len;
        struct err err;
        char *bytes = input_decode("video", cases[i].uri, &len, &err);
        if ((bytes != NULL) != cases[i].taken)
            fail_msg("%s", cases[i].uri);
        if (!bytes)
            assert_non_null(strstr(err.text, "video: "));
        free(bytes);
    }
}

static void asset_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"http://h/assets/" ID "-poster.png", ID "-poster.png"},
        {"http://127.0.0.1:8787/assets/" ID ".mp4", ID ".mp4"},
        {"http://h/assets/" ID ".png", ID ".png"},
        {"http://h/assets/../tasks.db", NULL},
        {"http://h/assets/" ID "-last.png?x=1", NULL},
        {"http://h/x/assets/" ID ".mp4", NULL},
        {"/assets/" ID ".mp4", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = input_asset(cases[i].url);
        if (cases[i].name)
            assert_string_equal(name, cases[i].name);
        else
            assert_null(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asset_names),
        cmocka_unit_test(base64),
        cmocka_unit_test(data_uris),
        cmocka_unit_test(asset_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
