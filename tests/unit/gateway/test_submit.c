// Submit bodies: every published example is taken, and what is wrong is said
// with the field's name.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/submit.h"

#define HOST "127.0.0.1:8787"
#define ID "0ab3bfe2-be23-4635-8c35-890fb2c1732d"

static bool parse(const char *body, struct submit *out, struct err *err)
{
    return submit_parse(body, strlen(body), HOST, false, out, err);
}

static void accept(const char *body, struct submit *out)
{
    struct err err = {.text = ""};
    if (!parse(body, out, &err))
        fail_msg("%s\n-> %s", body, err.text);
}

static void refuse(const char *body, const char *message)
{
    struct submit s;
    struct err err;
    if (parse(body, &s, &err))
        fail_msg("taken: %s", body);
    assert_string_equal(err.text, message);
    submit_free(&s);
}

// The published bodies; where one only says "string" for an address, an
// address stands there.
static void published(void **state)
{
    (void)state;
    struct submit s;
    accept("{\"callback_url\":\"http://baidu.com\",\"ratio\":\"16:9\","
           "\"prompt\":\"cat\",\"style\":\"cinematic\",\"model\":\"gen3\","
           "\"options\":{\"seconds\":10,\"motion_vector\":{\"x\":0,"
           "\"y\":0.3999999999999999,\"z\":0,\"r\":-6,\"bg_x_pan\":0,"
           "\"bg_y_pan\":0}}}",
           &s);
    assert_string_equal(s.prompt, "cat");
    assert_string_equal(s.model, "gen3");
    assert_string_equal(s.callback_url, "http://baidu.com");
    assert_int_equal(s.seconds, 10);
    assert_int_equal(s.width, 1280);
    assert_int_equal(s.height, 720);
    assert_true(s.motion[RENDER_Y] == 0.3999999999999999);
    assert_true(s.motion[RENDER_R] == -6);
    assert_int_equal(s.seed, -1);
    assert_int_equal(s.image_kind, INPUT_NONE);
    submit_free(&s);

    accept("{\"callback_url\":\"http://baidu.com\",\"ratio\":\"16:9\","
           "\"prompt\":\"a cat\",\"style\":\"cinematic\",\"model\":\"gen4\","
           "\"options\":{\"seconds\":10,\"motion_vector\":{\"x\":0,"
           "\"y\":0.3999999999999999,\"z\":0,\"r\":-6,\"bg_x_pan\":0,"
           "\"bg_y_pan\":0}}}",
           &s);
    submit_free(&s);

    accept("{\"ratio\":\"16:9\",\"prompt\":\"string\",\"style\":\"string\","
           "\"model\":\"gen2\",\"image\":\"\",\"options\":{\"seconds\":5,"
           "\"motion_vector\":{\"x\":0,\"y\":0,\"z\":0,\"r\":0,"
           "\"bg_x_pan\":0,\"bg_y_pan\":0}},"
           "\"callback_url\":\"https://example.com/webhook\"}",
           &s);
    assert_int_equal(s.seconds, 5);
    submit_free(&s);

    accept("{\"callback_url\":\"http://baidu.com\","
           "\"image\":\"http://127.0.0.1:9/1.jpeg\",\"model\":\"gen4\","
           "\"prompt\":\"Smile, Eat Burger\"}",
           &s);
    assert_int_equal(s.image_kind, INPUT_URL);
    assert_int_equal(s.seconds, 10); // the published default
    assert_int_equal(s.width, 1280);
    submit_free(&s);
}

static void ratios(void **state)
{
    (void)state;
    static const char *const names[] = {"16:9", "9:16", "1:1",     "4:3",
                                        "3:4",  "21:9", "1280:720"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *body = xasprintf("{\"prompt\":\"p\",\"model\":\"gen2\","
                               "\"ratio\":\"%s\"}",
                               names[i]);
        struct submit s;
        accept(body, &s);
        assert_true(s.width % 2 == 0 && s.height % 2 == 0);
        submit_free(&s);
        free(body);
    }
}

