#include "recipe/recipe.h"

#include "base/file.h"
#include "reading.h"

static void formats_are_told_apart(void **state)
{
    (void)state;
    // Of a newer format nothing else is said.
    reading_says("tarmac: 2\nsweeps: 1\n",
                 "1:9 this recipe is format 2; this tarmac reads 1: a newer "
                 "one is needed\n");
    reading_says("tarmac: 0\n", "1:9 'tarmac' takes 1, found 0\n");
    reading_says("tarmac: one\n", "1:9 'tarmac' takes 1, found \"one\"\n");
    reading_says("[1, 2]\n", "1:1 a recipe is a map that begins with 'tarmac: "
                             "1', found a list\n");
    reading_says("name: x\n", "1:1 'tarmac: 1' is missing: it says that this "
                              "is a recipe\n");
}

static void unknown_keys_are_all_found(void **state)
{
    (void)state;
    reading_says(
        HEAD "sweeps: {a: [1]}\n"
             "requst: {prompt: x}\n"
             "zzz: 1\n"
             "api_key: sk-123\n"
             "keys: {a: b}\n"
             "retry: {kind: x}\n"
             "outputs: {embed: true, dir: ../x, nam: a}\n"
             "limits: {budgt: 1}\n",
        "2:1 unknown key 'sweeps' (did you mean 'sweep'?)\n"
        "3:1 unknown key 'requst' (did you mean 'request'?)\n"
        "4:1 unknown key 'zzz' (accepted: tarmac, name, about, gateway, "
        "script, params, request, sweep, limits, outputs, gateways, retry, "
        "route, include)\n"
        "5:1 'api_key': keys belong in ~/.config/tarmac/config.yaml, never in "
        "a recipe\n"
        "6:1 'keys': keys belong in ~/.config/tarmac/config.yaml, never in a "
        "recipe\n"
        "7:8 'count' in retry is missing: how often at most, from 1 to 10\n"
        "7:9 unknown key 'kind' in retry (did you mean 'kinds'?)\n"
        "8:29 '../x' is not a plain relative path (no leading '/', no '..', "
        "no empty part, no backslash)\n"
        "8:35 unknown key 'nam' in outputs (did you mean 'name'?)\n"
        "9:10 unknown key 'budgt' in limits (did you mean 'budget'?)\n");
}

static void wrong_types_are_all_found(void **state)
{
    (void)state;
    reading_says(
        HEAD "name: a b\n"
             "about: [x]\n"
             "gateway: 5\n"
             "script: ../evil.lua\n"
             "params: 5\n"
             "request: text\n"
             "sweep: 3\n"
             "limits: 4\n"
             "outputs: 5\n"
             "gateways: 6\n",
        "2:7 a recipe's name takes letters, digits, '.', '_' and '-', found "
        "\"a b\"\n"
        "3:8 'about' takes a text, found a list\n"
        "4:10 'gateway' takes a text, found 5\n"
        "5:9 'script' takes a file beside the recipe or below, found "
        "\"../evil.lua\"\n"
        "6:9 'params' takes a map, found 5\n"
        "7:10 'request' takes a map, found \"text\"\n"
        "8:8 'sweep' takes a map, found 3\n"
        "9:9 'limits' takes a map, found 4\n"
        "10:10 'outputs' takes a map, found 5\n"
        "11:11 'gateways' takes a map, found 6\n");
    // Problems of every part at once.
    reading_says(
        HEAD "request: {promt: x, prompt: \"${nothing}\"}\n"
             "sweep: {seed: []}\n"
             "limits: {in_flight: 0, budget: 1.2345, timeout: soon,"
             " unknown_wait: -1}\n"
             "gateways: {g: {url: 5, dialect: reverse}}\n",
        "2:11 unknown field 'promt' (did you mean 'prompt'?)\n"
        "2:29 unknown variable 'nothing' (accepted: seed, promt, prompt, "
        "recipe, index, take)\n"
        "3:15 'seed' has no points (1 to 100000)\n"
        "4:21 'in_flight' in limits takes a whole number from 1 to 10000, "
        "found 0\n"
        "4:32 'budget' in limits takes a number from 0 with at most three "
        "decimals, found 1.2345\n"
        "4:49 'timeout' in limits takes a duration such as 90s, 30m or 2h, "
        "or a number of seconds, found \"soon\"\n"
        "4:69 'unknown_wait' in limits takes a duration such as 90s, 30m or "
        "2h, or a number of seconds, found -1\n"
        "5:21 'url' in gateway 'g' takes a text, found 5\n");
}

