#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/config.h"

static char home[] = "/tmp/tarmac-config-XXXXXX";

static int make_home(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    return setenv("XDG_CONFIG_HOME", home, 1);
}

static int remove_home(void **state)
{
    (void)state;
    char *file = xasprintf("%s/tarmac/config.yaml", home);
    char *dir = xasprintf("%s/tarmac", home);
    unlink(file);
    rmdir(dir);
    free(file);
    free(dir);
    return rmdir(home);
}

static bool read_text(const char *text, struct config *config, struct buf *said)
{
    struct err err = {0};
    char *dir = xasprintf("%s/tarmac", home);
    char *file = xasprintf("%s/config.yaml", dir);
    assert_true(path_mkdirs(dir, &err));
    assert_true(file_write(file, text, strlen(text), 0600, &err));
    struct problems problems;
    problems_init(&problems, "config.yaml");
    bool ok = config_read(config, &problems, &err);
    buf_init(said, 1 << 16);
    problems_write(&problems, said);
    problems_free(&problems);
    free(dir);
    free(file);
    return ok;
}

static void finds_keys_by_origin(void **state)
{
    (void)state;
    struct config config;
    struct buf said;
    struct err err;
    char *key;
    setenv("TEST_TARMAC_KEY", "secret-1", 1);
    assert_true(read_text(
        "keys:\n"
        "  https://a.example: {env: TEST_TARMAC_KEY}\n"
        "  https://b.example: {env: TEST_TARMAC_NO_KEY}\n"
        "  https://c.example: {command: [printf, 'secret-2\\nmore\\n']}\n"
        "  https://d.example: {command: ['false']}\n"
        "  https://e.example: {command: [printf, 'a b']}\n"
        "  https://f.example: {command: [sleep, '60'], timeout: 0.1}\n"
        "  https://g.example: {command: ['yes']}\n"
        "  https://h.example: {command: [sh, -c, 'sleep 5 2>&1 & echo k']}\n",
        &config, &said));
    assert_true(config_key(&config, "https://a.example", &key, &err));
    assert_string_equal(key, "secret-1");
    free(key);
    assert_true(config_key(&config, "https://c.example", &key, &err));
    assert_string_equal(key, "secret-2");
    free(key);
    assert_true(config_key(&config, "https://z.example", &key, &err));
    assert_null(key);
    assert_false(config_key(&config, "https://b.example", &key, &err));
    assert_int_equal(err.kind, ERR_GATEWAY);
    assert_non_null(strstr(err.text, "$TEST_TARMAC_NO_KEY"));
    assert_false(config_key(&config, "https://d.example", &key, &err));
    assert_non_null(strstr(err.text, "false failed"));
    assert_false(config_key(&config, "https://e.example", &key, &err));
    assert_null(key);
    assert_null(strstr(err.text, "a b")); // a key is never told
    assert_false(config_key(&config, "https://f.example", &key, &err));
    assert_non_null(strstr(err.text, "did not end within 0.1 s"));
    assert_false(config_key(&config, "https://g.example", &key, &err));
    assert_non_null(strstr(err.text, "printed more than a key"));
    // What it leaves behind may hold its stdout open.
    assert_true(config_key(&config, "https://h.example", &key, &err));
    assert_string_equal(key, "k");
    free(key);
    config_free(&config);
    buf_free(&said);
}

static void a_file_of_comments_is_no_mistake(void **state)
{
    (void)state;
    const char *const rows[] = {"", "\n\n", "# keys:\n\n  # gateways:"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct config config;
        struct buf said;
        assert_true(read_text(rows[i], &config, &said));
        assert_null(config.keys);
        assert_null(config.gateways);
        config_free(&config);
        buf_free(&said);
    }
}

static void says_every_mistake_with_its_place(void **state)
{
    (void)state;
    const struct {
        const char *text, *said;
    } rows[] = {
        {"key: {}\n", ":1:1: error: unknown key 'key' (did you mean 'keys'?)"},
        {"keys:\n  api.example.com: {env: K}\n", ":2:3: error: keys belong to"},
        {"keys:\n  https://a.example/v1: {env: K}\n",
         ":2:3: error: an origin has no path: write https://a.example"},
        {"keys:\n  https://a.example: sk-123\n",
         ":2:22: error: a key is {env: NAME} or {command: [program, "},
        {"keys:\n  https://a.example: {command: [a], timeout: soon}\n",
         ":2:46: error: 'timeout' takes a duration"},
        {"keys:\n  https://a.example: {env: K, timeout: 3}\n",
         ":2:22: error: a key is {env: NAME}"},
        {"keys: [a]\n", ":1:7: error: 'keys' is a map, not a list"},
        {"gateways:\n  h: {urls: 'http://127.0.0.1:1'}\n", "urls"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct config config;
        struct buf said;
        assert_false(read_text(rows[i].text, &config, &said));
        assert_non_null(strstr(said.data, rows[i].said));
        assert_null(strstr(said.data, "sk-123"));
        config_free(&config);
        buf_free(&said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_by_origin),
        cmocka_unit_test(a_file_of_comments_is_no_mistake),
        cmocka_unit_test(says_every_mistake_with_its_place),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
