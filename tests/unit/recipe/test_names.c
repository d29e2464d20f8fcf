#include "recipe/names.h"

#include "reading.h"

static void values_become_safe(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"-4", "-4"},
        {"0.5", "0.5"},
        {"a pier", "a-pier"},
        {"a/pier", "a-pier"},
        {"a\\pier", "a-pier"},
        {"", "-"},
        {".", "-"},
        {"..", "-"},
        {"../../etc/passwd", "-..-etc-passwd"},
        {".hidden", "hidden"},
        {"/root", "-root"},
        {"end.", "end"},
        {"end ...", "end-"},
        {"con", "con_"},
        {"NUL", "NUL_"},
        {"nul.mp4", "nul_.mp4"},
        {"com1", "com1_"},
        {"com", "com"},
        {"console", "console"},
        {"a:b*c?d\"e<f>g|h", "a-b-c-d-e-f-g-h"},
        {"$(rm -rf ~)", "--rm--rf---"},
        {"a\nb\tc\x1b[31m", "a-b-c--31m"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},
        {"a\xff"
         "b",
         "a-b"},
        {"a\xe2\x80\xae"
         "b",
         "a-b"}, // right-to-left override
        {"a\xc2\xa0"
         "b",
         "a-b"}, // no-break space
        {"\xef\xbb\xbf"
         "a",
         "-a"}, // byte order mark
        {"a\xe2\x81\x84"
         "b",
         "a\xe2\x81\x84"
         "b"}, // fraction slash
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *safe = name_safe(cases[i].in);
        assert_string_equal(safe, cases[i].out);
        assert_null(name_fault(safe));
        free(safe);
    }
}

static void long_values_are_cut_between_characters(void **state)
{
    (void)state;
    // 59 bytes and a character of three.
    char text[100] = {0};
    memset(text, 'a', 59);
    memcpy(text + 59, "\xe6\x97\xa5zzz", 6);
    char *safe = name_safe(text);
    assert_int_equal(strlen(safe), 59);
    free(safe);
    memset(text, 'a', 99);
    text[59] = '.';
    safe = name_safe(text);
    assert_int_equal(strlen(safe), 59); // no dot at the end
    free(safe);
}

static void case_is_folded(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"Pier", "pIER", true},
        {"a", "b", false},
        {"\xc3\x89t\xc3\xa9", "\xc3\xa9T\xc3\x89", true}, // É é
        {"\xc3\x97", "\xc3\xb7", false},                  // × ÷
        {"\xce\xa9", "\xcf\x89", true},                   // Ω ω
        {"\xcf\x82", "\xcf\x83", true},                   // ς σ
        {"\xd0\x96", "\xd0\xb6", true},                   // Ж ж
        {"\xd0\x81", "\xd1\x91", true},                   // Ё ё
        {"\xc5\xb9", "\xc5\xba", true},                   // Ź ź
        {"\xc5\xb8", "\xc3\xbf", true},                   // Ÿ ÿ
        {"\xe1\xba\xa4", "\xe1\xba\xa5", true},           // Ấ ấ
        {"\xef\xbc\xa1", "\xef\xbd\x81", true},           // Ａ ａ
        {"\xe6\x97\xa5", "\xe6\x97\xa6", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *a = name_fold(cases[i].a), *b = name_fold(cases[i].b);
        assert_int_equal(strcmp(a, b) == 0, cases[i].same);
        free(b);
        free(a);
    }
}

static void faults_are_found(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/x",
        "x/",
        "a//b",
        "../x",
        "a/../b",
        "a/.",
        "a\\b",
        "a:b",
        "a*",
        "a/b?",
        "con",
        "a/CON.x",
        "lpt9/b",
        "end.",
        "x /y",
        " x",
        ".tarmac/x",
        ".TARMAC",
        "a\nb",
        ("a\xff"
         "b"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (!name_fault(bad[i]))
            fail_msg("'%s' passed", bad[i]);
    }
    assert_null(name_fault("orbit/x-4_r6"));
    assert_null(name_fault("a/b c/d.e"));
    char component[NAME_COMPONENT_MAX + 2];
    memset(component, 'a', sizeof(component));
    component[NAME_COMPONENT_MAX] = '\0';
    assert_null(name_fault(component));
    component[NAME_COMPONENT_MAX] = 'a';
    component[NAME_COMPONENT_MAX + 1] = '\0';
    assert_non_null(name_fault(component));
}

