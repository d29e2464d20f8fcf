#include "base/hash.h"

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

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLION                                                                \
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void known_vectors(void **state)
{
    (void)state;
    char hex[HASH_HEX];
    hash_bytes("", 0, hex);
    assert_string_equal(hex, EMPTY);
    hash_bytes(NULL, 0, hex);
    assert_string_equal(hex, EMPTY);
    hash_bytes("abc", 3, hex);
    assert_string_equal(hex, ABC);
    hash_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
               hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039"
                             "a33ce45964ff2167f6ecedd419db06c1");
}

static void streams(void **state)
{
    (void)state;
    char hex[HASH_HEX], thousand[1000];
    memset(thousand, 'a', sizeof(thousand));
    struct hash *hash = hash_new();
    for (int i = 0; i < 1000; i++)
        hash_add(hash, thousand, sizeof(thousand));
    hash_end(hash, hex);
    assert_string_equal(hex, MILLION);
    hash_drop(hash_new());
    hash_drop(NULL);
}

static void reads_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/tarmac-hash-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *path = xasprintf("%s/million", dir);
    char *bytes = xmalloc(1000000);
    memset(bytes, 'a', 1000000);
    assert_true(file_write(path, bytes, 1000000, 0600, NULL));
    free(bytes);
    char hex[HASH_HEX];
    int64_t size = 0;
    struct err err = {0};
    assert_true(hash_file(path, hex, &size, &err));
    assert_int_equal(size, 1000000);
    assert_string_equal(hex, MILLION);
    assert_true(hash_file(path, hex, NULL, NULL));
    assert_false(hash_file(dir, hex, &size, &err));
    assert_non_null(strstr(err.text, "is a directory"));
    unlink(path);
    assert_false(hash_file(path, hex, &size, &err));
    assert_int_equal(err.kind, ERR_DISK);
    rmdir(dir);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vectors),
        cmocka_unit_test(streams),
        cmocka_unit_test(reads_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
