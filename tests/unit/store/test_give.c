#include "store/give.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

static char *root, *clip;
static int dir;

static int setup(void **state)
{
    (void)state;
    root = mkdtemp(xstrdup("/tmp/tarmac-give-XXXXXX"));
    assert_non_null(root);
    clip = path_join(root, "clip.mp4");
    assert_true(file_write(clip, "the clip", 8, 0444, NULL));
    char *out = path_join(root, "out");
    assert_true(path_mkdirs(out, NULL));
    dir = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    free(out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close(dir);
    scratch_remove(root);
    free(clip);
    free(root);
    return 0;
}

static void assert_given(const char *name, const char *text)
{
    char *path = xasprintf("%s/out/%s", root, name);
    char *found = file_read(path, 1000, NULL, NULL);
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
    free(path);
}

static void put(const char *name, const char *text)
{
    char *path = xasprintf("%s/out/%s", root, name);
    assert_true(file_write(path, text, strlen(text), 0644, NULL));
    free(path);
}

static void a_copy_is_whole_and_made_once(void **state)
{
    (void)state;
    int64_t size;
    bool written;
    struct stat st;
    put("a.mp4" GIVE_PART, "of one who was killed");
    assert_true(give_copy(clip, dir, "a.mp4", &size, &written, NULL));
    assert_true(written);
    assert_int_equal(size, 8);
    assert_given("a.mp4", "the clip");
    assert_int_not_equal(fstatat(dir, "a.mp4" GIVE_PART, &st, 0), 0);
    assert_int_equal(fstatat(dir, "a.mp4", &st, 0), 0);
    assert_true(st.st_mode & S_IWUSR); // to be deleted by who gets it
    assert_true(give_copy(clip, dir, "a.mp4", &size, &written, NULL));
    assert_false(written);
}

static void half_of_one_is_made_anew(void **state)
{
    (void)state;
    int64_t size;
    bool written;
    put("a.mp4", "half");
    assert_true(give_copy(clip, dir, "a.mp4", &size, &written, NULL));
    assert_true(written);
    assert_given("a.mp4", "the clip");
}

static void no_link_is_followed(void **state)
{
    (void)state;
    int64_t size;
    bool written;
    struct err err;
    put("theirs", "not ours");
    assert_int_equal(symlinkat("theirs", dir, "a.mp4"), 0);
    assert_int_equal(symlinkat("theirs", dir, "a.mp4" GIVE_PART), 0);
    assert_true(give_copy(clip, dir, "a.mp4", &size, &written, NULL));
    assert_given("theirs", "not ours");
    assert_given("a.mp4", "the clip");
    char *link = path_join(root, "link.mp4");
    assert_int_equal(symlink(clip, link), 0);
    assert_false(give_copy(link, dir, "b.mp4", &size, &written, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "cannot read"));
    assert_false(give_copy(root, dir, "b.mp4", &size, &written, &err));
    free(link);
}

static void a_folder_in_its_place_is_an_error(void **state)
{
    (void)state;
    int64_t size;
    bool written;
    struct err err;
    struct stat st;
    assert_int_equal(mkdirat(dir, "a.mp4", 0700), 0);
    assert_false(give_copy(clip, dir, "a.mp4", &size, &written, &err));
    assert_false(written);
    assert_non_null(strstr(err.text, "cannot write a.mp4"));
    assert_int_not_equal(fstatat(dir, "a.mp4" GIVE_PART, &st, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_is_whole_and_made_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(half_of_one_is_made_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_link_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_folder_in_its_place_is_an_error,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
