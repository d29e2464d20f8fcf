// The worker's conversation, through real pipes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/json.h"
#include "media/encode.h"
#include "media/worker.h"

// What a worker answers to `input`, all of it; owned.
static char *converse(const char *input, size_t len)
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t worker = fork();
    if (worker == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        _exit(media_worker());
    }
    pid_t writer = fork();
    if (writer == 0) {
        close(in[0]), close(out[0]), close(out[1]);
        _exit(file_write_all(in[1], input, len) ? 0 : 1);
    }
    close(in[0]), close(in[1]), close(out[1]);
    struct buf answer;
    buf_init(&answer, 1 << 20);
    char chunk[4096];
    for (ssize_t n; (n = read(out[0], chunk, sizeof(chunk))) > 0;)
        buf_add(&answer, chunk, (size_t)n);
    close(out[0]);
    int status;
    waitpid(writer, &status, 0);
    waitpid(worker, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    char *text = xstrndup(answer.data, answer.len);
    buf_free(&answer);
    return text;
}

static void test_answers(void **state)
{
    (void)state;
    char path[64] = "/tmp/tarmac-worker-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct err err = {.kind = ERR_NONE};
    struct encoder *e = encoder_open(path, 64, 64, 24, &err);
    assert_non_null(e);
    uint8_t *rgb = xcalloc(64 * 64, 3);
    for (int i = 0; i < 12; i++)
        assert_true(encoder_put(e, rgb, &err));
    free(rgb);
    assert_true(encoder_finish(e, &err));

    char *input =
        xasprintf("{\"id\":1,\"op\":\"check\",\"path\":\"%s\"}\n"
                  "{\"id\":\"b\",\"op\":\"check\",\"path\":\"/none\"}\n"
                  "{\"id\":3,\"op\":\"dance\"}\n"
                  "not json\n"
                  "[1]\n"
                  "{\"id\":4,\"op\":\"check\"}\n"
                  "{\"id\":5,\"op\":\"poster\",\"path\":\"%s\","
                  "\"out\":\"%s\",\"width\":32}\n"
                  "{\"id\":6,\"op\":\"poster\",\"path\":\"%s\","
                  "\"out\":\"%s\",\"width\":0}\n",
                  path, path, path, path, path);
    char *text = converse(input, strlen(input));
    static const char *const expected[] = {
        ("{\"id\":1,\"ok\":true,\"seconds\":0.5,\"width\":64,\"height\":64,"
         "\"frames\":12,\"codec\":\"h264\",\"ext\":\"mp4\",\"audio\":false}"),
        "{\"id\":\"b\",\"ok\":false,\"error\":\"/none: No such file or "
        "directory\","
        "\"disk\":true}",
        "{\"id\":3,\"ok\":false,\"error\":\"unknown op\"}",
        "{\"id\":null,\"ok\":false,\"error\":\"",
        "{\"id\":null,\"ok\":false,\"error\":\"",
        "{\"id\":4,\"ok\":false,\"error\":\"no path\"}",
        "{\"id\":5,\"ok\":true,\"width\":32,\"height\":32}",
        "{\"id\":6,\"ok\":false,\"error\":\"width and height: 2 to 4096\"}",
    };
    char *at = text;
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        *end = '\0';
        if (strncmp(at, expected[i], strlen(expected[i])) != 0)
            fail_msg("answer %zu: %s", i + 1, at);
        at = end + 1;
    }
    assert_string_equal(at, "");
    free(text);
    free(input);
    unlink(path);
}

static void test_long_lines(void **state)
{
    (void)state;
    size_t n = 3 * MEDIA_LINE_MAX;
    static const char good[] = "\n{\"id\":9,\"op\":\"x\"}\n";
    char *input = xmalloc(n + sizeof(good));
    memset(input, 'x', n);
    memcpy(input + n, good, sizeof(good));
    char *text = converse(input, n + sizeof(good) - 1);
    assert_string_equal(
        text, "{\"id\":null,\"ok\":false,\"error\":\"the line is too long\"}\n"
              "{\"id\":9,\"ok\":false,\"error\":\"unknown op\"}\n");
    free(text);
    free(input);
}

static void test_end(void **state)
{
    (void)state;
    char *text = converse("", 0);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
