// Answers that go on, seen through bare sockets.

#include "net_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.h"

struct site {
    struct loop *loop;
    struct net_server *server;
    struct net_stream *stream;
    const char *text; // to be said; NULL: nothing for now
    bool endless, ends;
    int asked, gone;
    size_t said;
    int fd;
    char got[4096];
    size_t n;
};

static ssize_t read_some(void *arg, char *out, size_t max)
{
    struct site *site = arg;
    site->asked++;
    if (site->endless) {
        memset(out, 'x', max);
        site->said += max;
        return (ssize_t)max;
    }
    if (site->ends)
        return -1;
    size_t len = site->text ? strlen(site->text) : 0;
    assert_true(len <= max);
    if (len > 0)
        memcpy(out, site->text, len);
    site->text = NULL;
    return (ssize_t)len;
}

static void on_gone(void *arg)
{
    struct site *site = arg;
    site->gone++;
    site->stream = NULL;
}

static void handle(void *arg, struct net_call *call)
{
    struct site *site = arg;
    net_answer_header(call, "X-More", "yes");
    site->stream = net_answer_stream(call, 200, "text/event-stream", read_some,
                                     on_gone, site);
}

static int set_up(void **state)
{
    struct site *site = xcalloc(1, sizeof(*site));
    site->loop = loop_new();
    struct net_server_spec spec = {
        .host = "127.0.0.1", .body_max = 1000, .handle = handle, .arg = site};
    struct err err = {0};
    site->server = net_server_listen(site->loop, &spec, &err);
    if (!site->server)
        fail_msg("%s", err.text);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(net_server_port(site->server))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    site->fd = socket(AF_INET, SOCK_STREAM, 0);
    int small = 4096;
    setsockopt(site->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(connect(site->fd, (struct sockaddr *)&to, sizeof(to)), 0);
    fcntl(site->fd, F_SETFL, O_NONBLOCK);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    struct site *site = *state;
    if (site->fd >= 0)
        close(site->fd);
    net_server_free(site->server);
    assert_null(site->stream);
    loop_free(site->loop);
    free(site);
    return 0;
}

static void ask(struct site *site)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(write(site->fd, request, sizeof(request) - 1),
                     sizeof(request) - 1);
}

// Turns until the client has got `text`.
static void expect(struct site *site, const char *text)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    while (!strstr(site->got, text)) {
        assert_true(clock_mono_ms(&clock_system) < end);
        loop_once(site->loop, false);
        ssize_t n = read(site->fd, site->got + site->n,
                         sizeof(site->got) - 1 - site->n);
        if (n > 0)
            site->n += (size_t)n;
        site->got[site->n] = '\0';
    }
}

static void turn_some(struct site *site)
{
    for (int i = 0; i < 200; i++)
        loop_once(site->loop, false);
}

static void test_says_what_comes_when_it_comes(void **state)
{
    struct site *site = *state;
    ask(site);
    expect(site, "\r\n\r\n");
    assert_non_null(strstr(site->got, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(site->got, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(site->got, "X-More: yes\r\n"));
    turn_some(site);
    int asked = site->asked;
    turn_some(site);
    assert_int_equal(site->asked, asked); // nothing to say costs nothing

    site->text = "data: one\n\n";
    net_stream_wake(site->stream);
    expect(site, "data: one\n\n");
    turn_some(site);
    site->text = "data: two\n\n";
    net_stream_wake(site->stream);
    expect(site, "data: two\n\n");

    turn_some(site);
    site->ends = true;
    net_stream_wake(site->stream);
    expect(site, "\r\n0\r\n\r\n");
    assert_int_equal(site->gone, 1);
}

static void test_a_client_that_went_is_noticed(void **state)
{
    struct site *site = *state;
    ask(site);
    expect(site, "\r\n\r\n");
    turn_some(site);
    close(site->fd);
    site->fd = -1;
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    while (!site->gone) {
        assert_true(clock_mono_ms(&clock_system) < end);
        site->text = ":\n\n";
        net_stream_wake(site->stream);
        loop_once(site->loop, false);
    }
    assert_int_equal(site->gone, 1);
}

// What is not read is not made: the client's own buffers are all there is.
static void test_a_slow_reader_is_not_written_for(void **state)
{
    struct site *site = *state;
    site->endless = true;
    ask(site);
    size_t before = 1;
    while (site->said != before) {
        before = site->said;
        turn_some(site);
        usleep(1000); // the kernel's own buffers fill
    }
    assert_in_range(site->said, 1, 16 << 20);
}

static void test_the_server_ends_while_it_waits(void **state)
{
    struct site *site = *state;
    ask(site);
    expect(site, "\r\n\r\n");
    turn_some(site);
    net_server_free(site->server);
    site->server = NULL;
    assert_int_equal(site->gone, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_says_what_comes_when_it_comes,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_client_that_went_is_noticed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_is_not_written_for,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_server_ends_while_it_waits,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
