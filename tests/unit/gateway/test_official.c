// Bodies of Runway's own API: what becomes of them, and what is wrong with
// those that are refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/official_order.h"

#define PICTURE "\"https://example.com/a.png\""
#define FILM "\"https://example.com/a.mp4\""
#define TURBO                                                                  \
    "\"model\": \"gen4_turbo\", \"promptImage\": " PICTURE                     \
    ", \"ratio\": \"1280:720\""

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

static bool take(const char *route, const char *body, bool draft,
                 struct order *out, struct schema_issues *issues)
{
    *issues = (struct schema_issues){.n = 0};
    return official_order(wire, route, body, strlen(body), draft, out, issues);
}

// "code path: message" of all issues, a line each; owned.
static char *issues_text(const struct schema_issues *issues)
{
    struct buf text;
    buf_init(&text, 100000);
    for (size_t i = 0; i < issues->n; i++) {
        char *path = schema_path(&issues->all[i]);
        buf_printf(&text, "%s%s %s: %s", i ? "\n" : "", issues->all[i].code,
                   path, issues->all[i].message);
        free(path);
    }
    return buf_take(&text);
}

static struct order good(const char *route, const char *body)
{
    struct order order;
    struct schema_issues issues;
    if (!take(route, body, false, &order, &issues))
        fail_msg("%s: %s", body, issues_text(&issues));
    return order;
}

// The begin of what is said; "" only that it is refused.
static void bad(const char *route, const char *body, const char *want)
{
    struct order order;
    struct schema_issues issues;
    assert_false(take(route, body, false, &order, &issues));
    char *text = issues_text(&issues);
    if (strncmp(text, want, strlen(want)) != 0)
        fail_msg("%s\nwanted: %s\n found: %s", body, want, text);
    free(text);
    schema_issues_clear(&issues);
    order_clear(&order);
}

static void test_image_to_video(void **state)
{
    (void)state;
    struct order o =
        good("image_to_video", "{" TURBO ", \"promptText\": \"a pier\","
                               "\"duration\": 5, \"seed\": 7}");
    assert_int_equal(o.kind, ORDER_GENERATE);
    assert_string_equal(o.model, "gen4_turbo");
    assert_string_equal(o.prompt, "a pier");
    assert_string_equal(order_source(&o, ORDER_FIRST),
                        "https://example.com/a.png");
    assert_int_equal(o.width, 1280);
    assert_int_equal(o.height, 720);
    assert_float_equal(o.seconds, 5, 0);
    assert_int_equal(o.seed, 7);
    assert_int_equal(o.cost, 25000);
    assert_false(o.cost_a_second);
    assert_null(o.callback_url);
    order_clear(&o);
}

static void test_defaults(void **state)
{
    (void)state;
    struct order o = good("image_to_video", "{" TURBO "}");
    assert_string_equal(o.prompt, "");
    assert_float_equal(o.seconds, 10, 0);
    assert_int_equal(o.seed, -1);
    order_clear(&o);
    o = good("text_to_video", "{\"model\": \"veo3.1\", \"promptText\": \"x\","
                              "\"ratio\": \"1080:1920\"}");
    assert_float_equal(o.seconds, 8, 0);
    assert_int_equal(o.height, 1920);
    assert_int_equal(o.cost, 8 * 40000);
    order_clear(&o);
    o = good("text_to_video",
             "{\"model\": \"veo3.1\", \"promptText\": \"x\", \"duration\": 4,"
             "\"ratio\": \"1080:1920\", \"audio\": false}");
    assert_int_equal(o.cost, 4 * 20000);
    order_clear(&o);
    o = good("text_to_video",
             "{\"model\": \"seedance2\", \"promptText\": \"x\","
             "\"duration\": \"auto\"}");
    assert_float_equal(o.seconds, 5, 0);
    assert_int_equal(o.width, 1280);
    order_clear(&o);
}

