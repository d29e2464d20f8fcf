#include "store/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

struct fixture {
    char *root;
    char *outside; // beside root: nothing may ever come here
    struct store *store;
    char one[HASH_HEX], two[HASH_HEX]; // clips in the store
};

static const char text_one[] = "the first clip";
static const char text_two[] = "the second one";

static char *below(const struct fixture *f, const char *path)
{
    return path_join(f->root, path);
}

static void write_text(const char *path, const char *text)
{
    assert_true(file_write(path, text, strlen(text), 0644, NULL));
}

static void has_text(const struct fixture *f, const char *path,
                     const char *text)
{
    char *file = below(f, path);
    char *found = file_read(file, 1000, NULL, NULL);
    assert_non_null(found);
    assert_string_equal(found, text);
    free(found);
    free(file);
}

static size_t entries(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2; // "." and ".."
}

static void commit(struct fixture *f, const char *text, char sha256[HASH_HEX])
{
    char *part = store_part_path(f->store, 7, 1);
    write_text(part, text);
    int64_t size;
    struct err err = {0};
    if (!store_commit(f->store, part, true, "mp4", sha256, &size, &err))
        fail_msg("%s", err.text);
    assert_int_equal(size, strlen(text));
    assert_false(path_exists(part));
    free(part);
}

struct placed {
    enum store_placed how;
    int64_t size, mtime_ns;
    struct err err;
};

static struct placed place(struct fixture *f, const char *path,
                           const char *sha256, const char *known,
                           const struct placed *facts)
{
    struct store_output output = {
        .path = path,
        .sha256 = sha256,
        .ext = "mp4",
        .known_sha256 = known,
        .known_size = facts ? facts->size : 0,
        .known_mtime_ns = facts ? facts->mtime_ns : 0,
    };
    struct placed p = {0};
    p.how = store_place(f->store, &output, &p.size, &p.mtime_ns, &p.err);
    return p;
}

// --- the store

static void commits_by_content(void **state)
{
    struct fixture *f = *state;
    char sha256[HASH_HEX];
    hash_bytes(text_one, strlen(text_one), sha256);
    assert_string_equal(f->one, sha256);
    char *path = store_path(f->store, sha256, "mp4");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    assert_true(store_has(f->store, sha256, "mp4", (int64_t)strlen(text_one)));
    assert_false(store_has(f->store, sha256, "mp4", 3));
    assert_false(
        store_has(f->store, sha256, "webm", (int64_t)strlen(text_one)));

    commit(f, text_one, sha256); // again: one file
    char *dir = path_dir(path);
    assert_int_equal(entries(dir), 1);
    free(dir);
    free(path);
}

static void a_vanished_part_is_said(void **state)
{
    struct fixture *f = *state;
    char *part = store_part_path(f->store, 8, 2);
    assert_non_null(strstr(part, "/parts/8-2.part"));
    char sha256[HASH_HEX];
    int64_t size;
    struct err err = {0};
    assert_false(
        store_commit(f->store, part, true, "mp4", sha256, &size, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, part));
    assert_non_null(strstr(err.text, "gone"));

    assert_int_equal(symlink("/etc/passwd", part), 0); // not followed
    assert_false(
        store_commit(f->store, part, true, "mp4", sha256, &size, &err));
    unlink(part);
    assert_int_equal(mkfifo(part, 0600), 0); // not waited for
    assert_false(
        store_commit(f->store, part, true, "mp4", sha256, &size, &err));
    free(part);
}

static void an_extension_is_no_path(void **state)
{
    struct fixture *f = *state;
    static const char *const exts[] = {"", "mp4/..", "../x", "M P", "."};
    char *part = store_part_path(f->store, 7, 1);
    write_text(part, "x");
    for (size_t i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
        char sha256[HASH_HEX];
        int64_t size;
        struct err err = {0};
        assert_false(
            store_commit(f->store, part, true, exts[i], sha256, &size, &err));
        assert_int_equal(err.kind, ERR_DEFECT);
    }
    assert_true(path_exists(part));
    free(part);
}

static void keeps_every_bad_part(void **state)
{
    struct fixture *f = *state;
    char *part = store_part_path(f->store, 7, 1);
    static const char *const names[] = {"7-1.bad", "7-1.2.bad", "7-1.3.bad"};
    for (int i = 0; i < 3; i++) {
        char text[] = {(char)('a' + i), '\0'};
        write_text(part, text);
        char *kept;
        struct err err = {0};
        if (!store_keep_bad(f->store, part, &kept, &err))
            fail_msg("%s", err.text);
        assert_string_equal(path_base(kept), names[i]);
        assert_false(path_exists(part));
        char *found = file_read(kept, 10, NULL, NULL);
        assert_string_equal(found, text);
        free(found);
        free(kept);
    }
    char *kept;
    struct err err = {0};
    assert_false(store_keep_bad(f->store, part, &kept, &err));
    assert_null(kept);
    assert_int_equal(err.kind, ERR_DISK);
    free(part);
}

