#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/spelling.h"

static void reads_a_line_of_help(void **state)
{
    (void)state;
    struct spelling s;
    spelling_of(&s, &(struct option_line){0, "-v, --verbose     every step"});
    assert_string_equal(s.letter, "v");
    assert_string_equal(s.name, "verbose");
    assert_null(s.value);
    assert_string_equal(s.help, "every step");
    spelling_free(&s);
    spelling_of(&s, &(struct option_line){0, "--out NAME  where\n  to"});
    assert_null(s.letter);
    assert_string_equal(s.name, "out");
    assert_string_equal(s.value, "NAME");
    assert_string_equal(s.help, "where");
    spelling_free(&s);
    spelling_of(&s, &(struct option_line){0, "-p NAME=VALUE     set it"});
    assert_string_equal(s.letter, "p");
    assert_null(s.name);
    assert_string_equal(s.value, "NAME=VALUE");
    spelling_free(&s);
}

// The lines of --help and what is read are one list.
static void has_a_line_for_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; options_long(i); i++) {
        bool found = strcmp(options_long(i), "param") == 0; // it is -p
        for (size_t k = 0; k < n_option_lines; k++) {
            struct spelling s;
            spelling_of(&s, &option_lines[k]);
            found |= s.name && strcmp(s.name, options_long(i)) == 0;
            spelling_free(&s);
        }
        if (!found)
            fail_msg("--help does not tell of --%s", options_long(i));
    }
}

static void reads_every_option_that_help_tells_of(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_option_lines; k++) {
        struct spelling s;
        spelling_of(&s, &option_lines[k]);
        if (s.name) {
            bool found = false;
            for (size_t i = 0; options_long(i); i++)
                found |= strcmp(s.name, options_long(i)) == 0;
            if (!found)
                fail_msg("no option is called --%s", s.name);
        }
        assert_true(strlen(s.help) > 0);
        spelling_free(&s);
    }
}

static void knows_what_a_command_takes(void **state)
{
    (void)state;
    struct command run = {.arguments = "RECIPE [NAME=VALUE…]"};
    assert_int_equal(command_words(&run), WORDS_RECIPE);
    assert_true(command_has_fields(&run));
    struct command show = {.arguments = "ID|FILE"};
    assert_int_equal(command_words(&show), WORDS_FILE);
    assert_false(command_has_fields(&show));
    struct command settle = {.arguments = "[ID…]"};
    assert_int_equal(command_words(&settle), WORDS_NONE);
    struct command check = {.arguments = "RECIPE… [NAME=VALUE…]"};
    assert_int_equal(command_words(&check), WORDS_RECIPE);
    assert_false(command_has_fields(&check));
    struct command diff = {.arguments = "A B"};
    assert_int_equal(command_words(&diff), WORDS_FILE);
    struct command shells = {.arguments = "[a|b]"};
    assert_int_equal(command_words(&shells), WORDS_CHOICE);
    char *choices = command_choices(&shells);
    assert_string_equal(choices, "a b");
    free(choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_line_of_help),
        cmocka_unit_test(has_a_line_for_every_option),
        cmocka_unit_test(reads_every_option_that_help_tells_of),
        cmocka_unit_test(knows_what_a_command_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
