// The command line of the gateway.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/options.h"

static enum options_result parse(const char *line, struct gateway_options *o,
                                 struct err *err)
{
    static char text[512];
    static char *argv[32];
    int argc = 0;
    assert_true(strlen(line) < sizeof text);
    memcpy(text, line, strlen(line) + 1);
    char *save = NULL;
    for (char *word = strtok_r(text, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(argc, argv, o, err);
}

static void good(const char *line, struct gateway_options *o)
{
    struct err err = {.text = ""};
    if (parse(line, o, &err) != OPTIONS_RUN)
        fail_msg("%s -> %s", line, err.text);
}

static void defaults(void **state)
{
    (void)state;
    struct gateway_options o;
    good("gateway", &o);
    assert_string_equal(o.host, "127.0.0.1");
    assert_int_equal(o.port, -1);
    assert_string_equal(o.data_dir, ".tarmac/gateway");
    assert_int_equal(o.latency_ms, 0);
    assert_false(o.draft);
    assert_null(o.key);
    assert_null(o.users);
    assert_string_equal(o.profile, "lenient");
    assert_int_equal(o.shape, WIRE_NATIVE);
    assert_int_equal(o.tier, 5);
    assert_int_equal(o.credits, 0);
    assert_int_equal(o.renders, 0);
    assert_string_equal(o.callback_hosts, "loopback");
    assert_string_equal(o.input_hosts, "public,loopback");
    assert_null(o.access_log);
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *line, *host;
        int port;
    } cases[] = {
        {"gateway --listen 127.0.0.1:0", "127.0.0.1", 0},
        {"gateway --listen 127.0.0.2", "127.0.0.2", -1},
        {"gateway --listen [::1]:80", "::1", 80},
        {"gateway --listen [::1]", "::1", -1},
        {"gateway --listen localhost:9000", "127.0.0.1", 9000},
        {"gateway --listen=:9001", "127.0.0.1", 9001},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gateway_options o;
        good(cases[i].line, &o);
        assert_string_equal(o.host, cases[i].host);
        assert_int_equal(o.port, cases[i].port);
    }
}

static void others(void **state)
{
    (void)state;
    struct gateway_options o;
    struct err err;
    setenv("TARMAC_TEST_KEY", "k", 1);
    good("gateway --draft --latency 250 --data d --key-env TARMAC_TEST_KEY "
         "--listen 0.0.0.0:1 --users f --lock l --address a",
         &o);
    assert_true(o.draft);
    assert_int_equal(o.latency_ms, 250);
    assert_string_equal(o.data_dir, "d");
    assert_string_equal(o.key, "k");
    assert_string_equal(o.users, "f");
    assert_string_equal(o.lock, "l");
    assert_string_equal(o.address, "a");
    good("gateway --latency 1.5s", &o);
    assert_int_equal(o.latency_ms, 1500);
    good("gateway --same-clip", &o);
    assert_true(o.same_clip && o.draft);
    assert_int_equal(parse("gateway --draft --help", &o, &err), OPTIONS_HELP);
    assert_non_null(strstr(options_help(), "Examples:"));
}

static void service(void **state)
{
    (void)state;
    struct gateway_options o;
    good("gateway --profile comet --shape flat --tier 1 --credits 500 "
         "--renders 3 --key k --listen 0.0.0.0:1 --callback-hosts none "
         "--access-log -",
         &o);
    assert_string_equal(o.profile, "comet");
    assert_int_equal(o.shape, WIRE_FLAT);
    assert_int_equal(o.tier, 1);
    assert_int_equal(o.credits, 500);
    assert_int_equal(o.renders, 3);
    assert_string_equal(o.key, "k");
    assert_string_equal(o.callback_hosts, "none");
    assert_false(o.same_clip);
    assert_string_equal(o.input_hosts, "public"); // others can reach us
    assert_string_equal(o.access_log, "-");
    good("gateway --shape wrapper --input-hosts private", &o);
    assert_int_equal(o.shape, WIRE_WRAPPER);
    assert_string_equal(o.input_hosts, "private");
}

static void says(const char *line, const char *what)
{
    struct gateway_options o;
    struct err err = {.text = ""};
    assert_int_equal(parse(line, &o, &err), OPTIONS_BAD);
    assert_string_equal(err.text, what);
}

static void hints(void **state)
{
    (void)state;
    says("gateway --profile comte",
         "--profile comte: comet, apifox, v1 or lenient (did you mean "
         "'comet'?)");
    says("gateway --shape x", "--shape x: native, wrapper or flat");
    says("gateway --tier 6", "--tier 6: a whole number from 1 to 5");
    says("gateway --profle v1",
         "--profle: unknown option (did you mean '--profile'?); see --help");
    says("gateway --qqqqqqqqq", "--qqqqqqqqq: unknown option; see --help");
}

// Every option is explained.
static void help(void **state)
{
    (void)state;
    static const char *const names[] = {
        "--listen",      "--data",    "--latency",        "--draft",
        "--users",       "--lock",    "--address",        "--faults",
        "--tier",        "--profile", "--callback-hosts", "--input-hosts",
        "--key",         "--credits", "--access-log",     "--renders",
        "--same-clip",   "--shape",   "--key-env",        "--faults-seed",
        "--faults-check"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strstr(options_help(), names[i]))
            fail_msg("%s", names[i]);
    const char *line = options_help();
    for (; *line; line += strcspn(line, "\n") + 1)
        if (strcspn(line, "\n") > 80)
            fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
}

static void wrong(void **state)
{
    (void)state;
    unsetenv("TARMAC_TEST_KEY");
    static const char *const lines[] = {
        "gateway --listen 0.0.0.0:1",
        "gateway --listen 127.0.0.1:65536",
        "gateway --listen 127.0.0.1:x",
        "gateway --listen 127.0.0.1:",
        "gateway --listen [::1:80",
        "gateway --listen ::",
        "gateway --latency -1",
        "gateway --latency soon",
        "gateway --latency 99999999999999999999",
        "gateway --key-env TARMAC_TEST_KEY",
        "gateway --users f",
        "gateway --users f --lock l",
        "gateway --lock l",
        "gateway --data",
        "gateway --nonsense",
        "gateway --tier 0",
        "gateway --renders 0",
        "gateway --renders 65",
        "gateway --credits -1",
        "gateway --credits many",
        "gateway --key=",
        "gateway --key a --key b",
        "gateway --shape NATIVE",
        "gateway --access-log",
        "gateway extra",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct gateway_options o;
        struct err err = {.text = ""};
        if (parse(lines[i], &o, &err) != OPTIONS_BAD)
            fail_msg("taken: %s", lines[i]);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_true(strlen(err.text) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(addresses),
        cmocka_unit_test(others),   cmocka_unit_test(service),
        cmocka_unit_test(hints),    cmocka_unit_test(help),
        cmocka_unit_test(wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
