// Clips by the beginning of their hashes, beside what is no clip.

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/find.h"

#define HALF "0123456789abcdef0123456789abcdef"
#define OTHER "01aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const files[] = {
    HALF HALF ".mp4",
    OTHER HALF ".mov.part",                      // an extension with a dot
    "01bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" HALF,     // none
    "01cccccccccccccccccccccccccccccc.mp4",      // half a hash
    "01dddddddddddddddddddddddddddddd" HALF ".", // nothing behind the dot
};
#define FILES (sizeof(files) / sizeof(*files))

static int set_up(void **state)
{
    char dir[] = "/tmp/tarmac-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *store = xasprintf("%s/store", dir), *sub = xasprintf("%s/01", store);
    assert_int_equal(mkdir(store, 0700), 0);
    assert_int_equal(mkdir(sub, 0700), 0);
    for (size_t i = 0; i < FILES; i++) {
        char *path = xasprintf("%s/%s", sub, files[i]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fclose(f);
        free(path);
    }
    free(store);
    free(sub);
    *state = xstrdup(dir);
    return 0;
}

static int tear_down(void **state)
{
    char *dir = *state;
    const char *const folders[] = {"store/01", "store", "."};
    for (size_t i = 0; i < FILES; i++) {
        char *path = xasprintf("%s/store/01/%s", dir, files[i]);
        unlink(path);
        free(path);
    }
    for (size_t i = 0; i < 3; i++) {
        char *path = xasprintf("%s/%s", dir, folders[i]);
        rmdir(i < 2 ? path : dir);
        free(path);
    }
    free(dir);
    return 0;
}

static void test_a_clip_is_found(void **state)
{
    char sha256[HASH_HEX], ext[STORE_EXT];
    assert_true(store_find(*state, HALF, "mp4", sha256, ext));
    assert_string_equal(sha256, HALF HALF);
    assert_string_equal(ext, "mp4");
    assert_true(store_find(*state, HALF ".jpg", NULL, sha256, ext));
    assert_string_equal(ext, "mp4");
}

static void test_nothing_else_is(void **state)
{
    static const char *const names[] = {
        "",
        "01",
        OTHER,
        "01bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "01cccccccccccccccccccccccccccccc",
        "01dddddddddddddddddddddddddddddd",
        "0123456789ABCDEF0123456789abcdef",
        "ff23456789abcdef0123456789abcdef",
        "../../../../../../../../etc/passwd",
    };
    char sha256[HASH_HEX], ext[STORE_EXT];
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_false(store_find(*state, names[i], NULL, sha256, ext));
    assert_false(store_find(*state, HALF, "mov", sha256, ext));
    assert_false(store_find(*state, HALF, "", sha256, ext));
    assert_false(store_find("/nonexistent", HALF, NULL, sha256, ext));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_clip_is_found, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_else_is, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