static void lenient(void **state)
{
    (void)state;
    struct submit s;
    accept("{\"prompt\":\"p\",\"model\":\"gen4_turbo\",\"image\":null,"
           "\"ratio\":null,\"style\":null,\"callback_url\":\"\","
           "\"last_image\":\"http://x/\",\"unknown\":[1],"
           "\"options\":{\"seconds\":5.0,\"seed\":7,\"flip\":true,"
           "\"motion_vector\":{\"z\":null,\"x\":-4}}}",
           &s);
    assert_int_equal(s.seconds, 5);
    assert_int_equal(s.seed, 7);
    assert_null(s.callback_url);
    assert_null(s.image);
    assert_true(s.motion[RENDER_X] == -4 && s.motion[RENDER_Z] == 0);
    submit_free(&s);
    accept("{\"prompt\":\"灯台\",\"model\":\"gen2\",\"options\":null}", &s);
    assert_string_equal(s.prompt, "灯台");
    submit_free(&s);
}

#define OK "\"prompt\":\"p\",\"model\":\"gen2\""
#define RATIO                                                                  \
    "ratio: 16:9 9:16 1:1 4:3 3:4 21:9, or an even number of pixels as "       \
    "1280:720, found "
#define PROMPT "prompt: a string that is not empty, found "
#define AXIS ": a number from -1000 to 1000, found "

static void wrong(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
    } cases[] = {
        {"[]", "body: a JSON object, found a list"},
        {"{\"model\":\"gen2\"}",
         "prompt: required, a string that is not empty"},
        {"{\"prompt\":null,\"model\":\"gen2\"}",
         "prompt: required, a string that is not empty"},
        {"{\"prompt\":\"\",\"model\":\"gen2\"}", PROMPT "\"\""},
        {"{\"prompt\":\" \\n\",\"model\":\"gen2\"}", PROMPT "\" \\n\""},
        {"{\"prompt\":5,\"model\":\"gen2\"}", PROMPT "5"},
        {"{\"prompt\":[],\"model\":\"gen2\"}", PROMPT "a list"},
        {"{\"prompt\":\"p\"}",
         "model: required, the name of a model, as gen2 gen3 gen4 gen4_turbo"},
        {"{\"prompt\":\"p\",\"model\":true}",
         "model: the name of a model, as gen2 gen3 gen4 gen4_turbo, found "
         "true"},
        {"{" OK ",\"ratio\":\"5:7\"}", RATIO "\"5:7\""},
        {"{" OK ",\"ratio\":16}", RATIO "16"},
        {"{" OK ",\"ratio\":{}}", RATIO "a map"},
        {"{" OK ",\"style\":1}",
         "style: a short string, as \"cinematic\", found 1"},
        {"{" OK ",\"options\":[]}", "options: an object, found a list"},
        {"{" OK ",\"options\":{\"seconds\":7}}",
         "options.seconds: 5 or 10, found 7"},
        {"{" OK ",\"options\":{\"seconds\":\"5\"}}",
         "options.seconds: 5 or 10, found \"5\""},
        {"{" OK ",\"options\":{\"seconds\":5.5}}",
         "options.seconds: 5 or 10, found 5.5"},
        {"{" OK ",\"options\":{\"seed\":-1}}",
         "options.seed: an integer from 0 to 4294967295, found -1"},
        {"{" OK ",\"options\":{\"seed\":1e300}}",
         "options.seed: an integer from 0 to 4294967295, found 1e300"},
        {"{" OK ",\"options\":{\"motion_vector\":4}}",
         "options.motion_vector: an object of numbers x y z r bg_x_pan "
         "bg_y_pan, found 4"},
        {"{" OK ",\"options\":{\"motion_vector\":{\"r\":\"6\"}}}",
         "options.motion_vector.r" AXIS "\"6\""},
        {"{" OK ",\"options\":{\"motion_vector\":{\"bg_x_pan\":5000}}}",
         "options.motion_vector.bg_x_pan" AXIS "5000"},
        {"{" OK ",\"callback_url\":\"string\"}",
         "callback_url: an http or https URL, found \"string\""},
        {"{" OK ",\"callback_url\":\"ftp://127.0.0.1/\"}",
         "callback_url: an http or https URL, found \"ftp://127.0.0.1/\""},
        {"{" OK ",\"callback_url\":5}",
         "callback_url: an http or https URL, found 5"},
        {"{" OK ",\"image\":5}", "image: " INPUT_ACCEPTED ", found 5"},
        {"{" OK ",\"image\":\"string\"}", "image: " INPUT_ACCEPTED},
        {"{" OK ",\"image\":\"file:///etc/passwd\"}", "image: " INPUT_ACCEPTED},
        {"{" OK ",\"image\":\"https://example.com/1.jpeg\"}",
         "image: " INPUT_ACCEPTED
         "; this service fetches nothing from other machines"},
        {"{" OK ",\"image\":\"http://127.0.0.1.example.com/1.png\"}",
         "image: " INPUT_ACCEPTED
         "; this service fetches nothing from other machines"},
        {"{" OK ",\"image\":\"data:text/html;base64,PGI+\"}",
         "image: " INPUT_ACCEPTED ", found another kind of data: URI"},
        {"{" OK ",\"image\":\"data:image/png,abc\"}",
         "image: " INPUT_ACCEPTED ", found another kind of data: URI"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(cases[i].body, cases[i].message);
}

static void not_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "{",
        "prompt=cat",
        "{" OK "} trailing",
        "{\"prompt\":\"a\",\"prompt\":\"b\",\"model\":\"gen2\"}",
        "{\"prompt\":\"a\\u0000b\",\"model\":\"gen2\"}",
        "{\"prompt\":\"\xff\",\"model\":\"gen2\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct submit s;
        struct err err;
        assert_false(parse(bodies[i], &s, &err));
        assert_int_equal(strncmp(err.text, "body: not JSON: ", 16), 0);
        submit_free(&s);
    }
}