static void test_first_and_last(void **state)
{
    (void)state;
#define VEO "\"model\": \"veo3.1\", \"ratio\": \"1280:720\", \"promptImage\": "
#define FIRST "{\"uri\": " PICTURE ", \"position\": \"first\"}"
#define LAST "{\"uri\": \"https://example.com/b.png\", \"position\": \"last\"}"
    struct order o = good("image_to_video", "{" VEO "[" LAST ", " FIRST "]}");
    assert_string_equal(order_source(&o, ORDER_LAST),
                        "https://example.com/b.png");
    assert_string_equal(order_source(&o, ORDER_FIRST),
                        "https://example.com/a.png");
    order_clear(&o);
    bad("image_to_video", "{" VEO "[" LAST "]}",
        "custom promptImage: a last picture needs a first one");
    bad("image_to_video", "{" VEO "[" FIRST "," FIRST "]}",
        "custom promptImage: at most one picture for each position");
    bad("image_to_video", "{" VEO "[]}", "too_small promptImage: ");
    bad("image_to_video",
        "{\"model\": \"gen4_turbo\", \"ratio\": \"1280:720\","
        "\"promptImage\": [" LAST "]}",
        "invalid_value promptImage[0].position: first");
    bad("image_to_video",
        "{\"model\": \"seedance2\", \"promptImage\": [" FIRST
        ", {\"uri\": " PICTURE "}]}",
        "custom promptImage: pictures with and without");
    o = good("image_to_video", "{\"model\": \"seedance2\", \"promptImage\":"
                               "[{\"uri\": " PICTURE "}]}");
    assert_null(order_source(&o, ORDER_FIRST));
    assert_non_null(order_source(&o, ORDER_REFERENCE));
    order_clear(&o);
}

static void test_films(void **state)
{
    (void)state;
    struct order o =
        good("video_to_video", "{\"model\": \"aleph2\", \"videoUri\": " FILM
                               ", \"promptText\": \"snow\", \"keyframes\":"
                               "[{\"uri\": " PICTURE ", \"seconds\": 1}]}");
    assert_int_equal(o.kind, ORDER_RESTYLE);
    assert_string_equal(order_source(&o, ORDER_FILM),
                        "https://example.com/a.mp4");
    assert_float_equal(o.seconds, 0, 0);
    assert_int_equal(o.width, 0);
    assert_int_equal(o.cost, 28000);
    assert_int_equal(o.least, 56000);
    assert_true(o.cost_a_second);
    order_clear(&o);
    o = good("video_to_video", "{\"model\": \"gen4_aleph\", \"videoUri\": " FILM
                               ", \"promptText\": \"snow\","
                               "\"ratio\": \"640:480\"}");
    assert_int_equal(o.width, 640);
    order_clear(&o);
    o = good("video_to_video",
             "{\"model\": \"seedance2\", \"promptVideo\": " FILM
             ", \"duration\": 4}");
    assert_int_equal(o.cost, 4 * 36000);
    assert_false(o.cost_a_second);
    order_clear(&o);
    o = good("video_upscale",
             "{\"model\": \"magnific_video_upscaler_creative\","
             "\"videoUri\": " FILM ", \"resolution\": \"4k\"}");
    assert_int_equal(o.kind, ORDER_UPSCALE);
    assert_int_equal(o.longer, 3840);
    order_clear(&o);
    bad("video_to_video",
        "{\"model\": \"aleph2\", \"videoUri\": " FILM ", \"keyframes\":"
        "[{\"uri\": " PICTURE ", \"seconds\": 1, \"at\": 0.5}]}",
        "invalid_union keyframes[0].seconds: one of seconds and at");
}

static void test_performances(void **state)
{
    (void)state;
#define DRIVER "\"reference\": {\"type\": \"video\", \"uri\": " FILM "}"
    struct order o =
        good("character_performance",
             "{\"model\": \"act_two\", \"character\": {\"type\": \"image\","
             "\"uri\": " PICTURE "}, " DRIVER
             ", \"bodyControl\": true, \"expressionIntensity\": 4}");
    assert_int_equal(o.kind, ORDER_PERFORM);
    assert_non_null(order_source(&o, ORDER_CHARACTER));
    assert_non_null(order_source(&o, ORDER_FILM));
    assert_true(o.body);
    assert_float_equal(o.strength, 0.8, 1e-9);
    assert_int_equal(o.cost, 5000);
    assert_true(o.cost_a_second);
    order_clear(&o);
    o = good("character_performance",
             "{\"model\": \"act_two\", \"character\": {\"type\": \"video\","
             "\"uri\": " FILM "}, " DRIVER "}");
    assert_null(order_source(&o, ORDER_CHARACTER));
    assert_non_null(order_source(&o, ORDER_CHARACTER_FILM));
    assert_false(o.body);
    order_clear(&o);
    bad("character_performance", "{\"model\": \"act_two\", " DRIVER "}",
        "invalid_type character: required");
    bad("character_performance",
        "{\"model\": \"act_two\", " DRIVER ", \"character\":"
        "{\"type\": \"image\", \"uri\": " PICTURE "},"
        "\"expressionIntensity\": 6}",
        "too_big expressionIntensity: an integer from 1 to 5, found 6");
}

