#include "store/look.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

struct fixture {
    char *root, *state, *outside;
    struct store *store;
    char sha256[HASH_HEX];
    char *clip; // its path
};

static const char text[] = "the bytes that were bought";

static void write_text(const char *path, const char *what)
{
    assert_true(file_write(path, what, strlen(what), 0644, NULL));
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    char *dir = mkdtemp(xstrdup("/tmp/tarmac-look-XXXXXX"));
    assert_non_null(dir);
    f->root = path_join(dir, "root");
    f->outside = path_join(dir, "outside");
    f->state = path_join(f->root, ".tarmac");
    assert_true(path_mkdirs(f->state, NULL));
    assert_true(path_mkdirs(f->outside, NULL));
    f->store = store_open(f->root, f->state, NULL);
    assert_non_null(f->store);
    char *part = store_part_path(f->store, 7, 1);
    int64_t size;
    write_text(part, text);
    assert_true(
        store_commit(f->store, part, true, "mp4", f->sha256, &size, NULL));
    f->clip = store_path(f->store, f->sha256, "mp4");
    free(part);
    free(dir);
    *state = f;
    return 0;
}

static int drop(const char *path, const struct stat *st, int type,
                struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char *dir = path_dir(f->root);
    store_free(f->store);
    int rc = nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
    free(f->root);
    free(f->state);
    free(f->outside);
    free(f->clip);
    free(f);
    return rc;
}

static enum store_clip see(struct fixture *f)
{
    struct store_seen seen;
    return store_see_clip(f->state, f->sha256, "mp4", sizeof(text) - 1, NULL,
                          &seen);
}

// The same length and time, other bytes: what only reading finds.
static void rot(struct fixture *f)
{
    assert_int_equal(chmod(f->clip, 0644), 0);
    FILE *file = fopen(f->clip, "r+");
    assert_non_null(file);
    fputc('T', file);
    fclose(file);
}

static void a_clip_is_whole_damaged_or_missing(void **state)
{
    struct fixture *f = *state;
    struct store_seen seen;
    assert_int_equal(see(f), STORE_CLIP_WHOLE);
    assert_int_equal(store_see_clip(f->state, f->sha256, "mp4", 5, NULL, &seen),
                     STORE_CLIP_DAMAGED);
    rot(f);
    assert_int_equal(see(f), STORE_CLIP_DAMAGED);
    assert_int_equal(unlink(f->clip), 0);
    assert_int_equal(see(f), STORE_CLIP_MISSING);
}

static void names_of_a_hostile_ledger_lead_nowhere(void **state)
{
    struct fixture *f = *state;
    struct store_seen seen;
    static const char *const names[] = {"../../outside/x", "", "ABC"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            store_see_clip(f->state, names[i], "mp4", 1, NULL, &seen),
            STORE_CLIP_UNREADABLE);
    assert_int_equal(
        store_see_clip(f->state, f->sha256, "/../x", 1, NULL, &seen),
        STORE_CLIP_UNREADABLE);
    static const char *const paths[] = {"../outside/x", "/etc/passwd", "a//b",
                                        "a\x1b"};
    for (size_t i = 0; i < 4; i++) {
        store_see(f->root, paths[i], NULL, &seen);
        assert_int_equal(seen.kind, STORE_THING);
    }
}

static void links_are_not_followed(void **state)
{
    struct fixture *f = *state;
    struct store_seen seen;
    char *secret = path_join(f->outside, "secret");
    char *out = path_join(f->root, "out");
    char *file = path_join(f->root, "file");
    write_text(secret, text);
    assert_int_equal(symlink(f->outside, out), 0);
    assert_int_equal(symlink(secret, file), 0);
    store_see(f->root, "out/secret", NULL, &seen);
    assert_int_equal(seen.kind, STORE_LINK);
    store_see(f->root, "file", NULL, &seen);
    assert_int_equal(seen.kind, STORE_LINK);
    store_see(f->root, ".tarmac", NULL, &seen);
    assert_int_equal(seen.kind, STORE_THING);
    store_see(f->root, "none/at/all", NULL, &seen);
    assert_int_equal(seen.kind, STORE_NOTHING);
    assert_int_equal(unlink(f->clip), 0);
    assert_int_equal(symlink(secret, f->clip), 0);
    assert_int_equal(see(f), STORE_CLIP_UNREADABLE);
    free(secret);
    free(out);
    free(file);
}

