#include "recipe/fields.h"

#include "reading.h"

static const char *const ratios[] = {"16:9", "9:16", "1:1", NULL};
static const char *const lengths[] = {"5", "10", NULL};
static const char *const styles[] = {"cinematic", NULL};
static const char *const models[] = {"gen2", "gen3", NULL};
static const char *const gen2[] = {"gen2", NULL};

// Like a dialect's.
static const struct field rows[] = {
    {.name = "model", .type = FIELD_TEXT, .required = true, .choices = models},
    {.name = "prompt", .type = FIELD_TEXT, .required = true},
    {.name = "image", .type = FIELD_FILE},
    {.name = "ratio", .type = FIELD_TEXT, .choices = ratios},
    {.name = "style", .type = FIELD_TEXT, .choices = styles, .models = gen2},
    {.name = "seconds", .type = FIELD_INTEGER, .choices = lengths},
    {.name = "motion.x",
     .type = FIELD_NUMBER,
     .has_min = true,
     .has_max = true,
     .min = -10,
     .max = 10,
     .models = gen2},
    {.name = "motion.r", .type = FIELD_NUMBER, .models = gen2},
    {.name = "structure", .type = FIELD_NUMBER, .has_min = true, .min = 0},
    {.name = "extra", .type = FIELD_ANY},
};

static const struct field_table table = {
    .dialect = "reverse",
    .route = "generate",
    .fields = rows,
    .n = COUNT(rows),
};

static struct value *from_yaml(const char *text)
{
    struct problems p;
    problems_init(&p, "f");
    struct value *v = yaml_read(text, strlen(text), &p);
    assert_non_null(v);
    problems_free(&p);
    return v;
}

static void names_are_known(void **state)
{
    (void)state;
    assert_true(field_is_neutral("prompt"));
    assert_true(field_is_neutral("motion.bg_x_pan"));
    assert_true(field_is_neutral("extra.any"));
    assert_true(field_is_neutral("extra.any.deeper"));
    assert_false(field_is_neutral("motion"));
    assert_false(field_is_neutral("extra"));
    assert_false(field_is_neutral("motion.xx"));
    assert_false(field_is_neutral("prompts"));
    assert_false(field_is_neutral(""));
    assert_true(field_is_group("motion"));
    assert_true(field_is_group("extra"));
    assert_false(field_is_group("mot"));
    assert_false(field_is_group("prompt"));
    size_t n = 0;
    for (; field_names()[n]; n++)
        assert_true(field_is_neutral(field_names()[n]) ||
                    field_is_group(field_names()[n]));
    assert_true(n > 10);
}

