// The server, seen through our own client and through bare sockets.

#include "net_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.h"

#define CONTENT "0123456789abcdefghij"

struct site {
    struct loop *loop;
    struct net_client *client;
    struct net_server *server;
    unsigned port;
    int calls;
    struct net_call *held;
    struct loop_timer *timer;
    char dir[32];
    char file[64], empty[64];
    char served[200]; // the last call that ended
};

static void on_served(void *arg, const struct net_served *s)
{
    struct site *site = arg;
    assert_in_range(s->ms, 0, DEADLINE_MS);
    snprintf(site->served, sizeof(site->served), "%s %s %s %u %u %s %.6s",
             s->peer, s->method, s->path, s->status, (unsigned)s->bytes,
             s->whole ? "whole" : "cut", s->agent ? s->agent : "-");
}

static void answer_held(void *arg)
{
    struct site *site = arg;
    net_answer_header(site->held, "Retry-After", "7");
    net_answer(site->held, 202, "text/plain", net_call_query(site->held, "q"),
               strlen(net_call_query(site->held, "q")));
    site->held = NULL;
}

static void answer_in_a_crowd(struct site *site, struct net_call *call)
{
    struct rlimit was;
    getrlimit(RLIMIT_NOFILE, &was);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, was.rlim_max});
    net_answer_file(call, site->file, "video/mp4", "tag");
    setrlimit(RLIMIT_NOFILE, &was);
}

static void handle(void *arg, struct net_call *call)
{
    struct site *site = arg;
    const char *path = net_call_path(call);
    site->calls++;
    if (strcmp(path, "/file") == 0) {
        net_answer_file(call, site->file, "video/mp4", "tag");
    } else if (strcmp(path, "/pieces") == 0) {
        net_answer_file_pieces(call, 4);
        net_answer_file(call, site->file, "video/mp4", "tag");
    } else if (strcmp(path, "/none") == 0) {
        net_answer_file(call, "/nonexistent/x", "video/mp4", NULL);
    } else if (strcmp(path, "/dir") == 0) {
        net_answer_file(call, site->dir, "video/mp4", NULL);
    } else if (strcmp(path, "/nothing") == 0) {
        net_answer_file(call, site->empty, "video/mp4", NULL);
    } else if (strcmp(path, "/crowd") == 0) {
        answer_in_a_crowd(site, call);
    } else if (strcmp(path, "/later") == 0) {
        site->held = call;
        loop_timer_start(site->timer, 5);
    } else if (strcmp(path, "/held") == 0) {
        site->held = call;
    } else {
        size_t len;
        const char *body = net_call_body(call, &len);
        assert_int_equal(body[len], '\0');
        net_answer(call, 200, "text/plain", body, len);
    }
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int set_up(void **state)
{
    struct site *site = xcalloc(1, sizeof(*site));
    snprintf(site->dir, sizeof(site->dir), "/tmp/tarmac-test-XXXXXX");
    assert_non_null(mkdtemp(site->dir));
    snprintf(site->file, sizeof(site->file), "%s/a", site->dir);
    snprintf(site->empty, sizeof(site->empty), "%s/b", site->dir);
    put(site->file, CONTENT);
    put(site->empty, "");
    site->loop = loop_new();
    site->client = client_of(site->loop);
    site->timer = loop_timer_new(site->loop, answer_held, site);
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .body_max = 1000,
                                   .handle = handle,
                                   .served = on_served,
                                   .arg = site};
    struct err err = {0};
    site->server = net_server_listen(site->loop, &spec, &err);
    if (!site->server)
        fail_msg("%s", err.text);
    site->port = net_server_port(site->server);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    struct site *site = *state;
    net_client_free(site->client);
    net_server_free(site->server);
    loop_timer_free(site->timer);
    loop_free(site->loop);
    unlink(site->file);
    unlink(site->empty);
    rmdir(site->dir);
    free(site);
    return 0;
}

