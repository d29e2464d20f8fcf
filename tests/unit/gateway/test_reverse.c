// Bodies of the reverse format become orders: every published example is taken,
// what is wrong is said with the field's name, and a profile decides where the
// pages disagree.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/routes.h"
#include "reverse_reading.h"

// --- generate, lenient

static void published(void **state)
{
    (void)state;
    struct order o = taken("lenient", "generate", SEED_002);
    assert_int_equal(o.kind, ORDER_GENERATE);
    assert_string_equal(o.prompt, "cat");
    assert_string_equal(o.model, "gen3");
    assert_string_equal(o.callback_url, "http://baidu.com");
    assert_true(o.seconds == 10 && o.cost == 50000 && !o.cost_a_second);
    assert_int_equal(o.width, 1280);
    assert_int_equal(o.height, 720);
    assert_true(o.motion[RENDER_Y] == 0.3999999999999999);
    assert_true(o.motion[RENDER_R] == -6);
    assert_true(o.seed == -1 && o.n_inputs == 0 && o.at_once == 0);
    order_clear(&o);

    o = taken("lenient", "generate", SEED_000);
    assert_true(o.seconds == 5 && o.cost == 25000);
    // "string" is the page's word for "something here".
    assert_null(o.callback_url);
    assert_int_equal(o.n_inputs, 0);
    order_clear(&o);

    o = taken("lenient", "generate", SEED_004);
    assert_string_equal(order_source(&o, ORDER_FIRST),
                        "https://db.xiaohuhd.com/1.jpeg");
    assert_true(o.seconds == 10); // the published default
    assert_int_equal(o.width, 1280);
    order_clear(&o);
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
        struct order o = taken("lenient", "generate", body);
        assert_true(o.width > 0 && o.width % 2 == 0 && o.height % 2 == 0);
        order_clear(&o);
        free(body);
    }
}

#define PNG "\"image\":\"data:image/png;base64,iVBORw0KGgo=\""

static void lenient(void **state)
{
    (void)state;
    struct order o =
        taken("lenient", "generate",
              "{\"prompt\":\"p\",\"model\":\"gen4_turbo\",\"image\":null,"
              "\"ratio\":null,\"style\":null,\"callback_url\":\"\","
              "\"last_image\":\"http://x/\",\"unknown\":[1],"
              "\"options\":{\"seconds\":5.0,\"seed\":7,\"flip\":true,"
              "\"motion_vector\":{\"z\":null,\"x\":-4}}}");
    assert_true(o.seconds == 5 && o.seed == 7);
    assert_null(o.callback_url);
    assert_null(order_source(&o, ORDER_FIRST));
    assert_string_equal(order_source(&o, ORDER_LAST), "http://x/");
    assert_true(o.motion[RENDER_X] == -4 && o.motion[RENDER_Z] == 0);
    order_clear(&o);
    o = taken("lenient", "generate",
              "{\"prompt\":\"灯台\",\"model\":\"gen2\",\"options\":null}");
    assert_string_equal(o.prompt, "灯台");
    order_clear(&o);
    // Numbers and truths as strings; fields that pages print beside options.
    o = taken("lenient", "generate",
              "{" OK ",\"seconds\":\"5\",\"motion_vector\":{\"x\":\"2.5\"},"
              "\"options\":{\"flip\":\"true\"}," PNG "}");
    assert_true(o.seconds == 5 && o.motion[RENDER_X] == 2.5);
    assert_int_equal(o.width, 720);
    order_clear(&o);
    // What is said in `options` goes before what is beside them.
    o = taken("lenient", "generate",
              "{" OK ",\"seconds\":5,\"options\":{\"seconds\":10}}");
    assert_true(o.seconds == 10);
    order_clear(&o);
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int width, height;
    } rows[] = {
        {"{" OK "}", 1280, 720},
        {"{" OK ",\"options\":{\"flip\":true}}", 1280, 720}, // no picture
        {"{" OK "," PNG ",\"options\":{\"flip\":true}}", 720, 1280},
        {"{" OK "," PNG ",\"options\":{\"flip\":false}}", 1280, 720},
        {"{" OK "," PNG ",\"ratio\":\"1:1\",\"options\":{\"flip\":true}}", 960,
         960},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct order o = taken("lenient", "generate", rows[i].body);
        if (o.width != rows[i].width || o.height != rows[i].height)
            fail_msg("%s: %dx%d", rows[i].body, o.width, o.height);
        order_clear(&o);
    }
    struct order o;
    struct reverse_refusal why;
    static const char small[] = "{" OK ",\"ratio\":\"9:16\"}";
    assert_true(reverse_order(wire, "lenient", "generate", small,
                              sizeof small - 1, true, &o, &why));
    assert_int_equal(o.width, 180);
    assert_int_equal(o.height, 320);
    order_clear(&o);
}