static bool stop(void *arg, int64_t bytes)
{
    *(int64_t *)arg += bytes;
    return false;
}

static void reading_can_be_stopped(void **state)
{
    struct fixture *f = *state;
    int64_t bytes = 0;
    struct store_watch watch = {stop, &bytes};
    struct store_seen seen;
    assert_int_equal(store_see_clip(f->state, f->sha256, "mp4",
                                    sizeof(text) - 1, &watch, &seen),
                     STORE_CLIP_STOPPED);
    assert_int_equal(bytes, sizeof(text) - 1);
}

static void setting_aside_replaces_nothing(void **state)
{
    struct fixture *f = *state;
    char *kept;
    char *first = xasprintf("%s.bad", f->clip);
    char *second = xasprintf("%s.2.bad", f->clip);
    write_text(first, "of another day");
    assert_true(store_set_aside(f->store, f->sha256, "mp4", &kept, NULL));
    assert_string_equal(kept, second);
    assert_true(path_exists(second));
    assert_int_equal(see(f), STORE_CLIP_MISSING);
    free(kept);
    struct err err;
    assert_false(store_set_aside(f->store, f->sha256, "mp4", &kept, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_null(kept);
    free(first);
    free(second);
}

static void a_clip_is_made_again_of_the_same_bytes_only(void **state)
{
    struct fixture *f = *state;
    bool made;
    char *good = path_join(f->root, "good.mp4");
    char *edited = path_join(f->root, "edited.mp4");
    char *link = path_join(f->root, "link.mp4");
    write_text(good, text);
    write_text(edited, "the bytes that were EDITED");
    assert_int_equal(symlink(good, link), 0);
    assert_int_equal(unlink(f->clip), 0);
    static const char *const no[] = {"edited.mp4", "link.mp4", "none.mp4",
                                     "../outside"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(
            store_remake(f->store, no[i], f->sha256, "mp4", NULL, &made, NULL));
        assert_false(made);
    }
    assert_int_equal(see(f), STORE_CLIP_MISSING);
    char *begun =
        xasprintf("%s/parts/" STORE_REMAKE "%s.mp4", f->state, f->sha256);
    write_text(begun, "the by"); // and was killed
    assert_true(store_remake(f->store, "good.mp4", f->sha256, "mp4", NULL,
                             &made, NULL));
    free(begun);
    assert_true(made);
    assert_int_equal(see(f), STORE_CLIP_WHOLE);
    struct store_entries parts;
    assert_true(store_list(f->state, "parts", &parts, NULL));
    assert_int_equal(parts.n, 0);
    store_entries_free(&parts);
    free(good);
    free(edited);
    free(link);
}

// --- a disk that fails, met by placing

// The C library's, which adds a byte when told to.
static bool rots;

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at,
                        size_t len, unsigned flags)
{
    if (rots) {
        rots = false;
        return write(to, "?", 1);
    }
    return syscall(SYS_copy_file_range, from, from_at, to, to_at, len, flags);
}

static enum store_placed place(struct fixture *f, struct err *err)
{
    int64_t size, mtime_ns;
    return store_place(f->store,
                       &(struct store_output){.path = "out/a.mp4",
                                              .sha256 = f->sha256,
                                              .ext = "mp4"},
                       &size, &mtime_ns, err);
}

static void a_disk_that_fails_below_an_output_costs_no_clip(void **state)
{
    struct fixture *f = *state;
    struct err err;
    rots = true;
    enum store_placed placed = place(f, &err);
    if (rots) // blocks were shared
        skip();
    assert_int_equal(placed, STORE_FAILED);
    assert_non_null(strstr(err.text, "the clip in the store is whole"));
    assert_int_equal(see(f), STORE_CLIP_WHOLE);
    char *output = path_join(f->root, "out/a.mp4");
    assert_false(path_exists(output));
    free(output);
}

static void a_damaged_clip_is_put_aside_and_replaces_nothing(void **state)
{
    struct fixture *f = *state;
    struct err err;
    char *earlier = xasprintf("%s.bad", f->clip);
    write_text(earlier, "of another day");
    rot(f);
    assert_int_equal(place(f, &err), STORE_FAILED);
    assert_non_null(strstr(err.text, ".2.bad"));
    assert_int_equal(see(f), STORE_CLIP_MISSING); // it is fetched again
    char *kept = file_read(earlier, 100, NULL, NULL);
    assert_string_equal(kept, "of another day");
    free(kept);
    free(earlier);
    char *part = store_part_path(f->store, 7, 1);
    char sha256[HASH_HEX];
    int64_t size;
    write_text(part, text);
    assert_true(store_commit(f->store, part, true, "mp4", sha256, &size, NULL));
    free(part);
    assert_int_equal(place(f, &err), STORE_PLACED);
}

static void folders_are_listed_and_never_left(void **state)
{
    struct fixture *f = *state;
    struct store_entries list;
    struct err err;
    char *secret = path_join(f->outside, "secret");
    char *frames = path_join(f->state, "frames");
    write_text(secret, text);
    assert_true(store_list(f->state, "frames", &list, &err));
    assert_int_equal(list.n, 0); // not there
    assert_int_equal(symlink(f->outside, frames), 0);
    assert_true(store_list(f->state, "frames", &list, &err));
    assert_int_equal(list.n, 0); // a link
    assert_false(store_remove(f->state, "frames", "secret", &err));
    assert_true(path_exists(secret));

    char *part = path_join(f->state, "parts/b.part");
    char *other = path_join(f->state, "parts/a.part");
    write_text(part, text);
    assert_int_equal(symlink(secret, other), 0);
    assert_true(store_list(f->state, "parts", &list, &err));
    assert_int_equal(list.n, 2);
    assert_string_equal(list.list[0].name, "a.part");
    assert_false(list.list[0].is_file); // a link is none
    assert_true(list.list[1].is_file);
    assert_int_equal(list.list[1].size, sizeof(text) - 1);
    store_entries_free(&list);
    assert_true(store_remove(f->state, "parts", "a.part", &err));
    assert_true(store_remove(f->state, "parts", "b.part", &err));
    assert_true(store_remove(f->state, "parts", "b.part", &err)); // is gone
    assert_true(path_exists(secret));
    assert_false(path_exists(part));
    free(part);
    free(other);
    free(secret);
    free(frames);
}

static void names_in_the_store_are_read(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *end;
        bool read, aside;
    } names[] = {
        {".mp4", true, false},
        {".webm", true, false},
        {".mp4.bad", true, true},
        {".mp4.2.bad", true, true},
        {".mp4.part", false, 0},
        {".mp4..bad", false, 0},
        {".", false, 0},
        {"", false, 0},
        {".mp4.bad.bad", false, 0},
        {".toolongext", false, 0},
        {".MP4", false, 0},
        {".mp4.", false, 0},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char sha256[HASH_HEX], ext[STORE_EXT];
        bool aside = false;
        char *name = xasprintf("%s%s", f->sha256, names[i].end);
        if (store_name_read(name, sha256, ext, &aside) != names[i].read)
            fail_msg("%s", names[i].end);
        if (names[i].read) {
            assert_int_equal(aside, names[i].aside);
            assert_string_equal(sha256, f->sha256);
        }
        free(name);
    }
}

