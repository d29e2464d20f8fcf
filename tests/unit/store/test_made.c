// Outputs that are made of a clip, instead of being its own bytes.

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "store/store.h"

#define OUT "out/a.mp4"

static char *root, *out, *clip, *made;
static struct store *store;
static char sha256[HASH_HEX], made_sha256[HASH_HEX];
static int64_t size, mtime_ns;
static struct err err;

static void write_text(const char *path, const char *text)
{
    assert_true(file_write(path, text, strlen(text), 0644, NULL));
    hash_bytes(text, strlen(text), made_sha256);
}

static void assert_text(const char *path, const char *text)
{
    char *found = file_read(path, 1000, NULL, NULL);
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
}

static int setup(void **state)
{
    (void)state;
    root = mkdtemp(xstrdup("/tmp/tarmac-made-XXXXXX"));
    assert_non_null(root);
    char *state_dir = path_join(root, ".tarmac");
    store = store_open(root, state_dir, NULL);
    char *part = store_part_path(store, 1, 1);
    write_text(part, "the clip");
    assert_true(store_commit(store, part, true, "mp4", sha256, &size, NULL));
    free(part);
    free(state_dir);
    out = path_join(root, OUT);
    clip = store_path(store, sha256, "mp4");
    made = store_made_path(store, "mp4");
    err = (struct err){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_free(store);
    int rc = scratch_remove(root);
    free(root), free(out), free(clip), free(made);
    return rc;
}

static struct store_output output(const char *known)
{
    return (struct store_output){
        .path = OUT, .sha256 = sha256, .ext = "mp4", .known_sha256 = known};
}

static enum store_found look(const char *known, const char *wanted)
{
    struct store_output o = output(known);
    o.made_sha256 = wanted;
    return store_look(store, &o, &size, &mtime_ns, &err);
}

static enum store_placed place_made(const char *known, const char *text)
{
    write_text(made, text);
    struct store_output o = output(known);
    char hash[HASH_HEX] = "";
    o.made = made;
    o.made_hash = hash;
    enum store_placed placed = store_place(store, &o, &size, &mtime_ns, &err);
    assert_string_equal(hash, made_sha256);
    unlink(made);
    return placed;
}

static enum store_placed place_as_it_is(void)
{
    char hash[HASH_HEX];
    struct store_output o = output(NULL);
    o.made = made;
    o.made_hash = hash;
    return store_place(store, &o, &size, &mtime_ns, &err);
}

static void what_is_made_is_placed_and_known(void **state)
{
    (void)state;
    assert_int_equal(look(NULL, NULL), STORE_WANTED);
    assert_int_equal(place_made(NULL, "one"), STORE_PLACED);
    assert_text(out, "one");
    assert_text(clip, "the clip");
    char one[HASH_HEX];
    memcpy(one, made_sha256, HASH_HEX);
    assert_int_equal(look(one, one), STORE_THERE);
    assert_int_equal(look(one, NULL), STORE_WANTED); // another is to be made
    assert_int_equal(look(NULL, NULL), STORE_ANOTHER);
    assert_int_equal(place_made(NULL, "one"), STORE_CURRENT);
    assert_int_equal(place_made(one, "two"), STORE_PLACED);
    assert_text(out, "two");
    assert_int_equal(place_made(one, "three"), STORE_EDITED);
    assert_text(out, "two");
}

static void the_clip_and_what_is_made_of_it_take_turns(void **state)
{
    (void)state;
    struct store_output plain = output(NULL);
    assert_int_equal(store_place(store, &plain, &size, &mtime_ns, &err),
                     STORE_PLACED);
    assert_int_equal(look(NULL, NULL), STORE_WANTED); // placed by us
    assert_int_equal(place_made(NULL, "one"), STORE_PLACED);
    plain = output(made_sha256);
    assert_int_equal(store_place(store, &plain, &size, &mtime_ns, &err),
                     STORE_PLACED);
    assert_text(out, "the clip");
}

static void a_damaged_clip_is_set_aside_before_anything_is_made(void **state)
{
    (void)state;
    assert_int_equal(chmod(clip, 0644), 0);
    write_text(clip, "the clap");
    assert_int_equal(look(NULL, NULL), STORE_UNKNOWN);
    assert_non_null(strstr(err.text, "was damaged"));
    assert_false(path_exists(clip));
    assert_int_equal(look(NULL, NULL), STORE_UNKNOWN);
    assert_non_null(strstr(err.text, "cannot open the clip"));
    assert_false(path_exists(out));
}

static void a_clip_that_was_read_is_read_again_when_it_has_changed(void **state)
{
    (void)state;
    assert_int_equal(look(NULL, NULL), STORE_WANTED);
    struct stat was;
    assert_int_equal(stat(clip, &was), 0);
    int fd =
        open(clip, O_WRONLY | O_CLOEXEC); // the same file, of the same length
    assert_int_equal(pwrite(fd, "a", 1, 6), 1);
    // As if it had not been: the system still knows that it was changed.
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, was.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    struct store_output plain = output(NULL);
    assert_int_equal(store_place(store, &plain, &size, &mtime_ns, &err),
                     STORE_FAILED);
    assert_non_null(strstr(err.text, "was damaged"));
    assert_false(path_exists(out));
}

static void what_is_made_gets_the_name_itself(void **state)
{
    (void)state;
    struct stat before, now;
    write_text(made, "one");
    assert_int_equal(chmod(made, 0666), 0);
    assert_int_equal(stat(made, &before), 0);
    assert_int_equal(place_as_it_is(), STORE_PLACED);
    assert_false(path_exists(made));
    assert_int_equal(stat(out, &now), 0);
    assert_int_equal(now.st_ino, before.st_ino);
    assert_int_equal(now.st_mode & 07777, 0644);
    assert_int_equal(size, 3);
}

// A folder whose files belong to its group, and a file of another file system.
static void what_cannot_be_moved_is_copied(void **state)
{
    (void)state;
    char *dir = path_dir(out);
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_int_equal(chmod(dir, 02755), 0);
    write_text(made, "one");
    assert_int_equal(place_as_it_is(), STORE_PLACED);
    assert_true(path_exists(made));
    assert_text(out, "one");
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(unlink(out), 0);
    free(dir);

    free(made);
    made = xasprintf("/dev/shm/tarmac-made-%lld", (long long)getpid());
    write_text(made, "two");
    assert_int_equal(place_as_it_is(), STORE_PLACED);
    assert_int_equal(unlink(made), 0);
    assert_text(out, "two");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_made_is_placed_and_known),
        TEST(the_clip_and_what_is_made_of_it_take_turns),
        TEST(a_damaged_clip_is_set_aside_before_anything_is_made),
        TEST(a_clip_that_was_read_is_read_again_when_it_has_changed),
        TEST(what_is_made_gets_the_name_itself),
        TEST(what_cannot_be_moved_is_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