static void end_frames(void **state)
{
    (void)state;
    struct order o =
        taken("lenient", "generate",
              "{" OK "," PNG ",\"options\":{\"image_as_end_frame\":true}}");
    assert_null(order_source(&o, ORDER_FIRST));
    assert_non_null(order_source(&o, ORDER_LAST));
    order_clear(&o);
    o = taken("lenient", "generate",
              "{" OK "," PNG ",\"last_image\":\"http://x/l.png\","
              "\"options\":{\"image_as_end_frame\":true}}");
    assert_non_null(order_source(&o, ORDER_FIRST));
    assert_string_equal(order_source(&o, ORDER_LAST), "http://x/l.png");
    order_clear(&o);
}

#define RATIO                                                                  \
    "ratio: 16:9 9:16 1:1 4:3 3:4 21:9, or an even number of pixels as "       \
    "1280:720, found "
#define PROMPT "prompt: a string that is not empty, found "
#define AXIS ": a number from -1000 to 1000, found "
#define SEED "options.seed: an integer from 0 to 4294967295, found "
#define PICTURE                                                                \
    "image: an http or https URL, a data: URI (image/png, image/jpeg or "      \
    "image/webp in base64), or an upload, found "
#define URL "callback_url: an http or https URL, found "

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
        {"{" OK ",\"ratio\":\"1281:720\"}", RATIO "\"1281:720\""},
        {"{" OK ",\"ratio\":16}", RATIO "16"},
        {"{" OK ",\"ratio\":{}}", RATIO "an object"},
        {"{" OK ",\"style\":1}",
         "style: a short string, as \"cinematic\", found 1"},
        {"{" OK ",\"options\":[]}", "options: an object, found a list"},
        {"{" OK ",\"seconds\":5,\"options\":[]}",
         "options: an object, found a list"},
        {"{" OK ",\"options\":{\"seconds\":7}}",
         "options.seconds: 5 or 10, found 7"},
        {"{" OK ",\"options\":{\"seconds\":\"7\"}}",
         "options.seconds: 5 or 10, found 7"},
        {"{" OK ",\"options\":{\"seconds\":\"five\"}}",
         "options.seconds: 5 or 10, found \"five\""},
        {"{" OK ",\"options\":{\"seconds\":5.5}}",
         "options.seconds: 5 or 10, found 5.5"},
        {"{" OK ",\"options\":{\"seed\":-1}}", SEED "-1"},
        {"{" OK ",\"options\":{\"seed\":1e300}}", SEED "1e300"},
        {"{" OK ",\"options\":{\"seed\":\"1e300\"}}", SEED "1e300"},
        {"{" OK ",\"options\":{\"motion_vector\":4}}",
         "options.motion_vector: an object of numbers x y z r bg_x_pan "
         "bg_y_pan, found 4"},
        {"{" OK ",\"options\":{\"motion_vector\":{\"r\":[]}}}",
         "options.motion_vector.r" AXIS "a list"},
        {"{" OK ",\"options\":{\"motion_vector\":{\"bg_x_pan\":5000}}}",
         "options.motion_vector.bg_x_pan" AXIS "5000"},
        {"{" OK ",\"options\":{\"flip\":1}}",
         "options.flip: true or false, found 1"},
        {"{" OK ",\"callback_url\":\"strings\"}", URL "\"strings\""},
        {"{" OK ",\"callback_url\":\"ftp://127.0.0.1/\"}",
         URL "\"ftp://127.0.0.1/\""},
        {"{" OK ",\"callback_url\":5}", URL "5"},
        {"{" OK ",\"image\":5}", PICTURE "5"},
        {"{" OK ",\"image\":\"file:///etc/passwd\"}",
         PICTURE "\"file:///etc/passwd\""},
        {"{" OK ",\"image\":\"data:text/html;base64,PGI+\"}",
         PICTURE "\"data:text/html;base64,PGI+\""},
        {"{" OK ",\"image\":\"data:image/png,abc\"}",
         PICTURE "\"data:image/png,abc\""},
        {"{" OK ",\"image\":\"data:video/mp4;base64,AAAA\"}",
         PICTURE "\"data:video/mp4;base64,AAAA\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse("lenient", "generate", cases[i].body, "invalid_request",
               cases[i].message);
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
        struct order o;
        struct reverse_refusal why;
        assert_false(read_as("lenient", "generate", bodies[i], &o, &why));
        assert_int_equal(strncmp(why.message, "body: not JSON: ", 16), 0);
        free(why.message);
        order_clear(&o);
    }
}