// --- outputs

static void places_and_leaves_alone(void **state)
{
    struct fixture *f = *state;
    struct placed p = place(f, "out/a/b.mp4", f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_PLACED);
    has_text(f, "out/a/b.mp4", text_one);
    char *dir = below(f, "out/a");
    assert_int_equal(entries(dir), 1); // no temporary file beside it
    free(dir);
    char *path = below(f, "out/a/b.mp4");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640); // 0644 with umask 027
    assert_int_equal(st.st_size, p.size);
    assert_int_equal(st.st_mtim.tv_nsec, p.mtime_ns % 1000000000);

    // With what the ledger knows, nothing is read; without, the content is.
    assert_int_equal(chmod(path, 0), 0);
    struct placed again = place(f, "out/a/b.mp4", f->one, f->one, &p);
    assert_int_equal(again.how, STORE_CURRENT);
    assert_int_equal(again.mtime_ns, p.mtime_ns);
    assert_int_equal(chmod(path, 0644), 0);
    again = place(f, "out/a/b.mp4", f->one, NULL, NULL);
    assert_int_equal(again.how, STORE_CURRENT);
    struct timespec touched[2] = {{.tv_sec = 5}, {.tv_sec = 5}};
    assert_int_equal(utimensat(AT_FDCWD, path, touched, 0), 0);
    again = place(f, "out/a/b.mp4", f->one, f->one, &p);
    assert_int_equal(again.how, STORE_CURRENT);
    assert_int_equal(again.mtime_ns, 5000000000);
    free(path);
}

static void places_a_missing_output_again(void **state)
{
    struct fixture *f = *state;
    struct placed p = place(f, "a.mp4", f->one, NULL, NULL);
    char *path = below(f, "a.mp4");
    unlink(path);
    free(path);
    p = place(f, "a.mp4", f->one, f->one, &p);
    assert_int_equal(p.how, STORE_PLACED);
    has_text(f, "a.mp4", text_one);
}

static void never_overwrites_an_edited_output(void **state)
{
    struct fixture *f = *state;
    struct placed p = place(f, "a.mp4", f->one, NULL, NULL);
    char *path = below(f, "a.mp4");
    write_text(path, "THE first clip"); // same size, by hand
    struct placed again = place(f, "a.mp4", f->one, f->one, &p);
    assert_int_equal(again.how, STORE_EDITED);
    assert_int_equal(again.size, strlen(text_one));
    again = place(f, "a.mp4", f->two, f->one, &p);
    assert_int_equal(again.how, STORE_EDITED);
    has_text(f, "a.mp4", "THE first clip");

    write_text(path, "somebody's own"); // and we never wrote here
    again = place(f, "a.mp4", f->one, NULL, NULL);
    assert_int_equal(again.how, STORE_EDITED);
    has_text(f, "a.mp4", "somebody's own");
    free(path);
}

static void replaces_what_is_ours(void **state)
{
    struct fixture *f = *state;
    struct placed p = place(f, "a.mp4", f->one, NULL, NULL);
    struct placed next = place(f, "a.mp4", f->two, f->one, &p);
    assert_int_equal(next.how, STORE_PLACED);
    has_text(f, "a.mp4", text_two);
    has_text(f, "a.mp4", text_two);
    // The store's own file is another one.
    char *clip = store_path(f->store, f->one, "mp4");
    char *text = file_read(clip, 100, NULL, NULL);
    assert_string_equal(text, text_one);
    free(text);
    free(clip);
}

static void follows_no_link_below_root(void **state)
{
    struct fixture *f = *state;
    char *link = below(f, "out");
    assert_int_equal(symlink(f->outside, link), 0);
    struct placed p = place(f, "out/a.mp4", f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_FAILED);
    assert_int_equal(p.err.kind, ERR_DISK);
    assert_non_null(strstr(p.err.text, "out is a symbolic link"));
    unlink(link);

    // Nor as the last name, neither one that leads somewhere nor nowhere.
    char *target = path_join(f->outside, "a.mp4");
    assert_int_equal(symlink(target, link), 0);
    p = place(f, "out", f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_FAILED);
    assert_non_null(strstr(p.err.text, "symbolic link"));
    assert_int_equal(entries(f->outside), 0);
    write_text(target, text_one);
    p = place(f, "out", f->two, f->one, NULL);
    assert_int_equal(p.how, STORE_FAILED);
    char *text = file_read(target, 100, NULL, NULL);
    assert_string_equal(text, text_one);
    free(text);
    unlink(target);
    free(target);
    free(link);
}

