// The lines of the access log, and its file.

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
#include "gateway/access.h"

#define WHEN 1795288023123 // 2026-11-21T19:07:03.123Z

static void says(const struct net_served *served, const char *want)
{
    char *line = access_line(served, WHEN);
    assert_string_equal(line, want);
    free(line);
}

static void lines(void **state)
{
    (void)state;
    struct net_served s = {.peer = "127.0.0.1",
                           .method = "GET",
                           .path = "/runway/feed",
                           .agent = "curl/7.88.1",
                           .status = 200,
                           .bytes = 512,
                           .whole = true,
                           .ms = 3};
    says(&s, "2026-11-21T19:07:03.123Z 127.0.0.1 GET /runway/feed 200 512 3ms "
             "\"curl/7.88.1\"\n");
    s.whole = false;
    s.agent = NULL;
    says(&s, "2026-11-21T19:07:03.123Z 127.0.0.1 GET /runway/feed 200 512 cut "
             "3ms \"\"\n");
    s.status = 0;
    s.bytes = 0;
    s.peer = "::1";
    says(&s, "2026-11-21T19:07:03.123Z ::1 GET /runway/feed - 0 cut 3ms "
             "\"\"\n");
}

// Nothing that a client sends can make a line of its own, or move a terminal.
static void hostile(void **state)
{
    (void)state;
    struct net_served s = {.peer = "127.0.0.1",
                           .method = "GET\033]0;x\007",
                           .path = "/a b\n2026 \"%\xe6\x97\xa5",
                           .agent = "x\" \033[31m\\\n\xe6",
                           .status = 404,
                           .whole = true};
    says(&s, "2026-11-21T19:07:03.123Z 127.0.0.1 GET%1B%5D0;x%07 "
             "/a%20b%0A2026%20%22%25%E6%97%A5 404 0 0ms \"x? ?[31m???\"\n");

    char path[5000], agent[5000];
    memset(path, 'p', sizeof path);
    memset(agent, 'a', sizeof agent);
    path[sizeof path - 1] = agent[sizeof agent - 1] = '\0';
    s.path = path;
    s.agent = agent;
    s.method = "GET";
    char *line = access_line(&s, WHEN);
    assert_in_range(strlen(line), 250, 400);
    assert_non_null(strstr(line, "ppp... 404 "));
    assert_string_equal(line + strlen(line) - 4, "aa\"\n");
    memset(path, '\n', sizeof path - 1);
    free(line);
    line = access_line(&s, WHEN);
    assert_string_equal(line + strlen(line) - 4, "aa\"\n");
    free(line);
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/tarmac-access-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "old\n", 4), 4);
    close(fd);
    struct err err;
    struct access_log *log = access_open(path, &err);
    assert_non_null(log);
    access_served(log, &(struct net_served){.peer = "127.0.0.1",
                                            .method = "GET",
                                            .path = "/",
                                            .status = 200,
                                            .whole = true});
    access_free(log);
    char *text = file_read(path, 4096, NULL, &err);
    assert_memory_equal(text, "old\n20", 6);
    assert_non_null(strstr(text, "Z 127.0.0.1 GET / 200 0 0ms \"\"\n"));
    free(text);
    unlink(path);
    access_free(NULL);

    assert_null(access_open("/nonexistent/log", &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "--access-log /nonexistent/log: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(hostile),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