static void test_pictures(void **state)
{
    (void)state;
    struct order o = good("text_to_image",
                          "{\"model\": \"gen4_image\", \"promptText\": \"x\","
                          "\"ratio\": \"1680:720\"}");
    assert_int_equal(o.kind, ORDER_PICTURE);
    assert_int_equal(o.width, 1680);
    assert_float_equal(o.seconds, 0, 0);
    assert_int_equal(o.cost, 5000);
    assert_false(o.cost_a_second);
    order_clear(&o);
    o = good("text_to_image",
             "{\"model\": \"gen4_image\", \"promptText\": \"x\","
             "\"ratio\": \"2112:912\", \"referenceImages\":"
             "[{\"uri\": " PICTURE ", \"tag\": \"cat\"}]}");
    assert_int_equal(o.width, RENDER_SIDE_MAX); // as large as can be drawn
    assert_int_equal(o.height, 830);
    assert_int_equal(o.cost, 8000);
    assert_non_null(order_source(&o, ORDER_REFERENCE));
    order_clear(&o);
    bad("text_to_image",
        "{\"model\": \"gen4_image_turbo\", \"promptText\": \"x\","
        "\"ratio\": \"1280:720\"}",
        "invalid_type referenceImages: required");
    bad("text_to_image",
        "{\"model\": \"gen4_image\", \"promptText\": \"x\", \"ratio\":"
        "\"720:720\", \"referenceImages\": [{\"uri\": " PICTURE
        ", \"tag\": \"ab\"}]}",
        "too_small referenceImages[0].tag: at least 3 characters, found 2");
}