static void root_itself_may_be_a_link(void **state)
{
    struct fixture *f = *state;
    char *link = path_join(f->outside, "root");
    char *state_dir = path_join(link, ".tarmac");
    assert_int_equal(symlink(f->root, link), 0);
    struct store *store = store_open(link, state_dir, NULL);
    assert_non_null(store);
    struct store_output output = {
        .path = "out/a.mp4", .sha256 = f->one, .ext = "mp4"};
    int64_t size, mtime_ns;
    assert_int_equal(store_place(store, &output, &size, &mtime_ns, NULL),
                     STORE_PLACED);
    has_text(f, "out/a.mp4", text_one);
    store_free(store);
    unlink(link);
    free(state_dir);
    free(link);
}

static void stays_below_root(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {
        "../a.mp4", "/tmp/a.mp4", "out/../../a.mp4", "",
        "out//a",   "./a.mp4",    "a\nb.mp4",        "out/",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct placed p = place(f, paths[i], f->one, NULL, NULL);
        assert_int_equal(p.how, STORE_FAILED);
        assert_int_equal(p.err.kind, ERR_RECIPE);
        assert_null(strchr(p.err.text, '\n'));
    }
}

static void says_what_is_in_the_way(void **state)
{
    struct fixture *f = *state;
    struct placed p = place(f, "dir/a.mp4", f->one, NULL, NULL);
    p = place(f, "dir", f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_FAILED);
    assert_non_null(strstr(p.err.text, "dir is a folder"));
    p = place(f, "dir/a.mp4/b.mp4", f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_FAILED);
    assert_non_null(strstr(p.err.text, "dir/a.mp4"));
    p = place(f, "c.mp4", "00", NULL, NULL); // not in the store
    assert_int_equal(p.how, STORE_FAILED);
    assert_non_null(strstr(p.err.text, "No such file"));
    assert_int_equal(entries(f->root), 2); // .tarmac and dir
}

static void takes_names_of_any_length(void **state)
{
    struct fixture *f = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    struct placed p = place(f, name, f->one, NULL, NULL);
    assert_int_equal(p.how, STORE_PLACED);
    has_text(f, name, text_one);
}

// As on a full disk, but without filling one: a limit of the file's size.
static void a_write_that_fails_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct placed old = place(f, "a.mp4", f->one, NULL, NULL);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {.rlim_cur = 4, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct placed p = place(f, "b.mp4", f->one, NULL, NULL);
    struct placed q = place(f, "a.mp4", f->two, f->one, &old);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(p.how, STORE_FAILED);
    assert_int_equal(p.err.kind, ERR_DISK);
    assert_non_null(strstr(p.err.text, "b.mp4: File too large"));
    assert_int_equal(q.how, STORE_FAILED);
    assert_int_equal(entries(f->root), 2); // .tarmac and a.mp4
    has_text(f, "a.mp4", text_one);
}

static void copies_large_files_whole(void **state)
{
    struct fixture *f = *state;
    size_t len = 3u << 20;
    char *bytes = xmalloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    char *part = store_part_path(f->store, 9, 1);
    assert_true(file_write(part, bytes, len, 0600, NULL));
    char sha256[HASH_HEX], copied[HASH_HEX];
    int64_t size;
    assert_true(store_commit(f->store, part, true, "mp4", sha256, &size, NULL));
    assert_int_equal(size, len);
    struct placed p = place(f, "big.mp4", sha256, NULL, NULL);
    assert_int_equal(p.how, STORE_PLACED);
    assert_int_equal(p.size, len);
    char *path = below(f, "big.mp4");
    assert_true(hash_file(path, copied, NULL, NULL));
    assert_string_equal(copied, sha256);
    free(path);
    free(part);
    free(bytes);
}

// --- fixtures

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    *state = f;
    f->root = mkdtemp(xstrdup("/tmp/tarmac-store-XXXXXX"));
    f->outside = mkdtemp(xstrdup("/tmp/tarmac-store-XXXXXX"));
    if (!f->root || !f->outside)
        return -1;
    char *state_dir = below(f, ".tarmac");
    struct err err = {0};
    f->store = store_open(f->root, state_dir, &err);
    free(state_dir);
    if (!f->store) {
        print_error("%s\n", err.text);
        return -1;
    }
    commit(f, text_one, f->one);
    commit(f, text_two, f->two);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    store_free(f->store);
    int rc = scratch_remove(f->root);
    rc |= rmdir(f->outside); // fails if anything came there
    free(f->root);
    free(f->outside);
    free(f);
    return rc;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    umask(027);
    const struct CMUnitTest tests[] = {
        TEST(commits_by_content),
        TEST(a_vanished_part_is_said),
        TEST(an_extension_is_no_path),
        TEST(keeps_every_bad_part),
        TEST(places_and_leaves_alone),
        TEST(places_a_missing_output_again),
        TEST(never_overwrites_an_edited_output),
        TEST(replaces_what_is_ours),
        TEST(follows_no_link_below_root),
        TEST(root_itself_may_be_a_link),
        TEST(stays_below_root),
        TEST(says_what_is_in_the_way),
        TEST(takes_names_of_any_length),
        TEST(a_write_that_fails_leaves_nothing),
        TEST(copies_large_files_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
