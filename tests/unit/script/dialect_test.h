// What the tests of dialects share: a folder beside which users' dialects are
// written, and the wire in a few words.

#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "data/json.h"
#include "script/dialect.h"
#include "script/script.h"

#define UUID "0ab3bfe2-be23-4635-8c35-890fb2c1732d"

static const struct dialect_ctx ctx = {.callback_url = "http://baidu.com"};

static inline struct value *json(const char *text)
{
    struct err err;
    struct value *v = json_read(text, strlen(text), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s: %s", text, err.text);
    return v;
}

static inline void assert_json(const char *expected, const struct value *v)
{
    struct value *want = json(expected);
    if (!v || !value_equal(want, v)) {
        char *found = v ? json_text(v) : xstrdup("nothing");
        fail_msg("expected %s, found %s", expected, found);
    }
    value_free(want);
}

static inline struct dialect_answer answer(long status, const char *body)
{
    static const struct value headers = {.type = VALUE_MAP};
    return (struct dialect_answer){.status = status,
                                   .headers = &headers,
                                   .body = body,
                                   .len = strlen(body)};
}

static inline void write_file(const char *dir, const char *name,
                              const void *bytes, size_t len)
{
    char *path = path_join(dir, name);
    struct err err;
    if (!file_write(path, bytes, len, 0600, &err))
        fail_msg("%s", err.text);
    free(path);
}

static inline char *temporary_dir(void)
{
    char *dir = xasprintf("%s/tarmac-dialect-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(dir));
    return dir;
}

static inline void remove_file(const char *dir, const char *name)
{
    char *path = path_join(dir, name);
    unlink(path);
    free(path);
}

struct fixture {
    struct dialects *dialects;
    char *dir;
};

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct err err;
    f->dialects = dialects_new(NULL, &err);
    f->dir = temporary_dir();
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    dialects_free(f->dialects);
    remove_file(f->dir, "mine.lua");
    remove_file(f->dir, "link.lua");
    rmdir(f->dir);
    free(f->dir);
    free(f);
    return 0;
}

static inline const struct dialect *reverse(struct fixture *f)
{
    struct err err = {.text = ""};
    const struct dialect *d = dialects_get(f->dialects, "reverse", NULL, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

static inline void assert_accepted(const struct dialect *d,
                                   const struct dialect_answer *a,
                                   const char *task_id)
{
    struct dialect_accepted accepted;
    struct err err = {.text = ""};
    if (!d->accepted(d->ctx, a, &accepted, &err))
        fail_msg("%s", err.text);
    assert_int_equal(accepted.bought,
                     task_id ? DIALECT_BOUGHT : DIALECT_BOUGHT_UNKNOWN);
    if (task_id)
        assert_string_equal(accepted.task_id, task_id);
    dialect_accepted_free(&accepted);
}

// --- a user's

#define HEAD "local M = { name = 'mine', version = '1' } "
#define REST                                                                   \
    "M.submit = M.submit or function(_, request) return { method = 'POST', "   \
    "path = '/a', body = request } end "                                       \
    "M.poll = M.poll or function(id) return { method = 'GET', "                \
    "path = '/a/' .. id } end "                                                \
    "M.accepted = M.accepted or function() return 't' end "                    \
    "M.state = M.state or function() return { state = 'running' } end "        \
    "return M"

static inline const struct dialect *mine(struct fixture *f, const char *lua,
                                         struct err *err)
{
    dialects_free(f->dialects);
    f->dialects = dialects_new(NULL, err);
    write_file(f->dir, "mine.lua", lua, strlen(lua));
    return dialects_get(f->dialects, "mine.lua", f->dir, err);
}

static inline const struct dialect *
mine_with(struct fixture *f, const char *middle, struct err *err)
{
    char *lua = xasprintf(HEAD "%s " REST, middle);
    const struct dialect *d = mine(f, lua, err);
    free(lua);
    return d;
}
