#include "recipe/gateways.h"

#include "reading.h"

static char *check(const char *name, const char *text, bool in_config)
{
    struct problems p;
    problems_init(&p, "f");
    struct value *v = yaml_read(text, strlen(text), &p);
    assert_non_null(v);
    bool good = gateway_entry_check(name, v, in_config, &p);
    assert_int_equal(good, p.errors == 0);
    char *said = reading_said(&p);
    value_free(v);
    problems_free(&p);
    return said;
}

#define URL "{url: https://h, dialect: reverse"

static void both_places(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {URL "}", ""},
        {URL ", prefix: /runway/v1, profile: comet, identity: c, poll_min: 5s,"
             " in_flight: 8, timeout: 30m, budget: 0.125,"
             " prices: {gen2: 5, gen3: 0.05}}",
         ""},
        {"{url: 'https://h:8443/api', dialect: reverse}", ""},
        {"{url: 'http://127.0.0.1:8080', dialect: reverse}", ""},
        {"{url: 'http://localhost', dialect: reverse}", ""},
        {"{url: 'http://[::1]:80/x', dialect: reverse}", ""},
        {"{url: 'http://127.evil.com', dialect: reverse}",
         "1:7 'url' sends keys in the clear over http:, which is for this "
         "machine only: use https:, or 'insecure: true' in "
         "~/.config/tarmac/config.yaml\n"},
        {"{url: 'https://', dialect: reverse}",
         "1:7 'url' is not a URL with a host\n"},
        {"{url: 'https://a b', dialect: reverse}",
         "1:7 'url' is not a URL with a host\n"},
        {"{url: 'ftp://a', dialect: reverse}",
         "1:7 'url' takes a URL that begins with https:// (or http:// on this "
         "machine)\n"},
        {"{url: 'https://h/?key=1', dialect: reverse}",
         "1:7 'url' takes a URL without '?' and '#'\n"},
        {"{url: 'https://u:p@h', dialect: reverse}",
         "1:7 'url' holds a name or a password: keys belong in "
         "~/.config/tarmac/config.yaml, under 'keys:'\n"},
        {"{}",
         "1:1 gateway 'g' has no 'url' (https://\xe2\x80\xa6)\n"
         "1:1 gateway 'g' has no 'dialect' (reverse, official, or a file)\n"},
        {"5", "1:1 expected a map in gateway 'g', found 5\n"},
        {URL ", ulr: x}",
         "1:36 unknown key 'ulr' in gateway 'g' (did you mean 'url'?)\n"},
        {URL ", prefix: runway}",
         "1:44 'prefix' takes a path such as /runway/v1\n"},
        {URL ", prefix: /a/../b}",
         "1:44 'prefix' takes a path such as /runway/v1\n"},
        {URL ", in_flight: 0, poll_min: soon, budget: -1}",
         "1:47 'in_flight' in gateway 'g' takes a whole number from 1 to "
         "10000, "
         "found 0\n"
         "1:60 'poll_min' in gateway 'g' takes a duration such as 90s, 30m or "
         "2h, or a number of seconds, found \"soon\"\n"
         "1:74 'budget' in gateway 'g' takes a number from 0 with at most "
         "three decimals, found -1\n"},
        {URL ", timeout: 500ms, clip_max: 64MB}",
         "1:45 'timeout' takes at least 1s\n"},
        {URL ", prices: {gen2: free}}",
         "1:51 the price of 'gen2' is a number of credits a second with at "
         "most three decimals, found \"free\"\n"},
    };
    for (size_t i = 0; i < COUNT(cases) * 2; i++) {
        char *said = check("g", cases[i / 2].in, i % 2);
        assert_string_equal(said, cases[i / 2].out);
        free(said);
    }
}

static void names_are_checked(void **state)
{
    (void)state;
    char *said = check("local", URL "}", false);
    assert_string_equal(said, "1:1 'local' is the built-in gateway: give this "
                              "one another name\n");
    free(said);
    said = check("a b", URL "}", true);
    assert_string_equal(said, "1:1 'a b': a gateway's name takes letters, "
                              "digits, '.', '_' and '-'\n");
    free(said);
}

static void a_recipe_holds_no_secrets(void **state)
{
    (void)state;
    char *said = check("g",
                       URL ",\n"
                           " key: sk-1,\n"
                           " API_TOKEN: sk-2,\n"
                           " headers: {a: b},\n"
                           " insecure: true,\n"
                           " callback_url: 'https://x'}",
                       false);
    assert_string_equal(
        said,
        "2:2 'key': keys belong in ~/.config/tarmac/config.yaml, never in a "
        "recipe\n"
        "3:2 'API_TOKEN': keys belong in ~/.config/tarmac/config.yaml, never "
        "in a recipe\n"
        "4:2 'headers': it belongs in ~/.config/tarmac/config.yaml, not in a "
        "recipe\n"
        "5:2 'insecure': it belongs in ~/.config/tarmac/config.yaml, not in a "
        "recipe\n"
        "6:2 'callback_url': it belongs in ~/.config/tarmac/config.yaml, not "
        "in a recipe\n");
    assert_null(strstr(said, "sk-"));
    free(said);
}

static void the_configuration_may_say_more(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {URL ", headers: {X-Team: a b}, callback_url: 'https://x/y',"
             " callback_listen: '0.0.0.0:8080',"
             " callback_public_url: 'https://me/hook', insecure: false}",
         ""},
        {"{url: 'http://h', dialect: reverse, insecure: true}", ""},
        {URL ", key: sk-1}",
         "1:36 'key': keys belong under 'keys:', by origin\n"},
        {URL ", headers: {Authorization: x, host: y, a b: c, d: 5,"
             " e: \"a\\r\\nb\"}}",
         "1:46 'Authorization' is not a header to set here: keys belong under "
         "'keys:', by origin\n"
         "1:64 'host' is not a header to set\n"
         "1:73 'a b' is not the name of a header\n"
         "1:84 the header 'd' takes a text of one line\n"
         "1:90 the header 'e' takes a text of one line\n"},
        {URL ", callback_listen: 8080}",
         "1:53 'callback_listen' in gateway 'g' takes a text, found 8080\n"},
        {URL ", callback_listen: localhost, insecure: 1}",
         "1:53 'callback_listen' takes ADDRESS:PORT\n"
         "1:74 'insecure' in gateway 'g' takes true or false, found 1\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *said = check("g", cases[i].in, true);
        assert_string_equal(said, cases[i].out);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_places),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(a_recipe_holds_no_secrets),
        cmocka_unit_test(the_configuration_may_say_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
