// A part on its way, its note, and what may lie in their places.

#include "store/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define HUGE_NOTE ((size_t)1 << 20)

struct fixture {
    char *root, *part, *note, *mine;
    struct store *store;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    char root[] = "/tmp/tarmac-part-XXXXXX";
    assert_non_null(mkdtemp(root));
    f->root = xstrdup(root);
    char *dir = path_join(root, ".tarmac");
    assert_true(path_mkdirs(dir, NULL));
    f->store = store_open(root, dir, NULL);
    assert_non_null(f->store);
    free(dir);
    f->part = store_part_path(f->store, 7, 1);
    f->note = xasprintf("%s.json", f->part);
    f->mine = path_join(root, "mine");
    assert_true(file_write(f->mine, "mine", 4, 0600, NULL));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_free(f->store);
    scratch_remove(f->root);
    free(f->root);
    free(f->part);
    free(f->note);
    free(f->mine);
    free(f);
    return 0;
}

static void mine_is_untouched(const struct fixture *f)
{
    char *text = file_read(f->mine, 10, NULL, NULL);
    assert_string_equal(text, "mine");
    free(text);
}

static void opens_what_is_there(void **state)
{
    struct fixture *f = *state;
    int64_t size = -1;
    bool fresh = false;
    int fd = store_part_open(f->part, &size, &fresh, NULL);
    assert_true(fd >= 0 && fresh);
    assert_int_equal(size, 0);
    assert_true(file_write_all(fd, "0123456789", 10));
    close(fd);
    fd = store_part_open(f->part, &size, &fresh, NULL);
    assert_false(fresh);
    assert_int_equal(size, 10);
    assert_true(store_part_has(fd, 0, "0123456789", 10));
    assert_true(store_part_has(fd, 6, "6789", 4));
    assert_true(store_part_has(fd, 10, "", 0));
    assert_false(store_part_has(fd, 6, "678?", 4));
    assert_false(store_part_has(fd, 7, "6789", 4));
    assert_false(store_part_has(fd, 6, "6789A", 5)); // beyond its end
    close(fd);
}

static void opens_nothing_but_a_file(void **state)
{
    struct fixture *f = *state;
    int64_t size;
    bool fresh;
    struct err err = {0};
    assert_int_equal(symlink(f->mine, f->part), 0);
    assert_int_equal(store_part_open(f->part, &size, &fresh, &err), -1);
    assert_int_equal(err.kind, ERR_DISK);
    unlink(f->part);
    assert_int_equal(mkfifo(f->part, 0600), 0); // not waited for
    assert_int_equal(store_part_open(f->part, &size, &fresh, &err), -1);
    unlink(f->part);
    assert_int_equal(mkdir(f->part, 0700), 0);
    assert_int_equal(store_part_open(f->part, &size, &fresh, &err), -1);
    mine_is_untouched(f);
}

static bool noted_is(const struct fixture *f, const char *wanted)
{
    size_t len = 0;
    char *text = store_part_noted(f->part, &len);
    bool is = text && wanted
                  ? len == strlen(wanted) && memcmp(text, wanted, len) == 0
                  : !text && !wanted;
    free(text);
    return is;
}

static void a_note_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    assert_true(noted_is(f, NULL));
    store_part_note(f->part, "{\"one\":1}");
    assert_true(noted_is(f, "{\"one\":1}"));
    store_part_note(f->part, "{}"); // nothing of the old one stays
    assert_true(noted_is(f, "{}"));
    assert_true(store_part_unnote(f->part, NULL));
    assert_true(noted_is(f, NULL));
    assert_true(store_part_unnote(f->part, NULL));

    char *huge = xmalloc(HUGE_NOTE + 1);
    memset(huge, ' ', HUGE_NOTE);
    huge[HUGE_NOTE] = '\0';
    store_part_note(f->part, huge); // not worth a file
    assert_false(path_exists(f->note));
    assert_true(file_write(f->note, huge, HUGE_NOTE, 0600, NULL));
    assert_true(noted_is(f, NULL)); // nor the memory
    free(huge);
}

static void a_note_is_never_a_link(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(symlink(f->mine, f->note), 0);
    assert_true(noted_is(f, NULL));
    store_part_note(f->part, "{}");
    mine_is_untouched(f);
    assert_true(store_part_unnote(f->part, NULL));
    mine_is_untouched(f);
    assert_int_equal(mkfifo(f->note, 0600), 0);
    assert_true(noted_is(f, NULL));
    store_part_note(f->part, "{}");
    assert_true(store_part_unnote(f->part, NULL));

    assert_int_equal(mkdir(f->note, 0700), 0); // which somebody must look at
    struct err err = {0};
    assert_true(noted_is(f, NULL));
    assert_false(store_part_unnote(f->part, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, f->note));
}

static void a_note_ends_with_its_part(void **state)
{
    struct fixture *f = *state;
    for (int bad = 0; bad < 2; bad++) {
        char sha256[HASH_HEX], *kept = NULL;
        int64_t size;
        assert_true(file_write(f->part, "clip", 4, 0600, NULL));
        store_part_note(f->part, "{}");
        assert_true(bad ? store_keep_bad(f->store, f->part, &kept, NULL)
                        : store_commit(f->store, f->part, true, "mp4", sha256,
                                       &size, NULL));
        assert_false(path_exists(f->note));
        assert_false(path_exists(f->part));
        free(kept);
    }
}

static void the_machine_has_started_once(void **state)
{
    (void)state;
    const char *one = env_boot_id();
    assert_non_null(one);
    assert_true(strlen(one) > 8);
    assert_string_equal(one, env_boot_id());
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(opens_what_is_there),
        EACH(opens_nothing_but_a_file),
        EACH(a_note_comes_and_goes),
        EACH(a_note_is_never_a_link),
        EACH(a_note_ends_with_its_part),
        cmocka_unit_test(the_machine_has_started_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