static void too_long(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_str(&body, "{\"model\":\"gen2\",\"prompt\":\"");
    for (int i = 0; i < SUBMIT_PROMPT_MAX + 1; i++)
        buf_byte(&body, 'x');
    buf_str(&body, "\"}");
    refuse(body.data, "prompt: at most 10000 bytes, found 10001");
    buf_free(&body);
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *image;
        enum input_kind kind;
    } cases[] = {
        {"data:image/png;base64,iVBORw0KGgo=", INPUT_DATA},
        {"DATA:image/JPEG;base64,/9j/", INPUT_DATA},
        {"http://127.0.0.1:8787/assets/" ID ".mp4", INPUT_ASSET},
        {"http://localhost:1/assets/" ID "-last.png", INPUT_ASSET},
        {"http://127.0.0.1:8787/assets/../tasks.db", INPUT_URL},
        {"http://127.0.0.1:8787/assets/" ID "-last.png?x=1", INPUT_URL},
        {"http://127.0.0.1:8787/x/assets/" ID ".mp4", INPUT_URL},
        {"http://[::1]:80/a.png", INPUT_URL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum input_kind kind = INPUT_NONE;
        struct err err;
        if (!input_kind(cases[i].image, HOST, &kind, &err))
            fail_msg("%s: %s", cases[i].image, err.text);
        assert_int_equal(kind, cases[i].kind);
    }
    enum input_kind kind;
    struct err err;
    // The name that the client calls us by is ours, wherever it points.
    assert_true(
        input_kind("http://box:80/assets/" ID ".mp4", "box:80", &kind, &err));
    assert_int_equal(kind, INPUT_ASSET);
    assert_false(input_kind("http://box:80/other.png", "box:80", &kind, &err));
    assert_string_equal(input_asset("http://h/assets/" ID "-poster.png"),
                        ID "-poster.png");
}

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
        char *bytes = input_decode(uri, &len, &err);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published), cmocka_unit_test(ratios),
        cmocka_unit_test(lenient),   cmocka_unit_test(wrong),
        cmocka_unit_test(not_json),  cmocka_unit_test(too_long),
        cmocka_unit_test(kinds),     cmocka_unit_test(asset_names),
        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
