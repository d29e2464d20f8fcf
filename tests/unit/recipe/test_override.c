// Words behind a recipe: what they change, and what is said of those that
// change nothing.

#include "reading.h"

#include "recipe/override.h"

#define TREE                                                                   \
    "tarmac: 1\n"                                                              \
    "params:\n"                                                                \
    "  word: day\n"                                                            \
    "  push: {type: number, default: 4, max: 10}\n"                            \
    "request:\n"                                                               \
    "  prompt: ${word} at sea\n"                                               \
    "  motion: {x: 1, y: 2}\n"                                                 \
    "  extra: {note: a, size: 5}\n"                                            \
    "sweep:\n"                                                                 \
    "  motion.r: {from: 0, to: 4, by: 2}\n"                                    \
    "  prompt: [a, b]\n"                                                       \
    "  look: [day, night]\n"                                                   \
    "  shot: {zip: {seed: [1, 2], ratio: [\"16:9\", \"9:16\"]}}\n"             \
    "limits: {timeout: 30m}\n"

struct given {
    struct problems problems;
    struct value *tree;
    int file;
};

static void given_new(struct given *g)
{
    problems_init(&g->problems, "r.yaml");
    g->file = problems_file(&g->problems, "command line");
    g->tree = yaml_read(TREE, strlen(TREE), &g->problems);
    assert_non_null(g->tree);
}

static void given_free(struct given *g)
{
    value_free(g->tree);
    problems_free(&g->problems);
}

// After `word`, what stands at the path `at` below the section `section`.
static void becomes(const char *word, const char *section, const char *at,
                    const char *want)
{
    struct given g;
    struct recipe_param param;
    given_new(&g);
    if (override_apply(g.tree, word, g.file, &param, &g.problems) !=
        OVERRIDE_TREE)
        fail_msg("%s: %s", word, g.problems.items[0].text);
    const struct value *map = value_get(g.tree, section);
    const struct value *v = !at ? map
                            : strcmp(section, "sweep") == 0
                                ? value_get(map, at)
                                : value_get_path(map, at);
    char *text = v ? json_text(v) : xstrdup("nothing");
    assert_string_equal(text, want);
    if (v && v->pos.file != g.file) // then what was changed lies below
        assert_int_equal(value_get(v, "by")->pos.file, g.file);
    free(text);
    given_free(&g);
}

static void says(const char *word, const char *want)
{
    struct given g;
    struct recipe_param param;
    struct buf out;
    given_new(&g);
    assert_int_equal(override_apply(g.tree, word, g.file, &param, &g.problems),
                     OVERRIDE_WRONG);
    buf_init(&out, 1 << 16);
    problems_write(&g.problems, &out);
    char *line = xasprintf("command line: error: %s\n", want);
    assert_string_equal(out.data, line);
    free(line);
    buf_free(&out);
    given_free(&g);
}

static void keys_of_recipes_come_first(void **state)
{
    (void)state;
    becomes("request.model=gen4", "request", "model", "\"gen4\"");
    becomes("request.motion.z=2", "request", "motion.z", "2");
    becomes("request.structure={a: [1]}", "request", "structure",
            "{\"a\":[1]}");
    becomes("limits.in_flight=8", "limits", "in_flight", "8");
    becomes("limits.timeout=90", "limits", "timeout", "90");
    becomes("outputs.dir=2024", "outputs", "dir", "\"2024\"");
    becomes("about=5", "about", NULL, "\"5\"");
    becomes("gateways.a.b.request.prompt=5", "gateways", "a.b.request.prompt",
            "\"5\"");
    becomes("sweep.takes=2", "sweep", "takes", "2");
    becomes("sweep.sample={count: 2, seed: 7}", "sweep", "sample",
            "{\"count\":2,\"seed\":7}");
    becomes("sweep.sample.count=2", "sweep", "sample", "{\"count\":2}");
}

static void fields_and_axes(void **state)
{
    (void)state;
    becomes("motion.x=2.5", "request", "motion.x", "2.5");
    becomes("motion.r=3", "sweep", "motion.r", "[3]");
    becomes("motion.r=[1,2]", "sweep", "motion.r", "[1,2]");
    becomes("motion.r={from: -6, to: 6, by: 3}", "sweep", "motion.r",
            "{\"from\":-6,\"to\":6,\"by\":3}");
    becomes("sweep.motion.z=[1, 2]", "sweep", "motion.z", "[1,2]");
    becomes("sweep.motion.z=4", "sweep", "motion.z", "[4]");
    becomes("shot={zip: {seed: [3]}}", "sweep", "shot",
            "{\"zip\":{\"seed\":[3]}}");
    becomes("sweep.shot={file: a.csv}", "sweep", "shot",
            "{\"file\":\"a.csv\"}");
    becomes("sweep.motion.r.by=1", "sweep", "motion.r",
            "{\"from\":0,\"to\":4,\"by\":1}");
}

static void texts_stay_texts(void **state)
{
    (void)state;
    becomes("prompt=5", "sweep", "prompt", "[\"5\"]");
    becomes("look=5", "sweep", "look", "[\"5\"]");
    becomes("request.style=true", "request", "style", "\"true\"");
    becomes("extra.note=5", "request", "extra.note", "\"5\"");
    becomes("extra.size=6", "request", "extra.size", "6");
    becomes("extra.new=6", "request", "extra.new", "6");
    becomes("seconds=${push}", "request", "seconds", "\"${push}\"");
    becomes("seconds=\"5\"", "request", "seconds", "\"5\"");
    becomes("image=[1]", "request", "image", "\"[1]\"");
    becomes("seconds=", "request", "seconds", "null");
}

