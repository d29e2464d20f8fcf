// Faults: their spelling, and that they can be repeated.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/faults.h"

static void spellings(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *text;
    } good[] = {
        {"429=0.05:1,500=0.02,lost=0.02", "429=0.05:1,500=0.02,lost=0.02@7"},
        {"lost=1, 429=.5\n", "429=0.5,lost=1@7"},
        {"slow=1:0.5", "slow=1:0.5@7"},
        {"no-url=1:3", "no-url=1:3@7"},
    };
    struct err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct faults *f = faults_parse(good[i].spec, 7, &err);
        if (!f)
            fail_msg("%s -> %s", good[i].spec, err.text);
        assert_string_equal(faults_text(f), good[i].text);
        faults_free(f);
    }
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *says;
    } bad[] = {
        {"", "names none"},
        {"lots=1", "did you mean 'lost'?"},
        {"zzzzzzzzzzz=1", "tarmac gateway --help"},
        {"lost", "needs a probability"},
        {"lost=", "probability above 0"},
        {"lost=0", "probability above 0"},
        {"lost=1.5", "probability above 0"},
        {"lost=nan", "probability above 0"},
        {"lost=-1", "probability above 0"},
        {"lost=1,lost=1", "given twice"},
        {"lost=1:0", "how many times"},
        {"lost=1:1.5", "how many times"},
        {"lost=1:", "how many times"},
        {"slow=1:9999", "seconds"},
        {"@/nowhere/at/all", "/nowhere/at/all"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {.text = ""};
        assert_null(faults_parse(bad[i].spec, 0, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s -> %s", bad[i].spec, err.text);
    }
}

#define ASKED 400

static void ask(const char *spec, uint64_t seed, enum fault_at at,
                enum fault_kind out[ASKED])
{
    struct err err;
    struct faults *f = faults_parse(spec, seed, &err);
    assert_non_null(f);
    for (int i = 0; i < ASKED; i++)
        out[i] = faults_next(f, at, i % 2 ? "one" : "other").kind;
    faults_free(f);
}

static void can_be_repeated(void **state)
{
    (void)state;
    enum fault_kind a[ASKED], b[ASKED], c[ASKED];
    ask("lost=0.25,500=0.25", 1, FAULT_AT_SUBMIT, a);
    ask("lost=0.25,500=0.25", 1, FAULT_AT_SUBMIT, b);
    ask("lost=0.25,500=0.25", 2, FAULT_AT_SUBMIT, c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    int hit = 0;
    for (int i = 0; i < ASKED; i++)
        hit += a[i] != FAULT_NONE;
    assert_in_range(hit, ASKED / 4, ASKED * 3 / 4);
}

static void befalls_only_what_it_is_for(void **state)
{
    (void)state;
    enum fault_kind got[ASKED];
    ask("lost=1", 0, FAULT_AT_POLL, got);
    assert_int_equal(got[0], FAULT_NONE);
    ask("lost=1", 0, FAULT_AT_SUBMIT, got);
    assert_int_equal(got[0], FAULT_LOST);
}

static void so_many_times(void **state)
{
    (void)state;
    enum fault_kind got[ASKED];
    ask("no-url=1:2", 0, FAULT_AT_POLL, got);
    for (int i = 0; i < ASKED; i++)
        assert_int_equal(got[i], i < 4 ? FAULT_NO_URL : FAULT_NONE);
}

static void seconds(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum fault_at at;
        int64_t ms;
    } cases[] = {
        {"429=1", FAULT_AT_SUBMIT, -1},
        {"429=1:0", FAULT_AT_SUBMIT, 0},
        {"429=1:2", FAULT_AT_SUBMIT, 2000},
        {"slow=1", FAULT_AT_ASSET, 2000},
        {"slow=1:0.25", FAULT_AT_ASSET, 250},
        {"callback-late=1", FAULT_AT_CALLBACK, 3000},
    };
    struct err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults *f = faults_parse(cases[i].spec, 0, &err);
        assert_int_equal(faults_next(f, cases[i].at, "k").ms, cases[i].ms);
        faults_free(f);
    }
}

static void key_of(const char *body, char out[HASH_HEX])
{
    faults_key(body, strlen(body), out);
}

static void the_key_knows_no_run(void **state)
{
    (void)state;
    char a[HASH_HEX], b[HASH_HEX];
    key_of("{\"callback_url\":\"http://x/1\",\"prompt\":\"p\",\"seed\":1}", a);
    key_of("{\"seed\":1,\"prompt\":\"p\",\"callback_url\":\"http://x/2\"}", b);
    assert_string_equal(a, b);
    key_of("{\"seed\":2,\"prompt\":\"p\"}", b);
    assert_string_not_equal(a, b);
    key_of("[1]", a);
    key_of("not json", b);
    assert_string_not_equal(a, b);
}

static void every_fault_is_told(void **state)
{
    (void)state;
    static const char *const some[] = {"429", "refuse", "types", "other-offset",
                                       "callback-forged"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        assert_non_null(strstr(faults_help, some[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(can_be_repeated),
        cmocka_unit_test(befalls_only_what_it_is_for),
        cmocka_unit_test(so_many_times),
        cmocka_unit_test(seconds),
        cmocka_unit_test(the_key_knows_no_run),
        cmocka_unit_test(every_fault_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
