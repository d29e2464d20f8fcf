#include "recipe/retry.h"

#include "reading.h"

static void says_what_is_bought_again(void **state)
{
    (void)state;
    struct reading r = reading_good(HEAD "request: {prompt: x}\n");
    assert_int_equal(r.recipe->retry.count, 0);
    reading_free(&r);

    r = reading_good(HEAD "retry: {count: 2}\n");
    assert_int_equal(r.recipe->retry.count, 2);
    assert_true(retry_has(&r.recipe->retry, "moderation"));
    assert_true(retry_has(&r.recipe->retry, "a_dialects_own"));
    assert_false(retry_has(&r.recipe->retry, "cancelled"));
    reading_free(&r);

    r = reading_good(HEAD "retry: {count: 2, kinds: [failed]}\n");
    assert_true(retry_has(&r.recipe->retry, "a_dialects_own"));
    assert_false(retry_has(&r.recipe->retry, "cancelled"));
    assert_false(retry_has(&r.recipe->retry, "moderation"));
    reading_free(&r);

    r = reading_good(HEAD "retry: {count: 10, kinds: [moderation, forgotten,"
                          " moderation]}\n");
    assert_int_equal(r.recipe->retry.count, 10);
    assert_int_equal(r.recipe->retry.n_kinds, 2);
    assert_true(retry_has(&r.recipe->retry, "moderation"));
    assert_true(retry_has(&r.recipe->retry, "forgotten"));
    assert_false(retry_has(&r.recipe->retry, "failed"));
    assert_false(retry_has(&r.recipe->retry, "a_dialects_own"));
    reading_free(&r);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *retry, *says;
    } cases[] = {
        {"3", "2:8 'retry' takes a map, found 3\n"},
        {"{kinds: [failed]}", "2:8 'count' in retry is missing: how often at "
                              "most, from 1 to 10\n"},
        {"{count: 0}", "2:16 'count' in retry takes a whole number from 1 to "
                       "10, found 0\n"},
        {"{count: 11}", "2:16 'count' in retry takes a whole number from 1 to "
                        "10, found 11\n"},
        {"{count: 1.5}", "2:16 'count' in retry takes a whole number from 1 to "
                         "10, found 1.5\n"},
        {"{count: all}", "2:16 'count' in retry takes a whole number from 1 to "
                         "10, found \"all\"\n"},
        {"{count: 1, kind: failed}",
         "2:19 unknown key 'kind' in retry (did you mean 'kinds'?)\n"},
        {"{count: 1, kinds: failed}",
         "2:26 'kinds' in retry takes a list such as [moderation, failed], "
         "found \"failed\"\n"},
        {"{count: 1, kinds: []}", "2:26 'kinds' in retry takes a list such as "
                                  "[moderation, failed], found a list\n"},
        {"{count: 1, kinds: [moderated]}",
         "2:27 \"moderated\" in retry's kinds is no kind of failure of a "
         "bought task (did you mean 'moderation'?)\n"},
        {"{count: 1, kinds: [unknown]}",
         "2:27 \"unknown\" in retry's kinds is no kind of failure of a bought "
         "task (accepted: failed, moderation, no_output, forgotten)\n"},
        {"{count: 1, kinds: [5]}",
         "2:27 5 in retry's kinds is no kind of failure of a bought task "
         "(accepted: failed, moderation, no_output, forgotten)\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = xasprintf(HEAD "retry: %s\n", cases[i].retry);
        reading_says(text, cases[i].says);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_bought_again),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