static void what_is_left_out_has_defaults(void **state)
{
    (void)state;
    struct reading r = reading_good(HEAD "params:\nsweep:\nlimits:\n"
                                         "outputs:\ngateways:\nrequest:\n");
    assert_string_equal(r.recipe->name, "r");
    assert_null(r.recipe->about);
    assert_string_equal(r.recipe->gateway, "local");
    assert_null(r.recipe->script);
    assert_null(r.recipe->gateways);
    assert_string_equal(r.recipe->out_dir, "out");
    assert_int_equal(r.recipe->limits.in_flight, 0);
    assert_true(r.recipe->limits.budget == -1);
    assert_true(r.recipe->limits.timeout_ms == 1800000);
    assert_true(r.recipe->limits.unknown_wait_ms == 60000);
    assert_true(recipe_cells(r.recipe) == 1);
    reading_named(r.recipe, 0, "r/r");
    reading_free(&r);
    r = reading_good(HEAD
                     "name: n.1\nabout: A.\ngateway: h\nscript: a/b.lua\n"
                     "limits: {in_flight: 7, budget: 0.125, timeout: 90s,"
                     " unknown_wait: 1.5}\n"
                     "outputs: {dir: a/b, name: x}\n"
                     "gateways: {h: {url: https://h, dialect: reverse}}\n");
    assert_string_equal(r.recipe->name, "n.1");
    assert_string_equal(r.recipe->gateway, "h");
    assert_string_equal(r.recipe->script, "a/b.lua");
    assert_int_equal(r.recipe->script_pos.line, 5);
    assert_string_equal(r.recipe->out_dir, "a/b");
    assert_int_equal(r.recipe->limits.in_flight, 7);
    assert_true(r.recipe->limits.budget == 125);
    assert_true(r.recipe->limits.timeout_ms == 90000);
    assert_true(r.recipe->limits.unknown_wait_ms == 1500);
    assert_string_equal(
        value_get_text(value_get(r.recipe->gateways, "h"), "url"), "https://h");
    reading_free(&r);
}

static void budgets_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t thousandths; // -1: refused
    } cases[] = {
        {"0", 0},
        {"0.1", 100},
        {"0.3", 300},
        {"1.001", 1001},
        {"2.675", 2675},
        {"500", 500000},
        {"123456789.123", 123456789123},
        {"1000000000000", 1000000000000000},
        {"0.0005", -1},
        {"1.0001", -1},
        {"-1", -1},
        {"1e300", -1},
        {"all", -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = xasprintf(HEAD "limits: {budget: %s}\n", cases[i].text);
        struct reading r = reading_of(text, NULL);
        int64_t got = r.recipe ? r.recipe->limits.budget : -1;
        if (got != cases[i].thousandths)
            fail_msg("%s: %lld", cases[i].text, (long long)got);
        reading_free(&r);
        free(text);
    }
}

