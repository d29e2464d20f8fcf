// What requests of Runway's own API may bring, and a camera's motion in words.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "gateway/official_asset.h"
#include "gateway/official_camera.h"
#include "gateway/wire.h"

static struct wire *wire;

static int open_wire(void **state)
{
    (void)state;
    struct err err;
    wire = wire_open(&err);
    if (!wire)
        fail_msg("%s", err.text);
    return 0;
}

static int close_wire(void **state)
{
    (void)state;
    wire_free(wire);
    return 0;
}

// `want` is the begin of what is wrong; NULL: nothing.
static void asset_of(enum official_asset kind, const char *uri,
                     const char *want)
{
    char *why = official_asset_wrong(uri, kind,
                                     value_get(wire_official(wire), "assets"));
    if (want && (!why || strncmp(why, want, strlen(want)) != 0))
        fail_msg("%.60s: wanted %s, found %s", uri, want, why ? why : "none");
    if (!want && why)
        fail_msg("%.60s: %s", uri, why);
    free(why);
}

static void asset(const char *uri, const char *want)
{
    asset_of(OFFICIAL_IMAGE, uri, want);
}

static void test_assets(void **state)
{
    (void)state;
#define TOKEN "0123456789abcdef0123456789abcdef"
    asset("data:image/png;base64,iVBORw0KGgo=", NULL);
    asset("data:image/jpeg;base64,iVBORw==", NULL);
    asset("https://example.com/a", NULL);
    asset("http://127.0.0.1:8787/assets/x.png", NULL);
    asset("http://localhost/x.png", NULL);
    asset("runway://upload/" TOKEN, NULL);
    asset("http://10.0.0.7:8787/uploads/" TOKEN, NULL);
    asset("http://gateway/assets/0ab3bfe2-be23-4635-8c35-890fb2c1732d-last.png",
          NULL);
    asset("data:image/gif;base64,iVBORw0KGgo=",
          "a data: URI of a supported image type, found "
          "'image/gif'");
    asset("data:video/mp4;base64,AAAA", "a data: URI of a");
    asset("data:image/png,abc", "a data: URI in base64");
    asset("data:image/png;base64,", "bad data: URI");
    asset("data:image/png;base64,a*b=", "bad data: URI");
    asset_of(OFFICIAL_VIDEO, "data:video/mp4;base64,AAAA", NULL);
    asset_of(OFFICIAL_VIDEO, "data:image/png;base64,AAAA",
             "a data: URI of a supported video type");
    asset_of(OFFICIAL_AUDIO, "data:audio/mpeg;base64,AAAA", NULL);
    asset("ftp://example.com/a.png", "an https URL, a data");
    asset("picture.png", "an https URL, a data");
    asset("http://example.com/a.png", "an https URL");
    asset("https://192.0.2.1/a.png",
          "a URL with a host name, not an IP address");
    asset("https://[2001:db8::1]/a.png", "a URL with a host");
    asset("runway://upload/x", "a runway://upload/ URI");
}

static void test_sizes_of_assets(void **state)
{
    (void)state;
    struct buf uri;
    buf_init(&uri, 8 << 20);
    buf_str(&uri, "https://example.com/");
    while (uri.len < 2048)
        buf_byte(&uri, 'a');
    asset(uri.data, NULL);
    buf_byte(&uri, 'a');
    asset(uri.data, "a URL of at most 2048 characters, "
                    "found 2049");
    buf_clear(&uri);
    buf_str(&uri, "data:image/png;base64,");
    size_t head = uri.len;
    char block[4096];
    memset(block, 'A', sizeof block);
    while (uri.len - head + sizeof block <= 5242880 / 3 * 4)
        buf_add(&uri, block, sizeof block);
    asset(uri.data, NULL);
    buf_add(&uri, block, sizeof block);
    asset(uri.data, "a data: URI of at most 5242880 bytes");
    buf_free(&uri);
}

static void test_the_camera_in_words(void **state)
{
    (void)state;
    static const struct {
        const char *prompt;
        bool found;
        double motion[RENDER_AXES];
        const char *rest;
    } cases[] = {
        {"a pier. Camera: x 4, y 0.5, z -2, r 6, bg_x_pan 1, bg_y_pan 1.",
         true,
         {4, 0.5, -2, 6, 1, 1},
         "a pier."},
        {"a pier Camera: z 3.", true, {0, 0, 3, 0, 0, 0}, "a pier"},
        {"Camera: r -1e-05.", true, {0, 0, 0, -1e-5, 0, 0}, ""},
        {"a Camera: x 1. b Camera: y 2.",
         true,
         {0, 2, 0, 0, 0, 0},
         "a Camera: x 1. b"},
        {"Camera: x 1, bg_y_pan -0.25.", true, {1, 0, 0, 0, 0, -0.25}, ""},
        {"a pier Camera: x 1. ", false, {0}, NULL},
        {"a pier Camera: x 1", false, {0}, NULL},
        {"a pier Camera: y 1, x 1.", false, {0}, NULL},
        {"a pier Camera: x 1, x 1.", false, {0}, NULL},
        {"a pier Camera: x1.", false, {0}, NULL},
        {"a pier Camera: x 0x10.", false, {0}, NULL},
        {"a pier Camera: x inf.", false, {0}, NULL},
        {"a pier Camera: x 1001.", false, {0}, NULL},
        {"a pier Camera: .", false, {0}, NULL},
        {"a pierCamera: x 1.", false, {0}, NULL},
        {"a pier, dolly in", false, {0}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double motion[RENDER_AXES] = {0};
        size_t keep = 0;
        assert_int_equal(official_camera(cases[i].prompt, motion, &keep),
                         cases[i].found);
        assert_memory_equal(motion, cases[i].motion, sizeof motion);
        if (cases[i].found) {
            assert_int_equal(keep, strlen(cases[i].rest));
            assert_memory_equal(cases[i].prompt, cases[i].rest, keep);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assets),
        cmocka_unit_test(test_sizes_of_assets),
        cmocka_unit_test(test_the_camera_in_words),
    };
    return cmocka_run_group_tests(tests, open_wire, close_wire);
}
