// What a profile of the reverse format says where the pages disagree, and the
// routes beside generate.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "reverse_reading.h"

// --- the pages

// Each example of a page is taken by the page's own profile.
static void own_profiles(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"v1", SEED_000},
                                          {"apifox", SEED_002},
                                          {"comet", SEED_003},
                                          {"comet", SEED_004}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct order o = taken(rows[i][0], "generate", rows[i][1]);
        order_clear(&o);
    }
}

// --- what a profile says

#define CB "\"callback_url\":\"http://h/\","
#define FULL CB "\"ratio\":\"16:9\",\"prompt\":\"p\",\"style\":\"cinematic\","
#define OPTIONS "\"options\":{\"seconds\":5," STILL "}"
#define EMPTY "callback_url_empty"
#define BAD "invalid_request"

static void strict(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *body, *code, *message;
    } rows[] = {
        {"comet", "{" OK "}", EMPTY, EMPTY},
        {"apifox", "{" OK "}", EMPTY, EMPTY},
        {"v1", "{" OK "}", EMPTY, EMPTY},
        {"comet", "{\"callback_url\":\"\"," OK "}", EMPTY, EMPTY},
        {"comet", "{" CB OK "}", BAD,
         "ratio: required, 16:9 9:16 1:1 4:3 3:4 21:9, or an even number of "
         "pixels as 1280:720"},
        {"comet", "{" FULL "\"model\":\"gen4\"}", BAD,
         "options: required, an object"},
        {"comet", "{" FULL "\"model\":\"gen4\",\"options\":{\"seconds\":5}}",
         BAD,
         "options.motion_vector: required, an object of numbers x y z r "
         "bg_x_pan bg_y_pan"},
        {"comet", "{" FULL "\"model\":\"gen4\",\"options\":{" STILL "}}", BAD,
         "options.seconds: required, 5 or 10"},
        {"apifox", "{" FULL "\"model\":\"gen4\"}", BAD,
         "model: gen2 or gen3, found \"gen4\""},
        {"apifox",
         "{" CB "\"prompt\":\"p\",\"model\":\"gen2\",\"ratio\":\"3:4\"}", BAD,
         "ratio: 16:9, 9:16, 1:1, 4:3 or 21:9, found \"3:4\""},
        {"apifox",
         "{" CB "\"prompt\":\"p\",\"model\":\"gen3\",\"ratio\":\"1:1\"}", BAD,
         "ratio: 16:9 or 9:16, found \"1:1\""},
        {"apifox",
         "{" CB "\"prompt\":\"p\",\"model\":\"gen2\",\"style\":\"noir\"}", BAD,
         "style: cinematic, found \"noir\""},
        {"apifox",
         "{" FULL "\"model\":\"gen3\",\"options\":{\"seconds\":\"5\"}}", BAD,
         "options.seconds: 5 or 10, found \"5\""},
        {"v1", "{" FULL OPTIONS ",\"model\":\"gen4_turbo\"}", BAD,
         "model: gen2, gen3 or gen4, found \"gen4_turbo\""},
        {"v1", "{" CB OPTIONS ",\"ratio\":\"1:1\"," OK "}", BAD,
         "style: required, a short string, as \"cinematic\""},
        {"v1", "{" CB OPTIONS ",\"style\":\"s\",\"ratio\":\"1280:720\"," OK "}",
         BAD, "ratio: 16:9, 9:16, 1:1, 4:3, 3:4 or 21:9, found \"1280:720\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct order o;
        struct reverse_refusal why;
        if (read_as(rows[i].profile, "generate", rows[i].body, &o, &why))
            fail_msg("%s takes %s", rows[i].profile, rows[i].body);
        if (strcmp(why.message, rows[i].message) != 0)
            fail_msg("%s %s\n is: %s\nnot: %s", rows[i].profile, rows[i].body,
                     why.message, rows[i].message);
        assert_string_equal(why.code, rows[i].code);
        free(why.message);
        order_clear(&o);
        o = taken("lenient", "generate", rows[i].body);
        order_clear(&o);
    }
}

// "Only gen-2", "only gen-3": taken with other models, and without effect.
static void ignored(void **state)
{
    (void)state;
    struct order o = taken("apifox", "generate", SEED_002);
    assert_true(o.motion[RENDER_R] == 0);
    assert_true(o.seconds == 10);
    order_clear(&o);
    static const char gen2[] =
        "{" CB "\"prompt\":\"p\",\"model\":\"gen2\",\"options\":{"
        "\"seconds\":5," MOTION "}}";
    o = taken("apifox", "generate", gen2);
    assert_true(o.motion[RENDER_R] == -6);
    assert_true(o.seconds == 10); // only gen-3 has a length to choose
    order_clear(&o);
    o = taken("v1", "generate",
              "{" FULL "\"model\":\"gen2\",\"options\":{\"seconds\":5," MOTION
              "}}");
    assert_true(o.motion[RENDER_R] == -6 && o.seconds == 5);
    order_clear(&o);
    o = taken("v1", "generate",
              "{" FULL "\"model\":\"gen4\",\"options\":{\"seconds\":5," MOTION
              "}}");
    assert_true(o.motion[RENDER_R] == 0 && o.seconds == 5);
    order_clear(&o);
    o = taken("comet", "generate", SEED_003);
    assert_true(o.motion[RENDER_R] == -6);
    order_clear(&o);
}

static void headers(void **state)
{
    (void)state;
    bool required = true;
    struct order o = taken("comet", "generate", SEED_004);
    assert_string_equal(
        reverse_header(wire, "comet", "generate", &o, &required),
        "X-Runway-Version");
    assert_false(required);
    assert_null(reverse_header(wire, "lenient", "generate", &o, &required));
    order_clear(&o);
    o = taken("comet", "generate", SEED_003);
    assert_null(reverse_header(wire, "comet", "generate", &o, &required));
    order_clear(&o);
}

