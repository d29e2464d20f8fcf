// Files sent ahead: a place is filled once, by what it is, and gone after a
// day.

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "gateway/uploads.h"

#define PNG "\x89PNG\r\n\x1a\nrest"
#define HOUR_MS ((int64_t)3600 * 1000)

static int64_t ahead_ms; // of the system's clock

static int64_t fake_now(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system) + ahead_ms;
}

static const struct clock fake = {fake_now, fake_now, NULL};

struct fixture {
    char dir[64];
    struct loop *loop;
    struct uploads *uploads;
};

static void open_uploads(struct fixture *f)
{
    struct err err;
    f->uploads = uploads_open(f->loop, f->dir, &fake, &err);
    if (!f->uploads)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_uploads_XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    ahead_ms = 0;
    f->loop = loop_new();
    open_uploads(f);
    *state = f;
    return 0;
}

static int files(const struct fixture *f)
{
    int n = 0;
    DIR *dir = opendir(f->dir);
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    uploads_free(f->uploads);
    loop_free(f->loop);
    DIR *dir = opendir(f->dir);
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(f->dir);
    free(f);
    return 0;
}

static void new_place(struct fixture *f, char token[TOKEN_HEX])
{
    struct err err;
    if (!uploads_new(f->uploads, token, &err))
        fail_msg("%s", err.text);
}

static void test_a_place_is_filled_once(void **state)
{
    struct fixture *f = *state;
    char token[TOKEN_HEX], *path;
    struct err err;
    new_place(f, token);
    assert_int_equal(uploads_state(f->uploads, token), UPLOADS_EMPTY);
    char *uri = xasprintf("runway://upload/%s", token);
    assert_false(uploads_find(f->uploads, uri, &path));
    assert_null(path);
    assert_true(uploads_fill(f->uploads, token, PNG, sizeof PNG - 1, &err));
    assert_int_equal(uploads_state(f->uploads, token), UPLOADS_FILLED);
    assert_true(uploads_find(f->uploads, uri, &path));
    assert_string_equal(uploads_type_of(path), "image/png");
    size_t len;
    char *bytes = file_read(path, 1000, &len, NULL);
    assert_int_equal(len, sizeof PNG - 1);
    assert_memory_equal(bytes, PNG, len);
    free(bytes);
    free(path);
    assert_false(uploads_fill(f->uploads, token, "\xff\xd8\xffno", 5, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_int_equal(files(f), 1);
    free(uri);
    uri = xasprintf("http://127.0.0.1:8787/uploads/%s", token);
    assert_true(uploads_find(f->uploads, uri, &path));
    free(path);
    free(uri);
}

static void test_what_is_no_medium_leaves_the_place_empty(void **state)
{
    struct fixture *f = *state;
    char token[TOKEN_HEX];
    struct err err;
    new_place(f, token);
    assert_false(uploads_fill(f->uploads, token, "#!/bin/sh", 9, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_int_equal(uploads_state(f->uploads, token), UPLOADS_EMPTY);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *type;
    } cases[] = {
        {PNG, 12, "image/png"},
        {PNG, 7, NULL},
        {"\xff\xd8\xff\xe0", 4, "image/jpeg"},
        {"RIFF\0\0\0\0WEBP", 12, "image/webp"},
        {"JUNK\0\0\0\0WEBP", 12, NULL},
        {"RIFF\0\0\0\0WAVE", 12, "audio/wav"},
        {"RIFF\0\0\0\0AVI ", 12, "video/x-msvideo"},
        {"\0\0\0\x20"
         "ftypisom",
         12, "video/mp4"},
        {"\0\0\0\x20"
         "ftypqt  ",
         12, "video/quicktime"},
        {"\x1a\x45\xdf\xa3", 4, "video/webm"},
        {"ID3\4", 4, "audio/mpeg"},
        {"<html>", 6, NULL},
        {"", 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *type = uploads_type(cases[i].bytes, cases[i].len);
        if (!cases[i].type)
            assert_null(type);
        else
            assert_string_equal(type, cases[i].type);
    }
}

static void test_names(void **state)
{
    (void)state;
#define TOKEN "0123456789abcdef0123456789abcdef"
    static const char *const good[] = {"runway://upload/" TOKEN,
                                       "http://h/uploads/" TOKEN,
                                       "https://h:1/uploads/" TOKEN};
    static const char *const bad[] = {
        "runway://upload/",
        "runway://other/" TOKEN,
        "runway://upload/" TOKEN "0",
        "runway://upload/../../etc/passwd",
        "http://h/x/uploads/" TOKEN,
        "http://h/uploads/" TOKEN "?x",
        "http://h/uploads/0123456789ABCDEF0123456789ABCDEF",
        TOKEN,
        "file:///uploads/" TOKEN};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(uploads_token_of(good[i]), TOKEN);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(uploads_token_of(bad[i]));
}

static void test_a_day_later(void **state)
{
    struct fixture *f = *state;
    char full[TOKEN_HEX], empty[TOKEN_HEX];
    struct err err;
    new_place(f, full);
    new_place(f, empty);
    assert_true(uploads_fill(f->uploads, full, PNG, sizeof PNG - 1, &err));
    ahead_ms = 23 * HOUR_MS;
    assert_int_equal(uploads_state(f->uploads, full), UPLOADS_FILLED);
    assert_int_equal(uploads_state(f->uploads, empty), UPLOADS_EMPTY);
    ahead_ms = 25 * HOUR_MS;
    assert_int_equal(uploads_state(f->uploads, full), UPLOADS_UNKNOWN);
    assert_int_equal(uploads_state(f->uploads, empty), UPLOADS_UNKNOWN);
    assert_int_equal(files(f), 2);
    uploads_free(f->uploads);
    open_uploads(f);
    assert_int_equal(files(f), 0);
}

static void test_unknown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(uploads_state(f->uploads, TOKEN), UPLOADS_UNKNOWN);
    assert_int_equal(uploads_state(f->uploads, "../x"), UPLOADS_UNKNOWN);
    struct err err;
    assert_false(uploads_fill(f->uploads, TOKEN, PNG, sizeof PNG - 1, &err));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_place_is_filled_once),
        CASE(test_what_is_no_medium_leaves_the_place_empty),
        CASE(test_types),
        CASE(test_names),
        CASE(test_a_day_later),
        CASE(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