static struct kept ask(struct site *site, const char *method, const char *path,
                       const char *body, size_t len)
{
    char *url = url_of(site->port, path);
    struct kept kept =
        fetch(site->loop, site->client,
              (struct net_request){
                  .method = method, .url = url, .body = body, .body_len = len});
    free(url);
    return kept;
}

static void test_bodies(void **state)
{
    struct kept kept = ask(*state, "POST", "/echo", "a\0b", 3);
    assert_int_equal(kept.status, 200);
    assert_int_equal(kept.body_len, 3);
    assert_memory_equal(kept.body, "a\0b", 3);
    kept_free(&kept);
    char body[1001];
    memset(body, 'x', sizeof(body));
    kept = ask(*state, "POST", "/echo", body, 1000);
    assert_int_equal(kept.status, 200);
    assert_int_equal(kept.body_len, 1000);
    kept_free(&kept);
    kept = ask(*state, "POST", "/echo", body, 1001);
    assert_int_equal(kept.status, 413);
    kept_free(&kept);
    assert_int_equal(((struct site *)*state)->calls, 2);
}

// `range` NULL: the answer is no part of a whole.
static void expect_part(const struct kept *kept, const char *body,
                        const char *range)
{
    assert_string_equal(kept->body, body);
    if (range)
        assert_string_equal(kept->range, range);
    else
        assert_null(kept->range);
}

static void test_ranges(void **state)
{
    static const struct {
        const char *range, *if_range;
        long status;
        const char *body, *content_range;
    } cases[] = {
        {"bytes=0-3", NULL, 206, "0123", "bytes 0-3/20"},
        {"bytes=5-5", NULL, 206, "5", "bytes 5-5/20"},
        {"bytes=15-", NULL, 206, "fghij", "bytes 15-19/20"},
        {"bytes=15-99", NULL, 206, "fghij", "bytes 15-19/20"},
        {"bytes=-4", NULL, 206, "ghij", "bytes 16-19/20"},
        {"bytes=-99", NULL, 206, CONTENT, "bytes 0-19/20"},
        {"bytes=20-", NULL, 416, "", "bytes */20"},
        {"bytes=-0", NULL, 416, "", "bytes */20"},
        {"bytes=3-2", NULL, 200, CONTENT, NULL},
        {"bytes=0-1,4-5", NULL, 200, CONTENT, NULL},
        {"bytes=-", NULL, 200, CONTENT, NULL},
        {"bytes=99999999999999999999-", NULL, 200, CONTENT, NULL},
        {"lines=0-1", NULL, 200, CONTENT, NULL},
        {"bytes=0-3", "\"tag\"", 206, "0123", "bytes 0-3/20"},
        {"bytes=0-3", "\"other\"", 200, CONTENT, NULL},
    };
    struct site *site = *state;
    char *url = url_of(site->port, "/file");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_header headers[] = {{"Range", cases[i].range},
                                       {"If-Range", cases[i].if_range}};
        struct kept kept =
            fetch(site->loop, site->client,
                  (struct net_request){.url = url,
                                       .headers = headers,
                                       .n_headers = cases[i].if_range ? 2 : 1});
        assert_int_equal(kept.status, cases[i].status);
        expect_part(&kept, cases[i].body, cases[i].content_range);
        kept_free(&kept);
    }
    free(url);
}

// Only who asks for all that is left is given less, and asks again.
static void test_pieces(void **state)
{
    static const struct {
        const char *range, *body, *content_range;
    } cases[] = {
        {"bytes=0-", "0123", "bytes 0-3/20"},
        {"bytes=18-", "ij", "bytes 18-19/20"},
        {"bytes=2-9", "23456789", "bytes 2-9/20"},
        {"bytes=-6", "efghij", "bytes 14-19/20"},
        {"lines=0-", CONTENT, NULL},
    };
    struct site *site = *state;
    char *url = url_of(site->port, "/pieces");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_header header = {"Range", cases[i].range};
        struct kept kept =
            fetch(site->loop, site->client,
                  (struct net_request){
                      .url = url, .headers = &header, .n_headers = 1});
        expect_part(&kept, cases[i].body, cases[i].content_range);
        kept_free(&kept);
    }
    free(url);
}

