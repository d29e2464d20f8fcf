// Parameters with types: what they take, what is said, and the help.

#include "reading.h"

#include "recipe/param.h"
#include "recipe/param_help.h"

#define PARAMS                                                                 \
    HEAD "params:\n"                                                           \
         "  prompt: a lighthouse\n"                                            \
         "  push: {type: number, default: 4, min: 0, max: 10, help: how "      \
         "fast}\n"                                                             \
         "  look: {type: choice, choices: [day, night, 5], default: day}\n"    \
         "  loops: {type: integer, default: 2}\n"                              \
         "  draft: {type: boolean, default: false}\n"                          \
         "  first: {type: file, default: first.png}\n"                         \
         "  bare: {type: string, default: \"\"}\n"

static void gives(const char *name, const char *text, const char *want)
{
    const char *params[] = {name, text, NULL};
    struct reading r = reading_of(PARAMS, params);
    if (!r.recipe)
        fail_msg("%s", r.problems.items[0].text);
    char *json = json_text(value_get(r.recipe->params, name));
    assert_string_equal(json, want);
    free(json);
    reading_free(&r);
}

static void refuses(const char *name, const char *text, const char *want)
{
    const char *params[] = {name, text, NULL};
    struct reading r = reading_of(PARAMS, params);
    char *said = reading_said(&r.problems);
    assert_string_equal(said, want);
    free(said);
    reading_free(&r);
}

static void values_have_the_type(void **state)
{
    (void)state;
    gives("prompt", "5", "\"5\"");
    gives("push", "2.5", "2.5");
    gives("loops", "3.0", "3");
    gives("loops", "2e3", "2000");
    gives("draft", "true", "true");
    gives("look", "night", "\"night\"");
    gives("look", "5", "5");
    gives("first", "5", "\"5\"");
    gives("bare", "", "\"\"");
    gives("loops", "2", "2");
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    refuses("push", "x", " -p push takes a number from 0 to 10, found \"x\"\n");
    refuses("push", "11", " -p push takes a number from 0 to 10, found 11\n");
    refuses("push", "-1", " -p push takes a number from 0 to 10, found -1\n");
    refuses("loops", "2.5", " -p loops takes a whole number, found 2.5\n");
    refuses("draft", "yes", " -p draft takes true or false, found \"yes\"\n");
    refuses("look", "nigth",
            " -p look takes one of day, night, 5, found "
            "\"nigth\" (did you mean 'night'?)\n");
    refuses("first", "", " -p first takes a path or a URL, found \"\"\n");
    refuses("bare", "a\xff", " -p bare: the value is not UTF-8\n");
}

static void a_word_is_said_as_one(void **state)
{
    (void)state;
    struct problems p;
    struct buf out;
    problems_init(&p, "r.yaml");
    struct recipe_param words[] = {
        {"push", "x", problems_file(&p, "command line")},
        {"pusj", "x", problems_file(&p, "command line")},
    };
    struct recipe_given given = {.params = words, .n_params = 2};
    struct value *tree = yaml_read(PARAMS, strlen(PARAMS), &p);
    assert_null(recipe_read(tree, &given, &p));
    buf_init(&out, 1 << 16);
    problems_write(&p, &out);
    assert_string_equal(
        out.data, "command line: error: push takes a number from 0 to 10, "
                  "found \"x\"\n"
                  "command line: error: pusj: the recipe has no such parameter "
                  "(did you mean 'push'?)\n");
    buf_free(&out);
    value_free(tree);
    problems_free(&p);
}

static void the_entry_itself_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *said;
    } cases[] = {
        {"{type: nmber, default: 1}",
         "3:13 no parameter is of a type 'nmber' (did you mean 'number'?)\n"},
        {"{type: choice, default: 1}",
         "3:6 parameter 'a' is a choice: say 'choices: [A, B]'\n"},
        {"{type: number, choices: [1], default: 1}",
         "3:30 'choices' are for the type choice\n"},
        {"{choices: [a, a], default: a}",
         "3:20 a choice stands here twice, found \"a\"\n"},
        {"{choices: [a, [b]], default: a}",
         "3:20 a choice is a text, a number, true or false, found a list\n"},
        {"{choices: [], default: a}",
         "3:16 'choices' takes a list of 1 to 100 values\n"},
        {"{choices: [day, night], default: dai}",
         "3:39 the default of 'a' is one of day, night, found \"dai\" (did you "
         "mean 'day'?)\n"},
        {"{type: number, default: 11, max: 10}",
         "3:30 the default of 'a' is a number up to 10, found 11\n"},
        {"{type: integer, default: 1.5}",
         "3:31 the default of 'a' is a whole number, found 1.5\n"},
        {"{type: string, default: 5}",
         "3:30 the default of 'a' is a text, found 5\n"},
        {"{type: string, default: x, min: 5}",
         "3:38 'min' and 'max' are for the types number and integer\n"},
        {"{type: number, default: 5, min: 5, max: 1}",
         "3:46 'max' is less than 'min'\n"},
        {"{type: number, default: 5, maxi: 1}",
         "3:33 unknown key 'maxi' in parameter 'a' (did you mean 'max'?)\n"},
        {"{type: number}", "3:3 parameter 'a' has no default: say -p "
                           "a=VALUE\n"},
        {"[1]", "3:6 the default of 'a' is a text, a number, true or false, "
                "found a list\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = xasprintf(HEAD "params:\n  a: %s\n", cases[i].entry);
        reading_says(text, cases[i].said);
        free(text);
    }
}

static void the_help_tells_all(void **state)
{
    (void)state;
    static const char text[] = PARAMS "about: Nine moves.\n";
    struct problems p;
    struct buf out;
    problems_init(&p, "r.yaml");
    struct value *tree = yaml_read(text, strlen(text), &p);
    buf_init(&out, 1 << 16);
    param_help(tree, &out);
    assert_string_equal(
        out.data,
        "\nNine moves.\n"
        "\nparams of this recipe, set by NAME=VALUE or -p NAME=VALUE:\n"
        "  prompt            string, default a lighthouse\n"
        "  push              number from 0 to 10, default 4\n"
        "                    how fast\n"
        "  look              one of day, night, 5, default day\n"
        "  loops             integer, default 2\n"
        "  draft             boolean, default false\n"
        "  first             file, default first.png\n"
        "  bare              string, default ''\n");
    assert_true(param_is_file(tree, "first"));
    assert_false(param_is_file(tree, "prompt"));
    assert_false(param_is_file(tree, "none"));
    buf_free(&out);
    value_free(tree);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_the_type),
        cmocka_unit_test(what_does_not_fit_is_said),
        cmocka_unit_test(a_word_is_said_as_one),
        cmocka_unit_test(the_entry_itself_is_checked),
        cmocka_unit_test(the_help_tells_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
