// The built-in gateway's life, with a small program in its place.

#include "engine/local.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
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
#include "base/text.h"
#include "data/json.h"

#define DEADLINE_MS 20000

// Serves nobody, and leaves when the last of its users has.
static const char program[] =
    "#!/usr/bin/python3\n"
    "import json, os, select, sys\n"
    "assert sys.argv[1] == 'gateway'\n"
    "a = dict(zip(sys.argv[2::2], sys.argv[3::2]))\n"
    "if '--bad' in a:\n"
    "    sys.exit(1)\n"
    "if '--busy' in a:\n"
    "    with open(a['--address'] + '.starts', 'a+') as f:\n"
    "        f.write('x')\n"
    "        f.seek(0)\n"
    "        if len(f.read()) < int(a['--busy']):\n"
    "            sys.exit(9)\n"
    "fifo = os.open(a['--users'], os.O_RDONLY | os.O_NONBLOCK)\n"
    "here = {'url': 'http://127.0.0.1:9', 'pid': os.getpid()}\n"
    "with open(a['--address'] + '.new', 'w') as f:\n"
    "    f.write(json.dumps(here))\n"
    "os.rename(a['--address'] + '.new', a['--address'])\n"
    "print(json.dumps(here), flush=True)\n"
    "while True:\n"
    "    select.select([fifo], [], [])\n"
    "    try:\n"
    "        if not os.read(fifo, 100):\n"
    "            break\n"
    "    except BlockingIOError:\n"
    "        pass\n";

struct fixture {
    char *dir, *media;
    struct loop *loop;
};

struct told {
    int times;
    char *url;
    bool started;
    struct err err;
};

static void on_told(void *arg, const char *url, bool started,
                    const struct err *err)
{
    struct told *told = arg;
    told->times++;
    free(told->url);
    told->url = xstrdup(url);
    told->started = started;
    told->err = err ? *err : (struct err){.kind = ERR_NONE};
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    char dir[] = "/tmp/tarmac-local-XXXXXX";
    assert_non_null(mkdtemp(dir));
    f->dir = xstrdup(dir);
    f->media = path_join(dir, "media");
    assert_true(file_write(f->media, program, strlen(program), 0700, NULL));
    f->loop = loop_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    loop_free(f->loop);
    scratch_remove(f->dir);
    free(f->dir);
    free(f->media);
    free(f);
    return 0;
}

static struct local *make(struct fixture *f, struct told *told,
                          const char *const *more)
{
    struct local_spec spec = {.loop = f->loop,
                              .clock = &clock_system,
                              .state_dir = f->dir,
                              .program = f->media,
                              .more_args = more,
                              .done = on_told,
                              .arg = told};
    return local_new(&spec);
}

static void on_late(void *arg)
{
    *(bool *)arg = true;
}

static void want(struct fixture *f, struct local *local, struct told *told)
{
    int times = told->times;
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    local_want(local);
    assert_int_equal(told->times, times); // never from inside
    while (told->times == times && !late)
        loop_once(f->loop, true);
    loop_timer_free(timer);
    assert_int_equal(told->times, times + 1);
}

static pid_t pid_of(struct fixture *f)
{
    char *path = xasprintf("%s/gateway/address", f->dir);
    size_t len;
    char *text = file_read(path, 4096, &len, NULL);
    assert_non_null(text);
    struct value *v = json_read(text, len, JSON_STRICT, NULL);
    pid_t pid = (pid_t)value_integer(value_get(v, "pid"), 0);
    value_free(v);
    free(text);
    free(path);
    assert_true(pid > 1);
    return pid;
}

static void until_gone(struct fixture *f, pid_t pid)
{
    bool late = false;
    struct loop_timer *end = loop_timer_new(f->loop, on_late, &late);
    bool tick = false;
    struct loop_timer *again = loop_timer_new(f->loop, on_late, &tick);
    loop_timer_start(end, DEADLINE_MS);
    while (kill(pid, 0) == 0 && !late) {
        loop_timer_start(again, 10);
        loop_once(f->loop, true);
    }
    assert_int_equal(errno, ESRCH);
    loop_timer_free(end);
    loop_timer_free(again);
}