// --- the other routes

#define VIDEO "\"video\":\"http://h/v.mp4\""

static void video2video(void **state)
{
    (void)state;
    struct order o = taken("lenient", "video2video",
                           "{" OK "," VIDEO
                           ",\"options\":{\"structure_transformation\":0.25,"
                           "\"flip\":true,\"seconds\":5}}");
    assert_int_equal(o.kind, ORDER_RESTYLE);
    assert_string_equal(order_source(&o, ORDER_FILM), "http://h/v.mp4");
    assert_true(o.strength == 0.25 && o.seconds == 5);
    assert_true(o.cost == 25000 && !o.cost_a_second);
    assert_int_equal(o.width, 720);
    assert_int_equal(o.height, 1280);
    order_clear(&o);
    o = taken("lenient", "video2video", "{" OK "," VIDEO "}");
    assert_true(o.width == 0 && o.height == 0 && o.seconds == 0);
    assert_true(o.cost == 5000 && o.cost_a_second && o.strength == -1);
    order_clear(&o);
    o = taken("apifox", "video2video",
              "{" CB "\"prompt\":\"p\",\"model\":\"gen3\"," VIDEO "}");
    assert_int_equal(o.width, 1280); // flip is false by default
    order_clear(&o);
    static const char bad[] =
        "{" OK "," VIDEO ",\"options\":{\"structure_transformation\":2}}";
    refuse("lenient", "video2video", bad, BAD,
           "options.structure_transformation: a number from 0 to 1, found 2");
    refuse("lenient", "video2video", "{" OK "}", BAD,
           "video: required, an http or https URL, a data: URI (video/mp4, "
           "video/quicktime or video/webm in base64), or an upload");
    refuse("apifox", "video2video", "{" OK "," VIDEO "}", EMPTY, EMPTY);
}

static void acts(void **state)
{
    (void)state;
    struct order o = taken("lenient", "act_one",
                           "{" VIDEO ",\"image\":\"http://h/i.png\","
                           "\"options\":{\"motion_multiplier\":3}}");
    assert_int_equal(o.kind, ORDER_PERFORM);
    assert_string_equal(o.model, "act_one");
    assert_string_equal(o.prompt, "");
    assert_string_equal(order_source(&o, ORDER_CHARACTER), "http://h/i.png");
    assert_true(o.strength == 0.75 && !o.body && o.cost_a_second);
    order_clear(&o);
    o = taken("lenient", "act_two",
              "{" VIDEO ",\"character_video\":\"http://h/c.mp4\","
              "\"options\":{\"expression_intensity\":5,"
              "\"body_control\":true}}");
    assert_string_equal(o.model, "act_two");
    assert_string_equal(order_source(&o, ORDER_CHARACTER_FILM),
                        "http://h/c.mp4");
    assert_true(o.strength == 1 && o.body);
    order_clear(&o);
    refuse("lenient", "act_two", "{" VIDEO "}", BAD,
           "image: required, or character_video");
    refuse("lenient", "act_two",
           "{" VIDEO ",\"image\":\"http://h/\","
           "\"options\":{\"expression_intensity\":6}}",
           BAD,
           "options.expression_intensity: an integer from 1 to 5, found 6");
}

static void aleph(void **state)
{
    (void)state;
    struct order o =
        taken("lenient", "aleph",
              "{\"prompt\":\"p\"," VIDEO ",\"images\":[\"http://h/r.png\"]}");
    assert_int_equal(o.kind, ORDER_RESTYLE);
    assert_string_equal(o.model, "gen4_aleph");
    assert_string_equal(order_source(&o, ORDER_REFERENCE), "http://h/r.png");
    assert_true(o.seconds == 5 && o.cost == 25000 && o.width == 0);
    order_clear(&o);
    refuse("lenient", "aleph",
           "{\"prompt\":\"p\"," VIDEO ",\"images\":[\"http://h/1\","
           "\"http://h/2\"]}",
           BAD, "images: at most 1 item, found 2");
    refuse("lenient", "aleph",
           "{\"prompt\":\"p\"," VIDEO ",\"options\":{\"seconds\":10}}", BAD,
           "options.seconds: 5, found 10");
}

// Nobody has checked what is in them.
static void options_of_other_routes(void **state)
{
    (void)state;
    static const char wild[] =
        "{\"prompt\":\"p\"," VIDEO ",\"image\":\"http://h/c.png\","
        "\"ratio\":7,\"options\":{%s\"structure_transformation\":1e300,"
        "\"expression_intensity\":-1e300,\"motion_vector\":{\"x\":1e300}}}";
    static const char *const routes[][2] = {{"act_one", "\"seconds\":1e300,"},
                                            {"aleph", ""}};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        char *body = xasprintf(wild, routes[i][1]);
        struct order o = taken("lenient", routes[i][0], body);
        assert_true(o.seconds == 0 || o.seconds == 5);
        assert_true(o.cost == 5000 || o.cost == 25000);
        assert_true(o.strength == -1);
        assert_true(o.motion[RENDER_X] == 0);
        assert_int_equal(o.width, 0);
        order_clear(&o);
        free(body);
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
        cmocka_unit_test(own_profiles),
        cmocka_unit_test(strict),
        cmocka_unit_test(ignored),
        cmocka_unit_test(headers),
        cmocka_unit_test(video2video),
        cmocka_unit_test(acts),
        cmocka_unit_test(aleph),
        cmocka_unit_test(options_of_other_routes),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