static void test_files(void **state)
{
    struct kept kept = ask(*state, "GET", "/file", NULL, 0);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, CONTENT);
    assert_string_equal(kept.type, "video/mp4");
    kept_free(&kept);
    kept = ask(*state, "HEAD", "/file", NULL, 0);
    assert_int_equal(kept.status, 200);
    assert_int_equal(kept.body_len, 0);
    kept_free(&kept);
    kept = ask(*state, "GET", "/nothing", NULL, 0);
    assert_int_equal(kept.status, 200);
    assert_int_equal(kept.body_len, 0);
    kept_free(&kept);
    static const char *const bad[] = {"/none", "/dir", "/crowd"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        kept = ask(*state, "GET", bad[i], NULL, 0);
        assert_int_equal(kept.status, i < 2 ? 404 : 503); // that one is there
        kept_free(&kept);
    }
}

static void test_a_later_answer(void **state)
{
    struct kept kept = ask(*state, "GET", "/later?q=a%20b", NULL, 0);
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_int_equal(kept.status, 202);
    assert_string_equal(kept.body, "a b");
    kept_free(&kept);
}

// --- bare sockets

static int dial(const struct site *site)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)site->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

// Turn the loop until the connection ends, or `until` was read.
static void read_to(struct site *site, int fd, char *out, size_t size,
                    const char *until)
{
    size_t len = 0;
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    for (;;) {
        assert_true(clock_mono_ms(&clock_system) < end);
        loop_once(site->loop, false);
        ssize_t n = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
        out[len] = '\0';
        if (n == 0 || (until && strstr(out, until)))
            return;
    }
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void test_headers_of_answers(void **state)
{
    struct site *site = *state;
    char text[4096];
    int fd = dial(site);
    say(fd, "GET /later?q=x HTTP/1.1\r\nHost: h\r\n\r\n");
    read_to(site, fd, text, sizeof(text), "\r\n\r\nx");
    assert_non_null(strstr(text, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(text, "Retry-After: 7\r\n"));
    say(fd, "HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    read_to(site, fd, text, sizeof(text), NULL);
    assert_non_null(strstr(text, "Content-Length: 20\r\n"));
    assert_non_null(strstr(text, "Accept-Ranges: bytes\r\n"));
    assert_non_null(strstr(text, "ETag: \"tag\"\r\n"));
    assert_null(strstr(text, "0123"));
    close(fd);
}

static void test_a_large_body_is_not_read(void **state)
{
    struct site *site = *state;
    char text[4096];
    int fd = dial(site);
    // Nothing of the body is sent, and yet there is an answer.
    say(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000000\r\n"
            "\r\n");
    read_to(site, fd, text, sizeof(text), NULL);
    assert_int_equal(strncmp(text, "HTTP/1.1 413 ", 13), 0);
    close(fd);
    // Without a length: a little too much is answered, more ends it.
    char chunk[1200];
    memset(chunk, 'x', sizeof(chunk));
    fd = dial(site);
    say(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
            "\r\n4b0\r\n");
    assert_int_equal(send(fd, chunk, 1200, MSG_NOSIGNAL), 1200);
    say(fd, "\r\n0\r\n\r\n");
    read_to(site, fd, text, sizeof(text), "\r\n\r\n");
    assert_int_equal(strncmp(text, "HTTP/1.1 413 ", 13), 0);
    close(fd);
    fd = dial(site);
    say(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
            "\r\n");
    for (int i = 0; i < 3; i++) {
        say(fd, "4b0\r\n");
        assert_int_equal(send(fd, chunk, 1200, MSG_NOSIGNAL), 1200);
        say(fd, "\r\n");
    }
    read_to(site, fd, text, sizeof(text), NULL);
    assert_int_equal(strlen(text), 0);
    close(fd);
    assert_int_equal(site->calls, 0);
}

static void hold(struct site *site, int fd)
{
    say(fd,
        "POST /held?q=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    while (!site->held)
        loop_once(site->loop, true);
}

static void test_the_client_goes_away(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    hold(site, fd);
    close(fd);
    for (int i = 0; i < 20; i++)
        loop_once(site->loop, false);
    assert_string_equal(net_call_path(site->held), "/held");
    assert_string_equal(net_call_body(site->held, NULL), "ok");
    answer_held(site);
    struct kept kept = ask(site, "GET", "/file", NULL, 0); // still serving
    assert_int_equal(kept.status, 200);
    kept_free(&kept);
}

static void test_the_server_goes_away(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    hold(site, fd);
    net_server_free(site->server);
    site->server = NULL;
    assert_string_equal(net_call_method(site->held), "POST");
    assert_string_equal(net_call_body(site->held, NULL), "ok");
    assert_null(net_call_query(site->held, "q"));
    net_answer(site->held, 200, NULL, NULL, 0);
    char text[100];
    read_to(site, fd, text, sizeof(text), NULL);
    assert_int_equal(strlen(text), 0);
    close(fd);
}

static void test_an_answer_that_was_not_sent(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    hold(site, fd);
    answer_held(site);
    net_server_free(site->server); // before it could be written
    site->server = NULL;
    close(fd);
}

static void test_where_it_cannot_listen(void **state)
{
    struct site *site = *state;
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .port = (uint16_t)site->port,
                                   .body_max = 1,
                                   .handle = handle};
    struct err err = {0};
    assert_null(net_server_listen(site->loop, &spec, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_non_null(strstr(err.text, "in use"));
    spec.host = "localhost";
    assert_null(net_server_listen(site->loop, &spec, &err));
    assert_non_null(strstr(err.text, "numeric"));
}

// Turn the loop until a call has ended.
static void wait_served(struct site *site, const char *want)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    while (strcmp(site->served, want) != 0) {
        if (clock_mono_ms(&clock_system) > end)
            fail_msg("%s", site->served);
        loop_once(site->loop, false);
    }
}

static void say_get(struct site *site, const char *method, const char *path)
{
    char text[500];
    int fd = dial(site);
    snprintf(text, sizeof(text),
             "%s %s HTTP/1.1\r\nHost: h\r\nUser-Agent: me/1\r\n"
             "Range: bytes=2-5\r\nConnection: close\r\n\r\n",
             method, path);
    say(fd, text);
    read_to(site, fd, text, sizeof(text), NULL);
    close(fd);
}

static void test_what_is_told_of_a_call(void **state)
{
    struct site *site = *state;
    struct kept kept = ask(site, "POST", "/echo?key=secret", "abc", 3);
    kept_free(&kept);
    wait_served(site, "127.0.0.1 POST /echo 200 3 whole tarmac");
    say_get(site, "GET", "/file");
    wait_served(site, "127.0.0.1 GET /file 206 4 whole me/1");
    say_get(site, "HEAD", "/file");
    wait_served(site, "127.0.0.1 HEAD /file 200 0 whole me/1");
    say_get(site, "GET", "/none");
    wait_served(site, "127.0.0.1 GET /none 404 10 whole me/1");

    int fd = dial(site);
    hold(site, fd);
    net_server_free(site->server); // nobody can answer any more
    site->server = NULL;
    assert_string_equal(site->served, "127.0.0.1 POST /held 0 0 cut -");
    net_answer(site->held, 200, NULL, NULL, 0);
    close(fd);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_bodies),
        CASE(test_ranges),
        CASE(test_pieces),
        CASE(test_files),
        CASE(test_a_later_answer),
        CASE(test_headers_of_answers),
        CASE(test_a_large_body_is_not_read),
        CASE(test_the_client_goes_away),
        CASE(test_the_server_goes_away),
        CASE(test_an_answer_that_was_not_sent),
        CASE(test_where_it_cannot_listen),
        CASE(test_what_is_told_of_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