static void test_drafts_are_small(void **state)
{
    (void)state;
    struct order o;
    struct schema_issues issues;
    assert_true(take("image_to_video", "{" TURBO "}", true, &o, &issues));
    assert_int_equal(o.width, 320);
    assert_int_equal(o.height, 180);
    assert_int_equal(o.cost, 50000); // what it costs does not change
    order_clear(&o);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *want;
    } cases[] = {
        {"nonsense", "invalid_type body: "},
        {"[]", "invalid_type body: an object, found a list"},
        {"{}", "invalid_value model: required, "},
        {"{\"model\": \"gen9\"}", "invalid_value model: "},
        {"{" TURBO ", \"colour\": 1}",
         "unrecognized_keys body: unknown field 'colour'"},
        {"{" TURBO ", \"promtText\": \"x\"}",
         "unrecognized_keys body: unknown field 'promtText', did you mean "
         "'promptText'?"},
        {"{" TURBO ", \"duration\": 11}",
         "too_big duration: an integer from 2 to 10, found 11"},
        {"{" TURBO ", \"duration\": 2.5}", "invalid_type duration: "},
        {"{" TURBO ", \"duration\": \"5\"}", "invalid_type duration: "},
        {"{" TURBO ", \"seed\": -1}", "too_small seed: "},
        {"{" TURBO ", \"seed\": 4294967296}", "too_big seed: "},
        {"{" TURBO ", \"promptText\": \"\"}", "too_small promptText: "},
        {"{" TURBO ", \"contentModeration\": {\"publicFigureThreshold\":"
         "\"high\"}}",
         "invalid_value contentModeration.publicFigureThreshold: auto or low"},
        {"{\"model\": \"gen4_turbo\", \"promptImage\": " PICTURE
         ", \"ratio\": \"16:9\"}",
         "invalid_value ratio: 1280:720, "},
        {"{\"model\": \"gen4.5\", \"promptImage\": " PICTURE
         ", \"ratio\": \"1280:720\", \"promptText\": \"x\"}",
         "invalid_type duration: required"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        bad("image_to_video", cases[i].body, cases[i].want);
}

// Lengths are counted as JavaScript does: an emoji is two.
static void test_lengths_of_text(void **state)
{
    (void)state;
    struct buf body;
    for (int n = 500; n <= 501; n++) {
        buf_init(&body, 10000);
        buf_str(&body, "{" TURBO ", \"promptText\": \"");
        for (int i = 0; i < n; i++)
            buf_str(&body, "\xf0\x9f\x8e\xac");
        buf_str(&body, "\"}");
        if (n == 500) {
            struct order o = good("image_to_video", body.data);
            order_clear(&o);
        } else {
            bad("image_to_video", body.data,
                "too_big promptText: at most 1000 characters, found 1002");
        }
        buf_free(&body);
    }
}

static void test_old_models(void **state)
{
    (void)state;
    struct order o = good("image_to_video",
                          "{\"model\": \"gen3a_turbo\", \"promptText\": \"x\","
                          "\"promptImage\": " PICTURE "}");
    assert_float_equal(o.seconds, 10, 0);
    assert_int_equal(o.width, 1280);
    assert_int_equal(o.height, 768);
    order_clear(&o);
    o = good("video_upscale",
             "{\"model\": \"upscale_v1\", \"videoUri\": " FILM "}");
    assert_int_equal(o.longer, 0);
    order_clear(&o);
}

static void test_a_camera_in_the_prompt(void **state)
{
    (void)state;
    struct order o = good("image_to_video", "{" TURBO ", \"promptText\":"
                                            "\"a pier Camera: z 3, r -2.\"}");
    assert_string_equal(o.prompt, "a pier");
    assert_float_equal(o.motion[RENDER_Z], 3, 0);
    assert_float_equal(o.motion[RENDER_R], -2, 0);
    order_clear(&o);
}

static const char *const routes[] = {"image_to_video", "text_to_video",
                                     "video_to_video", "character_performance",
                                     "video_upscale",  "text_to_image"};

// Each model of each route has a price and a place in the tiers.
static void test_the_table_is_whole(void **state)
{
    (void)state;
    const struct value *table = wire_official(wire);
    const struct value *schemas = value_get(table, "schemas");
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        char *path = xasprintf("routes.%s.body.$ref", routes[i]);
        const char *ref = value_text(value_get_path(table, path));
        free(path);
        assert_non_null(ref);
        const struct value *all =
            value_get(value_get(schemas, strrchr(ref, '/') + 1), "oneOf");
        assert_true(value_count(all) > 0);
        for (size_t k = 0; k < value_count(all); k++) {
            ref = value_get_text(value_at(all, k), "$ref");
            const char *model = value_text(
                value_get_path(value_get(schemas, strrchr(ref, '/') + 1),
                               "properties.model.const"));
            assert_non_null(model);
            const struct value *price =
                value_get(value_get(table, "models"), model);
            bool picture = strcmp(routes[i], "text_to_image") == 0;
            if (!value_get(price, picture ? "each" : "second"))
                fail_msg("%s has no price", model);
            for (int tier = 1; tier <= OFFICIAL_TIERS; tier++) {
                assert_true(official_at_once(wire, tier, model) > 0);
                assert_true(official_a_day(wire, tier, model) >= 50);
            }
        }
    }
}

static void test_tiers(void **state)
{
    (void)state;
    assert_int_equal(official_at_once(wire, 1, "gen4_turbo"), 2);
    assert_int_equal(official_at_once(wire, 5, "gen4_turbo"), 20);
    assert_int_equal(official_a_day(wire, 1, "act_two"), 50);
    assert_int_equal(official_at_once(wire, 1, "gen9"), 0);
    assert_int_equal(official_at_once(wire, 6, "act_two"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image_to_video),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_first_and_last),
        cmocka_unit_test(test_films),
        cmocka_unit_test(test_performances),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_drafts_are_small),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lengths_of_text),
        cmocka_unit_test(test_old_models),
        cmocka_unit_test(test_a_camera_in_the_prompt),
        cmocka_unit_test(test_the_table_is_whole),
        cmocka_unit_test(test_tiers),
    };
    return cmocka_run_group_tests(tests, open_wire, close_wire);
}
