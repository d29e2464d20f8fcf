#include "base/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void equal_and_free(char *got, const char *want)
{
    assert_string_equal(got, want);
    free(got);
}

static void joins_and_splits(void **state)
{
    (void)state;
    equal_and_free(path_join("a", "b"), "a/b");
    equal_and_free(path_join("a/", "b"), "a/b");
    equal_and_free(path_join("/", "b"), "/b");
    equal_and_free(path_join("", "b"), "b");
    equal_and_free(path_join("a", "/b"), "/b");
    equal_and_free(path_dir("a"), ".");
    equal_and_free(path_dir("a/b"), "a");
    equal_and_free(path_dir("a//b"), "a");
    equal_and_free(path_dir("a/b/"), "a");
    equal_and_free(path_dir("/a"), "/");
    equal_and_free(path_dir("/"), "/");
    equal_and_free(path_dir(""), ".");
    assert_string_equal(path_base("a/b.yaml"), "b.yaml");
    assert_string_equal(path_base("b"), "b");
    assert_string_equal(path_base("/"), "");
}

static void makes_absolute(void **state)
{
    (void)state;
    equal_and_free(path_absolute("/a/./b//../c/"), "/a/c");
    equal_and_free(path_absolute("/"), "/");
    equal_and_free(path_absolute("/../.."), "/");
    equal_and_free(path_absolute("//a"), "/a");
    equal_and_free(path_absolute("/..a/..."), "/..a/...");
    char *cwd = getcwd(NULL, 0);
    char *want = xasprintf("%s/x", cwd);
    equal_and_free(path_absolute("y/../x"), want);
    equal_and_free(path_absolute("."), cwd);
    free(want);
    free(cwd);
}

static void knows_safe_names(void **state)
{
    (void)state;
    static const char *const safe[] = {
        "a", "a/b.mp4", "...", ".hidden", "a b", "caf\xc3\xa9", "..a/b.."};
    static const char *const bad[] = {
        "",     "/",     "/a",   "a/",       "a//b",      ".",
        "..",   "a/..",  "./a",  "../a",     "a\\b",      "a\nb",
        "\x7f", "a\x1b", "\xff", "\xc2\x9b", "x/\xc0\xaf"};
    for (size_t i = 0; i < COUNT(safe); i++)
        assert_true(path_is_safe(safe[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(path_is_safe(bad[i]));
    char name[300];
    memset(name, 'n', sizeof(name));
    name[255] = '\0';
    assert_true(path_is_safe(name));
    name[255] = 'n';
    name[256] = '\0';
    assert_false(path_is_safe(name));
}

static void makes_folders(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    char *deep = path_join(dir, "a/b//c/");
    assert_true(path_mkdirs(deep, &err));
    assert_true(path_is_dir(deep));
    assert_true(path_mkdirs(deep, &err));
    char *file = path_join(deep, "file");
    assert_false(path_exists(file));
    assert_true(file_write(file, "x", 1, 0600, &err));
    assert_true(path_exists(file));
    assert_false(path_is_dir(file));
    char *below = path_join(file, "below");
    assert_false(path_mkdirs(below, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "is a file"));
    assert_false(path_mkdirs("", &err));
    assert_true(path_mkdirs("/", &err));
    free(below);
    free(file);
    free(deep);
}

static void finds_what_lies_below_and_nothing_else(void **state)
{
    const char *dir = *state;
    struct err err = {0};
    char *real, *inner = path_join(dir, "inner"), *file, *link;
    assert_true(path_mkdirs(inner, &err));
    file = path_join(inner, "file");
    link = path_join(inner, "link");
    assert_true(file_write(file, "x", 1, 0600, &err));
    assert_true(path_below(inner, "file", &real, &err));
    assert_string_equal(path_base(real), "file");
    free(real);
    assert_true(path_below(inner, "none", &real, &err));
    assert_null(real);
    assert_int_equal(symlink("file", link), 0);
    assert_true(path_below(inner, "link", &real, &err));
    assert_string_equal(path_base(real),
                        "file"); // a link may lead about inside
    free(real);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    const char *const out[] = {"link", "..", ".", "/etc/passwd",
                               "../inner/../"};
    for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++) {
        assert_false(path_below(inner, out[i], &real, &err));
        assert_int_equal(err.kind, ERR_RECIPE);
        assert_null(real);
    }
    assert_true(path_below("/", "etc/passwd", &real, &err));
    assert_non_null(real);
    free(real);
    free(link);
    free(file);
    free(inner);
}

static void survives_a_deleted_folder(void **state)
{
    char *gone = path_join(*state, "gone"), *cwd = getcwd(NULL, 0);
    assert_true(path_mkdirs(gone, NULL));
    assert_int_equal(chdir(gone), 0);
    assert_int_equal(rmdir(gone), 0);
    equal_and_free(path_absolute("x"), "/proc/self/cwd/x");
    assert_int_equal(chdir(cwd), 0);
    free(cwd);
    free(gone);
}

static void finds_the_program_and_config(void **state)
{
    (void)state;
    char *dir = path_program_dir();
    assert_true(path_is_dir(dir));
    assert_int_equal(dir[0], '/');
    free(dir);
    setenv("HOME", "/home/u", 1);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    equal_and_free(env_config_dir(), "/home/u/.config/tarmac");
    setenv("XDG_CONFIG_HOME", "/etc/x", 1);
    equal_and_free(env_config_dir(), "/etc/x/tarmac");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", "", 1);
    assert_null(env_get("HOME"));
    assert_null(env_config_dir());
}

static void tokens_differ(void **state)
{
    (void)state;
    char a[TOKEN_HEX], b[TOKEN_HEX], u[TOKEN_UUID];
    token_make(a);
    token_make(b);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
    token_uuid(u);
    assert_int_equal(strlen(u), 36);
    assert_int_equal(strspn(u, "0123456789abcdef-"), 36);
    assert_true(u[8] == '-' && u[13] == '-' && u[18] == '-' && u[23] == '-');
    assert_int_equal(u[14], '4');
    assert_non_null(strchr("89ab", u[19]));
}

static int enter(void **state)
{
    char dir[] = "/tmp/tarmac-path-XXXXXX";
    *state = xstrdup(mkdtemp(dir));
    return *state ? 0 : -1;
}

static int leave(void **state)
{
    static const char *const files[] = {
        "a/b/c/file", "a/b/c",      "a/b",   "a",
        "inner/file", "inner/link", "inner", ""};
    for (size_t i = 0; i < COUNT(files); i++) {
        char *path = path_join(*state, files[i]);
        remove(path);
        free(path);
    }
    bool gone = !path_exists(*state);
    free(*state);
    assert_true(gone); // nothing unexpected was left; cmocka passes a -1
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_and_splits),
        cmocka_unit_test(makes_absolute),
        cmocka_unit_test(knows_safe_names),
        cmocka_unit_test(makes_folders),
        cmocka_unit_test(finds_what_lies_below_and_nothing_else),
        cmocka_unit_test(survives_a_deleted_folder),
        cmocka_unit_test(finds_the_program_and_config),
        cmocka_unit_test(tokens_differ),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