static void default_names_hold_every_axis(void **state)
{
    (void)state;
    struct reading r = reading_good(HEAD "name: night\n"
                                         "request: {prompt: x}\n");
    assert_string_equal(r.recipe->out_name, "${recipe}/${recipe}");
    reading_named(r.recipe, 0, "night/night");
    reading_free(&r);
    r = reading_good(HEAD "sweep: {motion.x: [0.5, 1], prompt: [A b, c]}\n");
    assert_string_equal(r.recipe->out_name,
                        "${recipe}/x${motion.x}_prompt${prompt}");
    reading_named(r.recipe, 0, "r/x0.5_promptA-b");
    reading_named(r.recipe, 3, "r/x1_promptc");
    reading_free(&r);
}

static void names_must_differ(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {HEAD "sweep: {motion.x: [0, 1], motion.y: [0, 1]}\n"
              "outputs: {name: \"x${motion.x}\"}\n",
         "3:17 cells 1 (motion.x=0 motion.y=0) and 2 (motion.x=0 motion.y=1) "
         "would both be named 'x0': add ${motion.y} to outputs.name\n"},
        {HEAD "sweep: {prompt: [b, A pier, a/pier]}\n",
         "2:8 cells 2 (prompt=A-pier) and 3 (prompt=a-pier) would both be "
         "named 'r/prompta-pier': add ${index} to outputs.name\n"},
        {HEAD "sweep: {seed: [1, 11], extra.n: [1, 11]}\n"
              "outputs: {name: \"${seed}${extra.n}\"}\n",
         "3:17 cells 2 (seed=1 extra.n=11) and 3 (seed=11 extra.n=1) would "
         "both be named '111': add ${index} to outputs.name\n"},
        {HEAD "sweep: {seed: [1, 11], extra.n: [1, 11]}\n"
              "outputs: {name: \"${seed}${extra.n}_${index}\"}\n",
         ""},
        // A fault of one cell.
        {HEAD "sweep: {prompt: [a, on]}\n"
              "outputs: {name: \"c${prompt}\"}\n",
         "3:17 the name 'con' has a part that is the name of a device on "
         "Windows (cell 2)\n"},
        {HEAD "outputs: {name: /x}\n",
         "2:17 the name '/x' is not a plain relative path (no leading '/', no "
         "'..', no empty part, no backslash) (cell 1)\n"},
        {HEAD "request: {extra: {list: [1]}}\n"
              "outputs: {name: \"x${extra.list}\"}\n",
         "3:17 ${extra.list} is not a single value: it cannot stand in a name "
         "(cell 1)\n"},
        // Names of the request's fields, templates themselves.
        {HEAD "request: {prompt: \"${motion.x} m\"}\n"
              "sweep: {motion.x: [0, 1]}\n"
              "outputs: {name: \"${prompt}\"}\n",
         ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        reading_says(cases[i].in, cases[i].out);
}

// More cells than are compared: the template must prove it.
static void large_sweeps_are_proven(void **state)
{
    (void)state;
    const char *sweep = HEAD "sweep:\n"
                             "  extra.n: {from: 1, to: 1000, steps: 1000}\n"
                             "  extra.m: {from: 1, to: 1000, steps: 1000}\n"
                             "  prompt: [a_b, c]\n"
                             "outputs: {name: \"%s\"}\n";
    static const struct {
        const char *name, *missing; // NULL: unique
    } cases[] = {
        {"${extra.n}-${extra.m}=${prompt}", NULL},
        {"${recipe}/${extra.n}x${extra.m}/${prompt}", NULL},
        {"${extra.n}_${extra.m}-${prompt}", ""},
        {"${extra.n}${extra.m}=${prompt}", ""},
        {"${extra.n}=${prompt}", ": ${extra.m} is missing"},
        {"${index}", NULL},
        {"c${index}=${extra.n}", NULL},
        {"c${index}${extra.n}", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf text;
        buf_init(&text, 1000);
        const char *hole = strstr(sweep, "%s");
        buf_add(&text, sweep, (size_t)(hole - sweep));
        buf_str(&text, cases[i].name);
        buf_str(&text, hole + 2);
        struct reading r = reading_of(text.data, NULL);
        if (!r.recipe != (cases[i].missing != NULL))
            fail_msg("%s", cases[i].name);
        if (r.recipe)
            assert_true(recipe_cells(r.recipe) == 2000000);
        else
            assert_non_null(strstr(r.problems.items[0].text, cases[i].missing));
        reading_free(&r);
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_safe),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(case_is_folded),
        cmocka_unit_test(faults_are_found),
        cmocka_unit_test(default_names_hold_every_axis),
        cmocka_unit_test(names_must_differ),
        cmocka_unit_test(large_sweeps_are_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