static void what_is_taken_away(void **state)
{
    (void)state;
    becomes("~sweep.motion.r", "sweep", "motion.r", "nothing");
    becomes("~motion.r", "sweep", "motion.r", "nothing");
    becomes("~motion.x", "request", "motion.x", "nothing");
    becomes("~sweep", "sweep", NULL, "nothing");
    becomes("~extra.note", "request", "extra.note", "nothing");
}

static void params_are_given(void **state)
{
    (void)state;
    static const char *const words[] = {"push=x=y", "params.push=x=y"};
    for (size_t i = 0; i < COUNT(words); i++) {
        struct given g;
        struct recipe_param param;
        given_new(&g);
        assert_int_equal(
            override_apply(g.tree, words[i], g.file, &param, &g.problems),
            OVERRIDE_PARAM);
        assert_string_equal(param.name, "push");
        assert_string_equal(param.value, "x=y");
        assert_int_equal(param.file, g.file);
        free((char *)param.name);
        given_free(&g);
    }
    becomes("params.push.max=20", "params", "push.max", "20");
}

static void mistakes(void **state)
{
    (void)state;
    says("=5", "'=5' is neither NAME=VALUE nor ~NAME");
    says("~", "'~' is neither NAME=VALUE nor ~NAME");
    says("a..b=5", "'a..b=5' is neither NAME=VALUE nor ~NAME");
    says("~push=5", "'~push=5' is neither NAME=VALUE nor ~NAME");
    says("~push", "'push' is a parameter: it can be given, not taken away");
    says("pusj=5", "'pusj' is no part of the recipe: no key, param, axis or "
                   "field of a request (did you mean 'push'?)");
    says("motion.q=5", "'motion.q' is no part of the recipe: no key, param, "
                       "axis or field of a request (did you mean 'motion.x'?)");
    says("duration=5", "'duration' is no part of the recipe: no key, param, "
                       "axis or field of a request (did you mean 'seconds'?)");
    says("outptus.dir=x",
         "'outptus.dir' is no part of the recipe: no key, param, axis or field "
         "of a request (did you mean 'outputs.dir'?)");
    says("takes=2", "'takes' is no part of the recipe: no key, param, axis or "
                    "field of a request (did you mean 'sweep.takes'?)");
    says("include=a.yaml", "'include' is read before the command line");
    says("~sweep.motion.q", "there is no 'sweep.motion.q' to take away");
    says("~request.motion.q.z",
         "there is no 'request.motion.q.z' to take away");
    says("limits.timeout.x=1",
         "'limits.timeout' is a string: nothing lies below it");
    says("shot=2", "'shot' is a group of fields that move together; to run a "
                   "part of it: --only 'shot == 1'");
    says("sweep.shot=2",
         "'shot' is a group of fields that move together; to run a part of it: "
         "--only 'shot == 1'");
    char *deep = xcalloc(1, 200);
    memcpy(deep, "extra", 5);
    for (int i = 0; i < YAML_DEPTH_MAX; i++)
        memcpy(deep + 5 + 2 * i, ".a", 2);
    char *word = xasprintf("%s=1", deep);
    char *want = xasprintf("'%s' lies too deep: more than 64 names", deep);
    says(word, want);
    free(want);
    free(word);
    free(deep);
    says("motion.r=[1", "'[1': not YAML: a ',' or ']' is missing (it begins on "
                        "line 1)");
    says("seconds=\xff", "request.seconds: the value is not UTF-8");
}

static void what_the_sweep_sets_cannot_be_set(void **state)
{
    (void)state;
    static const char *const words[] = {"request.motion.r=5", "seed=5",
                                        "motion.y=3", "extra.note=b"};
    struct given g;
    struct recipe_param param;
    struct buf out;
    given_new(&g);
    for (size_t i = 0; i < COUNT(words); i++)
        assert_int_equal(
            override_apply(g.tree, words[i], g.file, &param, &g.problems),
            OVERRIDE_TREE);
    override_check(g.tree, g.file, &g.problems);
    buf_init(&out, 1 << 16);
    problems_write(&g.problems, &out);
    assert_string_equal(
        out.data,
        "command line: error: 'request.motion.r' changes nothing, for the "
        "sweep sets it: say motion.r=VALUE\n"
        "command line: error: 'seed' moves with the sweep's 'shot'; take that "
        "away first: ~sweep.shot\n");
    buf_free(&out);
    given_free(&g);
}

static void which_words_are_overrides(void **state)
{
    (void)state;
    assert_true(override_is("a=b"));
    assert_true(override_is("~a"));
    assert_false(override_is("a.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_recipes_come_first),
        cmocka_unit_test(fields_and_axes),
        cmocka_unit_test(texts_stay_texts),
        cmocka_unit_test(what_is_taken_away),
        cmocka_unit_test(params_are_given),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(what_the_sweep_sets_cannot_be_set),
        cmocka_unit_test(which_words_are_overrides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
