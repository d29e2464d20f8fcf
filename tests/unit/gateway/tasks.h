// Tasks in a folder of their own, with a clock that stands still, and what
// tests do with them.

#pragma once

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/task.h"

#define HOST "127.0.0.1:8787"
#define UNKNOWN "0ab3bfe2-be23-4635-8c35-890fb2c1732d"

static int64_t now_ms = 1734078348123;

static inline int64_t fake_now(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static const struct clock fake = {fake_now, fake_now, NULL};

struct fixture {
    char dir[64];
    struct loop *loop;
    struct tasks *tasks;
    int added;
    char id[TOKEN_UUID]; // of the last one
    struct task *seen;   // the last change
    int changes;
};

static inline void on_change(void *arg, struct task *task)
{
    struct fixture *f = arg;
    f->seen = task;
    f->changes++;
}

static inline void open_tasks(struct fixture *f)
{
    struct err err;
    f->loop = loop_new();
    f->tasks = tasks_open(f->loop, f->dir, &fake, &err);
    if (!f->tasks)
        fail_msg("%s", err.text);
    tasks_watch(f->tasks, on_change, f);
}

static inline void close_tasks(struct fixture *f)
{
    tasks_free(f->tasks);
    loop_free(f->loop);
}

static inline void settle(struct fixture *f)
{
    while (!tasks_idle(f->tasks))
        loop_once(f->loop, true);
}

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_task_XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    open_tasks(f);
    *state = f;
    return 0;
}

static inline void empty(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL)
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    close_tasks(f);
    char *assets = xasprintf("%s/assets", f->dir);
    empty(assets);
    empty(f->dir);
    free(assets);
    free(f);
    return 0;
}

static inline void on_added(void *arg, const struct task *task,
                            const struct err *err)
{
    struct fixture *f = arg;
    assert_null(err);
    memcpy(f->id, task->id, sizeof f->id);
    f->added++;
}

static inline struct order usual_order(void)
{
    static char prompt[] = "a \"pier\"", model[] = "gen2";
    return (struct order){
        .prompt = prompt,
        .model = model,
        .seconds = 10,
        .cost = 50000,
        .seed = -1,
    };
}

static inline void buy_order(struct fixture *f, const char *api,
                             const struct order *order)
{
    tasks_add(f->tasks,
              &(struct task_new){.api = api,
                                 .route = "generate",
                                 .profile = "lenient",
                                 .host = HOST,
                                 .request = "{\"body\":1}",
                                 .order = order},
              on_added, f);
    settle(f);
}

static inline void buy(struct fixture *f, const char *callback_url)
{
    char *url = xstrdup(callback_url);
    struct order order = usual_order();
    order.callback_url = url;
    buy_order(f, "reverse", &order);
    free(url);
}

struct feeding {
    const char *host;
    struct value *feed;
};

static inline void make_feed(void *arg, const struct task *t)
{
    struct feeding *f = arg;
    if (!t->hidden)
        f->feed = task_feed(t, f->host);
}

// What a client that asks for a task gets, or NULL.
static inline struct value *tasks_feed(struct tasks *ts, const char *id,
                                       const char *host, struct err *err)
{
    struct feeding f = {host, NULL};
    tasks_look(ts, id, make_feed, &f, err);
    return f.feed;
}

static inline void expect_field(struct fixture *f, const char *key,
                                const char *want)
{
    struct err err;
    struct value *v = tasks_feed(f->tasks, f->id, HOST, &err);
    assert_non_null(v);
    assert_string_equal(value_get_text(v, key), want);
    value_free(v);
}