static void shapes_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{prompt: a, seconds: 5, seed: 1, flip: true, motion: {x: 0.5, r: -1},"
         " extra: {a.b: [1], c: {d: null}}, image: a.png}",
         ""},
        {"{style: null, motion: null, extra: null, image: null}", ""},
        {"{seconds: \"${s}\", motion: {x: \"${m}\"}, flip: \"${f}\"}", ""},
        {"prompt: 5\n"
         "promt: x\n"
         "motion: {x: fast, xx: 1, y: [1]}\n"
         "motion.y: 3\n"
         "seconds: five\n"
         "image: \"\"\n"
         "flip: 1\n"
         "seed: 1.5\n"
         "extra: 4\n"
         "style: {a: 1}\n",
         "1:9 'prompt' takes a text, found 5\n"
         "2:1 unknown field 'promt' (did you mean 'prompt'?)\n"
         "3:13 'motion.x' takes a number, found \"fast\"\n"
         "3:19 unknown field 'motion.xx' (did you mean 'motion.x'?)\n"
         "3:29 'motion.y' takes a number, found a list\n"
         "4:1 'motion.y' is written as motion: {y: \xe2\x80\xa6}\n"
         "5:10 'seconds' takes a number, found \"five\"\n"
         "6:8 'image' takes a path or a URL, found \"\"\n"
         "7:7 'flip' takes true or false, found 1\n"
         "8:7 'seed' takes a whole number, found 1.5\n"
         "9:8 'extra' takes a map, found 4\n"
         "10:8 'style' takes a text, found a map\n"},
        {"motion_vector: {x: 1}\nduration: 5\ncallback_url: a\noptions: {}\n"
         "motion: {zoom: 1}\nImage_URL: b\n",
         "1:1 unknown field 'motion_vector' (here it is called 'motion')\n"
         "2:1 unknown field 'duration' (here it is called 'seconds')\n"
         "3:1 unknown field 'callback_url' (tarmac sets it; another address is "
         "a key of the gateway, in the configuration)\n"
         "4:1 unknown field 'options' (what they hold stands in the request "
         "itself: seconds, motion, seed)\n"
         "5:10 unknown field 'motion.zoom' (here it is called 'motion.z')\n"
         "6:1 unknown field 'Image_URL' (here it is called 'image')\n"},
        {"seconds: \"5\"\nflip: 'true'\nseed: '1.5'\n",
         "1:10 'seconds' takes a number, found \"5\": take the quotes away\n"
         "2:7 'flip' takes true or false, found \"true\": take the quotes "
         "away\n"
         "3:7 'seed' takes a whole number, found \"1.5\"\n"},
        {"kamera: {x: 1, y: 2}\nmotion: {pan: 1}\n",
         "1:1 unknown field 'kamera' (accepted: model, prompt, image, "
         "last_image, video, character_video, ratio, style, seconds, seed, "
         "motion, structure, expression_intensity, body_control, flip, "
         "extra)\n"
         "2:10 unknown field 'motion.pan' (accepted: motion.x, motion.y, "
         "motion.z, motion.r, motion.bg_x_pan, motion.bg_y_pan)\n"},
        {"motion: ${m}", "1:9 'motion' takes a map, found \"${m}\"\n"},
        {"[1]", "1:1 a request is a map, found a list\n"},
        {"{seed: 5.0}", ""},
        {"\"a\\eb\": 1", "1:1 unknown field 'a?b' (accepted: model, prompt, "
                         "image, last_image, video, character_video, ratio, "
                         "style, seconds, seed, motion, structure, "
                         "expression_intensity, body_control, flip, extra)\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problems p;
        problems_init(&p, "f");
        struct value *v = from_yaml(cases[i].in);
        fields_check_shape(v, &p);
        char *said = reading_said(&p);
        assert_string_equal(said, cases[i].out);
        free(said);
        value_free(v);
        problems_free(&p);
    }
}

static void a_dialect_narrows(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{model: gen2, prompt: a, ratio: '16:9', seconds: 5, style: cinematic,"
         " motion: {x: -10, r: 720}, extra: {any: [1]}, structure: 3}",
         ""},
        // Numbers are compared as numbers.
        {"{model: gen2, prompt: a, seconds: 5.0}", ""},
        {"{model: gen2, prompt: a, seconds: 7}",
         "1:35 'seconds' is 7: reverse takes 5, 10\n"},
        {"{model: gen2, prompt: a, seconds: '5'}",
         "1:35 'seconds' takes a whole number, found \"5\": take the quotes "
         "away\n"},
        {"{model: gen4, prompt: a, ratio: '16:8'}",
         "1:9 'model' is \"gen4\": reverse takes gen2, gen3 (did you mean "
         "'gen2'?)\n"
         "1:33 'ratio' is \"16:8\": reverse takes 16:9, 9:16, 1:1 (did you "
         "mean '16:9'?)\n"},
        {"{model: gen2, prompt: a, motion: {x: 10.5, y: 1, r: 1}}",
         "1:38 'motion.x' is 10.5: reverse takes -10 to 10\n"
         "1:44 reverse generate does not take 'motion.y' (accepted: motion.x, "
         "motion.r)\n"},
        {"{model: gen2, prompt: a, structure: -0.5}",
         "1:37 'structure' is -0.5: reverse takes at least 0\n"},
        {"{model: gen2, prompt: a, seed: 5}",
         "1:26 reverse generate does not take 'seed' (accepted: model, prompt, "
         "image, ratio, style, seconds, motion, structure, extra)\n"},
        {"{prompt: ''}", "1:1 'model' is missing: reverse generate needs it\n"
                         "1:10 'prompt' is empty: reverse generate needs it\n"},
        {"{model: gen2, prompt: null}",
         "1:1 'prompt' is missing: reverse generate needs it\n"},
        // No effect: said, unless the value asks for nothing.
        {"{model: gen3, prompt: a, style: cinematic, motion: {x: 4, r: 0}}",
         "1:33 ? 'style' has no effect with model 'gen3': only gen2 uses it\n"
         "1:56 ? 'motion.x' has no effect with model 'gen3': only gen2 uses "
         "it\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problems p;
        problems_init(&p, "f");
        struct value *v = from_yaml(cases[i].in);
        fields_check(&table, v, &p);
        char *said = reading_said(&p);
        assert_string_equal(said, cases[i].out);
        free(said);
        value_free(v);
        problems_free(&p);
    }
}