static void files_give_names(void **state)
{
    (void)state;
    static const struct {
        const char *file, *name;
    } cases[] = {
        {"/a/b/orbit.yaml", "orbit"},  {"x.yml", "x"},
        {"no-ending", "no-ending"},    {"my film (2).yaml", "my-film--2-"},
        {".hidden.yaml", "hidden"},    {"con.yaml", "con_"},
        {"caf\xc3\xa9.yaml", "caf--"}, {"a.b.yaml", "a.b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problems p;
        problems_init(&p, cases[i].file);
        struct value *tree = value_map();
        value_set(tree, "tarmac", value_int(1));
        struct recipe *recipe = recipe_read(tree, NULL, &p);
        assert_non_null(recipe);
        assert_string_equal(recipe->name, cases[i].name);
        recipe_free(recipe);
        value_free(tree);
        problems_free(&p);
    }
}

static const char *const with_params =
    HEAD "params:\n"
         "  prompt: {default: dusk, help: what}\n"
         "  n: 5\n"
         "  on: false\n"
         "  need: {help: no default}\n"
         "request: {prompt: \"${prompt} ${need}\", seconds: \"${n}\","
         " flip: \"${on}\"}\n";

static void params_are_set(void **state)
{
    (void)state;
    static const struct {
        const char *given[8];
        const char *says, *request;
    } cases[] = {
        {{"need", "x"},
         "",
         "{\"prompt\":\"dusk x\",\"seconds\":5,\"flip\":false}"},
        // A text stays one, whatever it looks like; the last word counts.
        {{"need", "x", "prompt", "1", "prompt", "2001"},
         "",
         "{\"prompt\":\"2001 x\",\"seconds\":5,\"flip\":false}"},
        {{"need", "${prompt}", "n", "2.5", "on", "true"},
         "",
         "{\"prompt\":\"dusk ${prompt}\",\"seconds\":2.5,\"flip\":true}"},
        {{NULL},
         "6:3 parameter 'need' has no default: say -p need=VALUE\n",
         NULL},
        {{"need", "x", "promt", "y"},
         " -p promt: the recipe has no such parameter (did you mean "
         "'prompt'?)\n",
         NULL},
        {{"need", "x", "n", "many", "on", "1"},
         " -p n takes a number, found \"many\"\n"
         " -p on takes true or false, found 1\n",
         NULL},
        {{"need", "a\xff"}, " -p need: the value is not UTF-8\n", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading r = reading_of(with_params, cases[i].given);
        char *said = reading_said(&r.problems);
        assert_string_equal(said, cases[i].says);
        if (cases[i].request) {
            char *request = reading_cell(r.recipe, 0, false);
            assert_string_equal(request, cases[i].request);
            free(request);
        }
        free(said);
        reading_free(&r);
    }
}

static void params_are_checked(void **state)
{
    (void)state;
    reading_says(HEAD "params:\n"
                      "  prompt: {default: a, hlp: x}\n"
                      "  list: [1]\n"
                      "  t: \"${x}\"\n"
                      "  take: 1\n"
                      "  a-b: 1\n",
                 "3:24 unknown key 'hlp' in parameter 'prompt' (did you mean "
                 "'help'?)\n"
                 "4:9 the default of 'list' is a text, a number, true or "
                 "false, found a list\n"
                 "5:6 the default of 't' is taken as it is: '${' has no "
                 "meaning here\n"
                 "6:3 'take' cannot be a parameter: it has a meaning of its "
                 "own\n"
                 "7:3 'a-b' cannot be a parameter: letters, digits and '_'\n");
}

static void fields_refer_to_each_other(void **state)
{
    (void)state;
    struct reading r = reading_good(
        HEAD "params: {prompt: a pier}\n"
             "request:\n"
             "  prompt: \"${prompt}, ${style}, ${motion.x}, cell ${index}\"\n"
             "  style: \"${extra.mood} look\"\n"
             "  motion: {x: 0, y: \"${motion.x}\"}\n"
             "  extra: {mood: warm, from: \"${recipe} t${take}\"}\n"
             "sweep: {motion.x: [1, 2.5]}\n");
    char *request = reading_cell(r.recipe, 1, false);
    assert_string_equal(request,
                        "{\"prompt\":\"a pier, warm look, 2.5, cell 2\","
                        "\"style\":\"warm look\","
                        "\"motion\":{\"x\":2.5,\"y\":2.5},"
                        "\"extra\":{\"mood\":\"warm\",\"from\":\"r t1\"}}");
    free(request);
    reading_free(&r);
    // A field that an axis sets is not read.
    reading_says(HEAD "request: {prompt: \"${prompt}\"}\n"
                      "sweep: {prompt: [a, b]}\n",
                 "");
}

static void what_cannot_be_put_together(void **state)
{
    (void)state;
    static const char *const loop =
        "this refers to itself, through its ${\xe2\x80\xa6}\n";
    char *want = xasprintf("3:10 %s4:10 %s5:10 %s"
                           "6:17 ${extra.list} is a list: it cannot stand "
                           "inside a text\n",
                           loop, loop, loop);
    reading_says(HEAD "request:\n"
                      "  style: \"${style}\"\n"
                      "  ratio: \"${model}\"\n"
                      "  model: \"x${ratio}\"\n"
                      "  extra: {text: \"x ${extra.list}\", list: [1],"
                      " leads: \"${ratio}\"}\n",
                 want);
    free(want);
    reading_says(HEAD "request: {prompt: \"${shot}\"}\n"
                      "sweep: {shot: [a, 5]}\n",
                 "2:19 'prompt' takes a text, found 5\n");
    // References to references that would fill the memory.
    struct buf text;
    buf_init(&text, 100000);
    buf_str(&text, HEAD "request: {extra: {f0: [x, x]");
    for (int i = 1; i < 12; i++) {
        buf_printf(&text, ", f%d: [", i);
        for (int k = 0; k < 10; k++)
            buf_printf(&text, "\"${extra.f%d}\", ", i - 1);
        buf_str(&text, "]");
    }
    buf_str(&text, "}}\n");
    struct reading r = reading_of(text.data, NULL);
    assert_null(r.recipe);
    assert_non_null(strstr(r.problems.items[0].text, "too large"));
    reading_free(&r);
    buf_free(&text);
}

static void fields_refer_only_so_deep(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 100000);
    buf_str(&text, HEAD "request: {extra: {f0: x");
    for (int i = 1; i < 1000; i++)
        buf_printf(&text, ", f%d: \"${extra.f%d}\"", i, i + 1);
    buf_str(&text, ", f1000: x}}\n");
    struct reading r = reading_of(text.data, NULL);
    assert_null(r.recipe);
    assert_non_null(strstr(r.problems.items[0].text, "more than 32 deep"));
    reading_free(&r);
    buf_free(&text);
}

static void lua_sees_everything(void **state)
{
    (void)state;
    struct reading r = reading_good(
        HEAD "params: {prompt: a pier, speed: 2}\n"
             "request: {prompt: \"${prompt} at dusk\", motion: {x: 0, y: 1},"
             " style: \"${look}\"}\n"
             "sweep: {motion.x: [1, 2], look: [warm]}\n");
    char *vars = reading_cell(r.recipe, 1, true);
    assert_string_equal(vars, "{\"prompt\":\"a pier at dusk\",\"speed\":2,"
                              "\"motion\":{\"x\":2,\"y\":1},"
                              "\"style\":\"warm\",\"look\":\"warm\","
                              "\"index\":2,\"name\":\"r/x2_lookwarm\","
                              "\"take\":1}");
    free(vars);
    struct cell cell;
    struct err err;
    assert_true(recipe_cell(r.recipe, 1, &cell, &err));
    char *axes = json_text(cell.axes);
    assert_string_equal(axes, "{\"motion.x\":2,\"look\":\"warm\"}");
    free(axes);
    cell_free(&cell);
    reading_free(&r);
}

static void requests_are_merged(void **state)
{
    (void)state;
    static const struct {
        const char *base, *over, *out;
    } cases[] = {
        {"{\"a\": 1}", "{}", "{\"a\":1}"},
        {"{\"a\": 1, \"b\": 2}", "{\"a\": null, \"c\": 3}",
         "{\"b\":2,\"c\":3}"},
        {"{\"motion\": {\"x\": 1, \"y\": 2}}",
         "{\"motion\": {\"x\": 5, \"y\": null, \"z\": 0}}",
         "{\"motion\":{\"x\":5,\"z\":0}}"},
        {"{}", "{\"motion\": {\"x\": 5, \"y\": null}}",
         "{\"motion\":{\"x\":5}}"},
        {"{\"motion\": {\"x\": 1}}", "{\"motion\": null}", "{}"},
        {"{\"extra\": {\"a\": {\"b\": 1}}}",
         "{\"extra\": {\"a\": {\"c\": 2}, \"d\": 1}}",
         "{\"extra\":{\"a\":{\"c\":2},\"d\":1}}"},
        {"{\"motion\": {\"x\": 1}}", "{\"motion\": 5}", "{\"motion\":5}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err;
        struct value *base =
            json_read(cases[i].base, strlen(cases[i].base), JSON_STRICT, &err);
        struct value *over =
            json_read(cases[i].over, strlen(cases[i].over), JSON_STRICT, &err);
        struct value *out = request_merge(base, over);
        char *text = json_text(out);
        assert_string_equal(text, cases[i].out);
        free(text);
        value_free(out);
        value_free(over);
        value_free(base);
    }
}

static struct reading recipe_file(const char *name)
{
    char *path = xasprintf(RECIPES_DIR "/%s", name);
    struct err err;
    char *text = file_read(path, YAML_BYTES_MAX, NULL, &err);
    if (!text)
        fail_msg("%s", err.text);
    assert_true(text[0] == '#' && text[1] == ' '); // says what it shows
    struct reading r = reading_good(text);
    assert_int_equal(r.problems.n, 0);
    free(text);
    free(path);
    return r;
}

static void orbit_has_nine_cells(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int x, r;
    } cells[] = {
        {"orbit/x-4_r-6", -4, -6}, {"orbit/x-4_r0", -4, 0},
        {"orbit/x-4_r6", -4, 6},   {"orbit/x0_r-6", 0, -6},
        {"orbit/x0_r0", 0, 0},     {"orbit/x0_r6", 0, 6},
        {"orbit/x4_r-6", 4, -6},   {"orbit/x4_r0", 4, 0},
        {"orbit/x4_r6", 4, 6},
    };
    struct reading r = recipe_file("orbit.yaml");
    assert_true(recipe_cells(r.recipe) == COUNT(cells));
    for (size_t i = 0; i < COUNT(cells); i++) {
        reading_named(r.recipe, i, cells[i].name);
        char *request = reading_cell(r.recipe, i, false);
        char *want = xasprintf(
            "{\"model\":\"gen2\",\"prompt\":\"a lighthouse at dusk\","
            "\"ratio\":\"16:9\",\"style\":\"cinematic\",\"seconds\":5,"
            "\"motion\":{\"x\":%d,\"y\":0,\"z\":0,\"r\":%d,\"bg_x_pan\":0,"
            "\"bg_y_pan\":0}}",
            cells[i].x, cells[i].r);
        assert_string_equal(request, want);
        free(want);
        free(request);
    }
    reading_free(&r);
}

static void the_other_recipes_are_good(void **state)
{
    (void)state;
    struct reading r = recipe_file("hello.yaml");
    assert_true(recipe_cells(r.recipe) == 1);
    reading_free(&r);
    r = recipe_file("dolly.yaml");
    assert_true(recipe_cells(r.recipe) == 1);
    assert_string_equal(r.recipe->script, "dolly.lua");
    reading_named(r.recipe, 0, "dolly/push");
    reading_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_told_apart),
        cmocka_unit_test(unknown_keys_are_all_found),
        cmocka_unit_test(wrong_types_are_all_found),
        cmocka_unit_test(what_is_left_out_has_defaults),
        cmocka_unit_test(budgets_are_exact),
        cmocka_unit_test(files_give_names),
        cmocka_unit_test(params_are_set),
        cmocka_unit_test(params_are_checked),
        cmocka_unit_test(fields_refer_to_each_other),
        cmocka_unit_test(what_cannot_be_put_together),
        cmocka_unit_test(fields_refer_only_so_deep),
        cmocka_unit_test(lua_sees_everything),
        cmocka_unit_test(requests_are_merged),
        cmocka_unit_test(orbit_has_nine_cells),
        cmocka_unit_test(the_other_recipes_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