static bool count(void *arg, const char *folder,
                  const struct store_entry *entry)
{
    assert_true(strncmp(folder, "store/", 6) == 0);
    assert_true(entry->is_file);
    return ++*(int *)arg < 2;
}

static void every_file_among_the_clips_is_visited(void **state)
{
    struct fixture *f = *state;
    int n = 0;
    assert_true(store_each(f->state, count, &n, NULL));
    assert_int_equal(n, 1);
    for (int i = 0; i < 3; i++) {
        char *more = xasprintf("%s.%d.bad", f->clip, i);
        write_text(more, text);
        free(more);
    }
    n = 0;
    assert_true(store_each(f->state, count, &n, NULL));
    assert_int_equal(n, 2); // as it asked
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_clip_is_whole_damaged_or_missing),
        TEST(names_of_a_hostile_ledger_lead_nowhere),
        TEST(links_are_not_followed),
        TEST(reading_can_be_stopped),
        TEST(setting_aside_replaces_nothing),
        TEST(a_clip_is_made_again_of_the_same_bytes_only),
        TEST(a_disk_that_fails_below_an_output_costs_no_clip),
        TEST(a_damaged_clip_is_put_aside_and_replaces_nothing),
        TEST(folders_are_listed_and_never_left),
        TEST(names_in_the_store_are_read),
        TEST(every_file_among_the_clips_is_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