static void starts_attaches_and_ends(void **state)
{
    struct fixture *f = *state;
    struct told one = {0}, two = {0};
    struct local *first = make(f, &one, NULL);
    struct local *second = make(f, &two, NULL);
    want(f, first, &one);
    assert_string_equal(one.url, "http://127.0.0.1:9");
    assert_true(one.started);
    pid_t pid = pid_of(f);
    want(f, second, &two);
    assert_string_equal(two.url, "http://127.0.0.1:9");
    assert_false(two.started);
    assert_int_equal(pid_of(f), pid);

    local_free(first); // the other still uses it
    assert_int_equal(kill(pid, 0), 0);
    local_free(second);
    until_gone(f, pid);
    free(one.url);
    free(two.url);
}

static void starts_again_when_lost(void **state)
{
    struct fixture *f = *state;
    struct told told = {0};
    struct local *local = make(f, &told, NULL);
    want(f, local, &told);
    pid_t pid = pid_of(f);
    assert_int_equal(kill(pid, SIGKILL), 0);
    until_gone(f, pid);
    want(f, local, &told);
    assert_true(told.started);
    assert_int_not_equal(pid_of(f), pid);
    pid = pid_of(f);
    local_free(local);
    until_gone(f, pid);
    free(told.url);
}

static void says_what_went_wrong(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"--bad", "1", NULL};
    struct told told = {0};
    struct local *local = make(f, &told, bad);
    for (int i = 0; i < 3; i++) {
        want(f, local, &told);
        assert_null(told.url);
        assert_int_equal(told.err.kind, ERR_GATEWAY);
        assert_non_null(strstr(told.err.text, "before it was up"));
        assert_non_null(strstr(told.err.text, "gateway.log"));
    }
    want(f, local, &told);
    assert_int_equal(told.err.kind, ERR_GATEWAY);
    assert_non_null(strstr(told.err.text, "three times"));
    local_free(local);

    assert_int_equal(unlink(f->media), 0);
    local = make(f, &told, NULL);
    want(f, local, &told);
    assert_null(told.url);
    assert_int_not_equal(told.err.kind, ERR_NONE);
    local_free(local);
}

// The data folder is held by a gateway that does not listen: it soon does, or
// has gone.
static void tries_again_when_busy(void **state)
{
    struct fixture *f = *state;
    static const char *const busy[] = {"--busy", "3", NULL};
    struct told told = {0};
    struct local *local = make(f, &told, busy);
    want(f, local, &told);
    assert_string_equal(told.url, "http://127.0.0.1:9");
    assert_true(told.started);
    pid_t pid = pid_of(f);
    local_free(local);
    until_gone(f, pid);

    static const char *const ever[] = {"--busy", "1000000", NULL};
    local = make(f, &told, ever);
    want(f, local, &told);
    assert_null(told.url);
    assert_int_equal(told.err.kind, ERR_DISK);
    local_free(local);
}

// Another run is just starting it: wait for its lock.
static void waits_for_the_lock(void **state)
{
    struct fixture *f = *state;
    struct told told = {0};
    char *dir = path_join(f->dir, "gateway"), *path = path_join(dir, "lock");
    assert_true(path_mkdirs(dir, NULL));
    int fd = file_lock(path, FILE_TRY, NULL);
    assert_true(fd >= 0);
    struct local *local = make(f, &told, NULL);
    local_want(local);
    for (int i = 0; i < 3; i++) // its own timer
        loop_once(f->loop, true);
    assert_int_equal(told.times, 0);
    close(fd);
    while (!told.times)
        loop_once(f->loop, true);
    assert_non_null(told.url);
    pid_t pid = pid_of(f);
    local_free(local);
    until_gone(f, pid);
    free(told.url);
    free(path);
    free(dir);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(starts_attaches_and_ends), EACH(starts_again_when_lost),
        EACH(says_what_went_wrong),     EACH(tries_again_when_busy),
        EACH(waits_for_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
