#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/internal.h"

#define SOME 5 // more than a set holds

// Clips whose hashes begin alike stand in one set.
static void name_one(char sha256[HASH_HEX], unsigned n)
{
    snprintf(sha256, HASH_HEX, "%08x%056u", 0xabcdefu, n);
}

static void the_last_ones_are_known(void **state)
{
    (void)state;
    struct known *known = known_new();
    struct stat st[SOME] = {0};
    char sha256[SOME][HASH_HEX];
    for (unsigned i = 0; i < SOME; i++) {
        name_one(sha256[i], i);
        st[i].st_ino = 100 + i;
        assert_false(known_has(known, sha256[i], &st[i]));
        known_add(known, sha256[i], &st[i]);
        known_add(known, sha256[i], &st[i]); // which takes no other's place
    }
    assert_false(known_has(known, sha256[0], &st[0]));
    for (unsigned i = 1; i < SOME; i++)
        assert_true(known_has(known, sha256[i], &st[i]));
    assert_false(known_has(known, sha256[1], &st[2])); // another file
    known_free(known);
}

static int a_file(const char *text)
{
    char path[] = "/tmp/tarmac-known-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_true(file_write_all(fd, text, strlen(text)));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

// Whatever is said of its end, all of what is there is copied.
static void copies_to_the_end(void **state)
{
    (void)state;
    static const char text[] = "bytes of a clip";
    static const int64_t sizes[] = {-1, 0, sizeof(text) - 1, 1000};
    atomic_bool unshared = false;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char got[100] = "";
        int from = a_file(text), to = a_file("");
        assert_true(copy_file(from, to, sizes[i], &unshared));
        assert_int_equal(pread(to, got, sizeof(got), 0), strlen(text));
        assert_string_equal(got, text);
        close(from);
        close(to);
    }
}

// Not of this disk, which may share blocks: it is only said that one cannot.
static void copies_where_no_blocks_are_shared(void **state)
{
    (void)state;
    char got[100] = "";
    atomic_bool unshared = true;
    int from = a_file("clip"), to = a_file("");
    assert_true(copy_file(from, to, 4, &unshared));
    assert_int_equal(pread(to, got, sizeof(got), 0), 4);
    assert_string_equal(got, "clip");
    close(from);
    close(to);
    // A descriptor that cannot take any says nothing of the disk.
    unshared = false;
    from = a_file("clip");
    assert_false(copy_file(from, -1, 4, &unshared));
    assert_false(unshared);
    close(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_ones_are_known),
        cmocka_unit_test(copies_to_the_end),
        cmocka_unit_test(copies_where_no_blocks_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