// --- rows for models

static const char *const gen3_ratios[] = {"16:9", "1280:768", NULL};
static const char *const gen3[] = {"gen3", NULL};
static const char *const known[] = {"gen2", "gen3", "gen4", NULL};

static const struct field model_rows[] = {
    {.name = "model", .type = FIELD_TEXT},
    {.name = "ratio",
     .type = FIELD_TEXT,
     .choices = ratios,
     .models = gen2,
     .strict = true},
    {.name = "ratio",
     .type = FIELD_TEXT,
     .choices = gen3_ratios,
     .models = gen3,
     .strict = true},
    {.name = "seconds",
     .type = FIELD_INTEGER,
     .choices = lengths,
     .models = gen3,
     .required = true,
     .strict = true},
    {.name = "motion.x", .type = FIELD_NUMBER, .models = gen2},
};

static void no_square(void *ctx, const struct field_table *model_table,
                      const struct value *request, struct problems *p)
{
    assert_ptr_equal(ctx, model_rows);
    assert_string_equal(model_table->route, "generate");
    const char *ratio = value_get_text(request, "ratio");
    if (ratio && strcmp(ratio, "1:1") == 0)
        problem_add(p, value_get(request, "ratio")->pos, "not square");
}

static void a_model_has_rows_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *in, *prices, *out;
    } cases[] = {
        {"{ratio: '9:16'}", NULL, ""}, // of gen2, which is usual
        {"{model: gen3, ratio: '1280:768', seconds: 5}", NULL, ""},
        {"{model: gen3, ratio: '9:16', seconds: 5}", NULL,
         "1:22 'ratio' is \"9:16\": official takes 16:9, 1280:768 for model "
         "'gen3'\n"},
        {"{model: gen3}", NULL,
         "1:1 'seconds' is missing: official generate needs it for model "
         "'gen3'\n"},
        {"{seconds: 5}", NULL,
         "1:11 model 'gen2' does not take 'seconds': only gen3 does\n"},
        {"{model: gen4, ratio: '16:9', motion: {x: 1}}", NULL,
         "1:22 model 'gen4' does not take 'ratio': only gen2, gen3 do\n"
         "1:42 ? 'motion.x' has no effect with model 'gen4': only gen2 uses "
         "it\n"},
        {"{model: gen9}", NULL,
         "1:9 unknown model 'gen9' (known on 2026-04-21: gen2, gen3, gen4; did "
         "you mean 'gen2'?); if the service has it, give its price in the "
         "gateway's entry: prices: {gen9: 5}\n"},
        {"{model: ''}", NULL,
         "1:9 unknown model '' (known on 2026-04-21: gen2, gen3, gen4)\n"},
        {"{model: gen9}", "{gen8: 5}",
         "1:9 unknown model 'gen9' (known on 2026-04-21: gen2, gen3, gen4; did "
         "you mean 'gen2'?); if the service has it, give its price in the "
         "gateway's entry: prices: {gen9: 5}\n"},
        // Known by its price: what it takes is the service's to say.
        {"{model: gen9, ratio: '2:1', seconds: 7}", "{gen9: 5}", ""},
        {"{model: anything, ratio: '2:1'}", "{'*': 5}", ""},
        // Last, and only where all else is right.
        {"{ratio: '1:1'}", NULL, "1:9 not square\n"},
        {"{ratio: '1:1', style: a}", NULL,
         "1:16 official generate does not take 'style' (accepted: model, "
         "ratio, seconds, motion)\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *prices =
            cases[i].prices ? from_yaml(cases[i].prices) : NULL;
        const struct field_table model_table = {.dialect = "official",
                                                .route = "generate",
                                                .fields = model_rows,
                                                .n = COUNT(model_rows),
                                                .model = "gen2",
                                                .models = known,
                                                .as_of = "2026-04-21",
                                                .prices = prices,
                                                .check = no_square,
                                                .ctx = (void *)model_rows};
        struct problems p;
        problems_init(&p, "f");
        struct value *v = from_yaml(cases[i].in);
        fields_check(&model_table, v, &p);
        char *said = reading_said(&p);
        assert_string_equal(said, cases[i].out);
        free(said);
        value_free(v);
        value_free(prices);
        problems_free(&p);
    }
}