static char *long_body(const char *before, size_t n)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_str(&body, before);
    for (size_t i = 0; i < n; i++)
        buf_byte(&body, 'x');
    buf_str(&body, "\"}");
    return buf_take(&body);
}

static void too_long(void **state)
{
    (void)state;
    char *body =
        long_body("{\"model\":\"gen2\",\"prompt\":\"", REVERSE_PROMPT_MAX + 1);
    refuse("lenient", "generate", body, "invalid_request",
           "prompt: at most 10000 bytes, found 10001");
    free(body);
    body = long_body("{\"video\":\"http://x/\",\"prompt\":\"", 1001);
    refuse("lenient", "aleph", body, "invalid_request",
           "prompt: at most 1000 characters, found 1001");
    free(body);
    body = long_body("{\"prompt\":\"p\",\"model\":\"", 101);
    refuse("lenient", "generate", body, "invalid_request",
           "model: at most 100 characters, found 101");
    free(body);
    body =
        long_body("{" OK ",\"callback_url\":\"http://x/", REVERSE_URL_MAX + 1);
    struct order o;
    struct reverse_refusal why;
    assert_false(read_as("lenient", "generate", body, &o, &why));
    assert_non_null(strstr(why.message, URL));
    free(why.message);
    order_clear(&o);
    free(body);
}

// --- the table and the program

// Every route of the table is answered, in each family.
static void routes_of_the_table(void **state)
{
    (void)state;
    const struct value *table = wire_reverse(wire);
    const struct value *families = value_get(table, "families");
    const struct value *routes = value_get(table, "routes");
    assert_true(value_count(families) == 2 && value_count(routes) == 8);
    for (size_t i = 0; i < value_count(families) * value_count(routes); i++) {
        const struct value *one = routes->map.members[i / 2].value;
        char *path = xasprintf("%s%s", value_text(value_at(families, i % 2)),
                               value_get_text(one, "path"));
        bool found = false;
        for (const struct route *r = reverse_routes; r->path; r++)
            found = found || strcmp(r->path, path) == 0;
        for (const struct route *r = upload_routes; r->path; r++)
            found = found || strcmp(r->path, path) == 0;
        if (!found)
            fail_msg("%s is not answered", path);
        free(path);
    }
}

static int begin(void **state)
{
    (void)state;
    struct err err;
    wire = wire_open(&err);
    if (!wire)
        printf("%s\n", err.text);
    return wire ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    wire_free(wire);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test(ratios),
        cmocka_unit_test(lenient),
        cmocka_unit_test(shapes),
        cmocka_unit_test(end_frames),
        cmocka_unit_test(wrong),
        cmocka_unit_test(not_json),
        cmocka_unit_test(too_long),
        cmocka_unit_test(routes_of_the_table),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
