#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/options.h"

static char last_error[512];

static void keep(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    strncat(last_error, line, sizeof(last_error) - strlen(last_error) - 1);
}

// A command line as main() gets it; the words must outlive the options.
struct line {
    char *argv[16];
    int argc;
};

static struct line line_of(const char *text)
{
    struct line line = {0};
    char *copy = xstrdup(text), *save = NULL;
    for (char *w = strtok_r(copy, " ", &save); w;
         w = strtok_r(NULL, " ", &save))
        line.argv[line.argc++] = xstrdup(w);
    free(copy);
    return line;
}

static void line_free(char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        free(words[i]);
}

static void reads_options_among_words(void **state)
{
    (void)state;
    struct line line =
        line_of("tarmac run r.yaml --first 3 -p a=b=c --gateway=h --json");
    struct line words = line; // options_read reorders line.argv
    struct options options;
    assert_true(options_read(&options, line.argc, line.argv, ~0));
    assert_int_equal(options.first, 3);
    assert_string_equal(options.gateway, "h");
    assert_true(options.json);
    assert_int_equal(options.n_params, 1);
    assert_string_equal(options.params[0].name, "a");
    assert_string_equal(options.params[0].value, "b=c");
    assert_int_equal(options.n_words, 1);
    assert_string_equal(options.words[0], "r.yaml");
    char *again = options_again(&options);
    assert_string_equal(
        again, "tarmac run r.yaml --first 3 -p a=b=c --gateway=h --json");
    free(again);
    options_free(&options);
    line_free(words.argv, words.argc);
}

static void refuses_what_a_command_does_not_take(void **state)
{
    (void)state;
    const struct {
        const char *line;
        int allowed;
        const char *error;
    } rows[] = {
        {"tarmac check r.yaml --first 3", OPTION_JSON,
         "check does not take --first; see: tarmac check --help"},
        {"tarmac plan -p a=1 r.yaml", OPTION_JSON,
         "plan does not take --param; see: tarmac plan --help"},
        {"tarmac run --first 0 r.yaml", ~0,
         "--first takes a number of cells from 1, not '0'"},
        {"tarmac run --first -1 r.yaml", ~0,
         "--first takes a number of cells from 1, not '-1'"},
        {"tarmac run --first 5x r.yaml", ~0,
         "--first takes a number of cells from 1, not '5x'"},
        {"tarmac run -p name r.yaml", ~0, "-p takes NAME=VALUE, not 'name'"},
        {"tarmac run -p =v r.yaml", ~0, "-p takes NAME=VALUE, not '=v'"},
        {"tarmac run r.yaml -p", ~0,
         "-p needs a value; see: tarmac run --help"},
        {"tarmac run --first", ~0,
         "--first needs a value; see: tarmac run --help"},
        {"tarmac plan --frist 1 r.yaml", ~0,
         "plan does not know --frist (did you mean '--first'?)"},
        {"tarmac plan --zzzzzz=1 r.yaml", ~0,
         "plan does not know --zzzzzz; see: tarmac plan --help"},
        {"tarmac prune --older 3w", ~0,
         "--older takes an age such as 30d or 12h, not '3w'"},
        {"tarmac prune --older -1d", ~0,
         "--older takes an age such as 30d or 12h, not '-1d'"},
        {"tarmac prune --older 99999999d", ~0,
         "--older takes an age such as 30d or 12h, not '99999999d'"},
        {"tarmac plan --json=1 r.yaml", ~0, "--json takes no value"},
        {"tarmac run --json -xv r.yaml", ~0,
         "run does not know -x; see: tarmac run --help"},
    };
    log_set_sink(keep, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct line line = line_of(rows[i].line);
        struct line words = line;
        struct options options;
        last_error[0] = '\0';
        assert_false(
            options_read(&options, line.argc, line.argv, rows[i].allowed));
        assert_string_equal(last_error, rows[i].error);
        options_free(&options);
        line_free(words.argv, words.argc);
    }
    log_set_sink(NULL, NULL);
}

static void ages_are_days_or_less(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t ms;
    } rows[] = {{"tarmac prune --older 30d", 2592000000},
                {"tarmac prune --older 1.5h", 5400000},
                {"tarmac prune --older 0d", 0},
                {"tarmac prune", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct line line = line_of(rows[i].line);
        struct line words = line;
        struct options options;
        assert_true(options_read(&options, line.argc, line.argv, OPTION_PRUNE));
        assert_int_equal(options.older_ms, rows[i].ms);
        options_free(&options);
        line_free(words.argv, words.argc);
    }
}

static void quotes_what_a_shell_would_split(void **state)
{
    (void)state;
    const char *const argv[] = {"tarmac", "generate", "it's a \"pier\"", "",
                                "x=1"};
    struct options options = {.argc = 5, .argv = (char **)argv};
    char *again = options_again(&options);
    assert_string_equal(again, "tarmac generate 'it'\\''s a \"pier\"' '' x=1");
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_options_among_words),
        cmocka_unit_test(refuses_what_a_command_does_not_take),
        cmocka_unit_test(ages_are_days_or_less),
        cmocka_unit_test(quotes_what_a_shell_would_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