static void a_script_may_complete_it(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "f");
    struct value *v = from_yaml("{seconds: 7}");
    fields_check_given(&table, v, &p);
    char *said = reading_said(&p);
    assert_string_equal(said, "1:11 'seconds' is 7: reverse takes 5, 10\n");
    free(said);
    value_free(v);
    problems_free(&p);
}

static void a_sweep_is_checked_point_by_point(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {HEAD "request: {model: gen2, prompt: a}\n"
              "sweep:\n"
              "  motion.x: [-4, 12, 4, -11]\n"
              "  motion.r: {from: -6, to: 6, steps: 3}\n",
         "4:18 'motion.x' is 12: reverse takes -10 to 10\n"
         "4:25 'motion.x' is -11: reverse takes -10 to 10\n"},
        // A range has one position: once is enough.
        {HEAD "request: {model: gen2, prompt: a}\n"
              "sweep:\n"
              "  motion.x: {from: 0, to: 1000, steps: 1001}\n",
         "4:13 'motion.x' is 11: reverse takes -10 to 10\n"},
        {HEAD "request: {model: \"${m}\", prompt: a}\n"
              "sweep: {m: [gen2, gen9], motion.x: [0, 1]}\n",
         "2:18 'model' is \"gen9\": reverse takes gen2, gen3 (did you mean "
         "'gen2'?)\n"},
        {HEAD "sweep: {model: [gen3, gen2], motion.x: [0, 1]}\n",
         "1:1 'prompt' is missing: reverse generate needs it\n"
         "2:44 ? 'motion.x' has no effect with model 'gen3': only gen2 uses "
         "it\n"},
        {HEAD "script: x.lua\n", ""},
        {HEAD "script: x.lua\nrequest: {seconds: 7}\n",
         "3:20 'seconds' is 7: reverse takes 5, 10\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading r = reading_good(cases[i].in);
        recipe_check(r.recipe, &table, &r.problems);
        char *said = reading_said(&r.problems);
        assert_string_equal(said, cases[i].out);
        free(said);
        reading_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known),
        cmocka_unit_test(shapes_are_checked),
        cmocka_unit_test(a_dialect_narrows),
        cmocka_unit_test(a_model_has_rows_of_its_own),
        cmocka_unit_test(a_script_may_complete_it),
        cmocka_unit_test(a_sweep_is_checked_point_by_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
