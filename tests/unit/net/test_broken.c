// The client against a server that breaks off: what counts as sent.
//
// The server is a thread with bare sockets. It counts the POSTs whose body it
// has read whole: each of them is a purchase.

#include "listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum manner {
    ANSWER,         // every request, keeping the connection
    DIE_ON_SECOND,  // of a connection: read it whole, then close
    DIE_ON_FOURTH,  // the same, later
    DIE_FOR_GOOD,   // the same, and listen no more
    DIE_AT_ONCE,    // read a request whole, then close
    CUT,            // half of the promised body, then close
    GREET,          // speak first, as no web server does
    NOT_HTTP,       // an answer without a status line
    SILENT,         // read, and say nothing
    CLOSE_ANSWERED, // answer, and close without having said so
};

struct broken {
    struct listening on;
    enum manner manner;
    atomic_int posts;
    atomic_int resets; // of those that were SILENT
    atomic_int reused; // requests that were not their connection's first
};

// Read one request whole; false at the end of the connection.
static bool read_request(int fd, bool *post)
{
    char text[65536];
    size_t len = 0, body = 0;
    char *end = NULL;
    while (!end || len < (size_t)(end + 4 - text) + body) {
        ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        const char *length = strstr(text, "Content-Length: ");
        if (end && length && length < end)
            body = strtoul(length + 16, NULL, 10);
    }
    *post = strncmp(text, "POST", 4) == 0;
    return true;
}

static bool tell(int fd, const char *text)
{
    return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// What follows the n-th request of a connection; false: close it.
static bool react(struct broken *b, int fd, int n)
{
    switch (b->manner) {
    case ANSWER:
        return tell(fd, good);
    case DIE_ON_SECOND:
        return n == 1 && tell(fd, good);
    case DIE_ON_FOURTH:
        return n < 4 && tell(fd, good);
    case DIE_FOR_GOOD:
        if (n == 1)
            return tell(fd, good);
        shutdown(b->on.fd, SHUT_RDWR);
        return false;
    case DIE_AT_ONCE:
        return false;
    case CUT:
        tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        return false;
    case GREET:
    case NOT_HTTP:
        tell(fd, "what is this?\r\n\r\n");
        return false;
    case SILENT: {
        char c;
        bool ended = recv(fd, &c, 1, 0) == 0; // until the client gives up
        atomic_fetch_add(&b->resets, !ended && errno == ECONNRESET);
        return false;
    }
    case CLOSE_ANSWERED:
        tell(fd, good);
        return false;
    }
    return false;
}

static void serve(void *arg, int fd)
{
    struct broken *b = arg;
    bool post;
    if (b->manner == GREET)
        tell(fd, "220 ready\r\n\r\n");
    for (int n = 1; read_request(fd, &post); n++) {
        if (post)
            atomic_fetch_add(&b->posts, 1);
        if (n > 1)
            atomic_fetch_add(&b->reused, 1);
        if (!react(b, fd, n))
            break;
    }
}

static void broken_start(struct broken *b, enum manner manner)
{
    *b = (struct broken){.manner = manner};
    listening_start(&b->on, serve, b);
}

struct rig {
    struct loop *loop;
    struct net_client *client;
    struct broken broken;
};

static void rig_start(struct rig *rig, enum manner manner)
{
    rig->loop = loop_new();
    rig->client = client_of(rig->loop);
    broken_start(&rig->broken, manner);
}

static void rig_end(struct rig *rig)
{
    net_client_free(rig->client);
    listening_end(&rig->broken.on);
    loop_free(rig->loop);
}

static struct kept buy(struct rig *rig, const char *body)
{
    char *url = url_of(rig->broken.on.port, "/buy");
    struct kept kept = fetch(rig->loop, rig->client,
                             (struct net_request){.method = "POST",
                                                  .url = url,
                                                  .body = body,
                                                  .body_len = strlen(body),
                                                  .spending = true,
                                                  .timeout_ms = 300000});
    free(url);
    return kept;
}

// The one that costs money: by default libcurl sends a POST again by itself
// when a reused connection dies after the request was sent.
static void test_I3_a_purchase_is_never_repeated(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, DIE_ON_SECOND);
    struct kept kept = buy(&rig, "{\"n\": 1}");
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_int_equal(rig.broken.posts, 1);
    kept_free(&kept);
    kept = buy(&rig, "{\"n\": 2}");
    assert_int_equal(rig.broken.reused, 1);
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    assert_int_equal(rig.broken.posts, 2);
    assert_int_equal(kept.status, 0);
    assert_non_null(strstr(kept.error, "the connection ended without an "));
    kept_free(&kept);
    rig_end(&rig);
    assert_int_equal(rig.broken.posts, 2);
}

// Nor by a handle that has bought before, on a connection that has, too.
static void test_I3_nor_by_a_handle_used_again(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, DIE_ON_FOURTH);
    for (int i = 1; i <= 8; i++) {
        struct kept kept = buy(&rig, "{\"n\": 1}");
        assert_int_equal(kept.result,
                         i % 4 == 0 ? NET_MAYBE_SENT : NET_ANSWERED);
        assert_int_equal(rig.broken.posts, i);
        kept_free(&kept);
    }
    rig_end(&rig);
    assert_int_equal(rig.broken.posts, 8);
    assert_int_equal(rig.broken.reused, 6);
}

// libcurl connects again before it finds that it may not repeat: what it says
// then ("refused") is not about the request that was sent.
static void test_a_service_that_died_is_maybe(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, DIE_FOR_GOOD);
    struct kept kept = buy(&rig, "{\"n\": 1}");
    assert_int_equal(kept.result, NET_ANSWERED);
    kept_free(&kept);
    kept = buy(&rig, "{\"n\": 2}");
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    assert_int_equal(rig.broken.reused, 1);
    assert_int_equal(rig.broken.posts, 2);
    kept_free(&kept);
    rig_end(&rig);
}

static void test_I3_nor_is_one_without_a_body(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, DIE_ON_SECOND);
    for (int i = 1; i <= 3; i++) {
        struct kept kept = buy(&rig, "");
        assert_int_equal(kept.result, NET_ANSWERED);
        assert_int_equal(rig.broken.posts, i);
        assert_int_equal(rig.broken.on.connections, i); // never reused
        kept_free(&kept);
    }
    rig_end(&rig);
}

static void test_a_get_is_repeated_by_libcurl(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, DIE_ON_SECOND);
    char *url = url_of(rig.broken.on.port, "/poll");
    for (int i = 0; i < 2; i++) {
        struct kept kept =
            fetch(rig.loop, rig.client, (struct net_request){.url = url});
        assert_int_equal(kept.result, NET_ANSWERED);
        kept_free(&kept);
    }
    free(url);
    rig_end(&rig);
}

static void test_no_whole_answer_is_maybe(void **state)
{
    (void)state;
    static const struct {
        enum manner manner;
        long status;
        const char *body;
    } cases[] = {
        {DIE_AT_ONCE, 0, ""},
        {CUT, 200, "half"},
        {NOT_HTTP, 0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        rig_start(&rig, cases[i].manner);
        struct kept kept = buy(&rig, "{}");
        assert_int_equal(kept.result, NET_MAYBE_SENT);
        assert_int_equal(kept.status, cases[i].status);
        assert_string_equal(kept.body, cases[i].body);
        assert_true(kept.error[0] != '\0');
        assert_int_equal(rig.broken.posts, 1);
        kept_free(&kept);
        rig_end(&rig);
    }
}

static void test_a_timeout_after_sending_is_maybe(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, SILENT);
    char *url = url_of(rig.broken.on.port, "/buy");
    // The last transfer of all, ended by the clock alone: it is reported.
    struct kept kept = fetch(rig.loop, rig.client,
                             (struct net_request){.method = "POST",
                                                  .url = url,
                                                  .body = "{}",
                                                  .body_len = 2,
                                                  .spending = true,
                                                  .timeout_ms = 2000});
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    assert_non_null(strstr(kept.error, "timed out"));
    free(url);
    kept_free(&kept);
    rig_end(&rig);
    // Nor does the kernel go on to send what is left of it.
    assert_int_equal(rig.broken.resets, 1);
}

static void test_an_answer_survives_its_connection(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, CLOSE_ANSWERED);
    for (int i = 1; i <= 3; i++) {
        struct kept kept = buy(&rig, "{}");
        // The connection may die between our looking at it and our sending;
        // what must hold is that nothing is counted twice.
        if (kept.result == NET_ANSWERED)
            assert_string_equal(kept.body, "ok");
        else
            assert_int_equal(kept.result, NET_MAYBE_SENT);
        assert_true(rig.broken.posts <= i);
        kept_free(&kept);
    }
    rig_end(&rig);
}

static void test_many_on_few_connections(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, ANSWER);
    char *url = url_of(rig.broken.on.port, "/buy");
    struct kept kept[20] = {0};
    for (int i = 0; i < 20; i++) {
        struct net_request request = {.method = "POST",
                                      .url = url,
                                      .body = "{}",
                                      .body_len = 2,
                                      .spending = true,
                                      .done = keep,
                                      .arg = &kept[i]};
        net_send(rig.client, &request);
    }
    for (int i = 0; i < 20; i++) {
        turn_until(rig.loop, &kept[i].done);
        assert_int_equal(kept[i].result, NET_ANSWERED);
        kept_free(&kept[i]);
    }
    assert_int_equal(rig.broken.posts, 20);
    free(url);
    rig_end(&rig);
}

static void test_I3_refused_is_not_sent(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, ANSWER);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    // Bound but not listening: nobody else gets the port meanwhile.
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    char *url = url_of(ntohs(at.sin_port), "/buy");
    struct kept kept = fetch(rig.loop, rig.client,
                             (struct net_request){.method = "POST",
                                                  .url = url,
                                                  .body = "{}",
                                                  .body_len = 2,
                                                  .bearer = "k-secret",
                                                  .spending = true});
    char text[100];
    snprintf(text, sizeof(text),
             "could not connect to 127.0.0.1:%u: Connection refused",
             ntohs(at.sin_port));
    assert_int_equal(kept.result, NET_NOT_SENT);
    assert_string_equal(kept.error, text);
    kept_free(&kept);
    free(url);
    close(fd);
    rig_end(&rig);
}

static void test_I3_a_failed_handshake_is_not_sent(void **state)
{
    (void)state;
    // One breaks it; the other waits for more, until the clock ends it.
    static const enum manner manners[] = {GREET, NOT_HTTP};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        rig_start(&rig, manners[i]);
        char *url = xasprintf("https://127.0.0.1:%u/buy", rig.broken.on.port);
        struct kept kept =
            fetch(rig.loop, rig.client,
                  (struct net_request){.method = "POST",
                                       .url = url,
                                       .body = "{}",
                                       .body_len = 2,
                                       .connect_ms = i ? 300 : 20000,
                                       .spending = true});
        assert_int_equal(kept.result, NET_NOT_SENT);
        assert_non_null(strstr(kept.error, i == 0 ? "SSL" : "imeout"));
        assert_int_equal(rig.broken.posts, 0);
        kept_free(&kept);
        free(url);
        rig_end(&rig);
    }
}

static void test_I3_an_unknown_name_is_not_sent(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, ANSWER);
    struct kept kept =
        fetch(rig.loop, rig.client,
              (struct net_request){.method = "POST",
                                   .url = "http://tarmac.invalid/",
                                   .body = "{}",
                                   .body_len = 2,
                                   .spending = true});
    assert_int_equal(kept.result, NET_NOT_SENT);
    assert_non_null(strstr(kept.error, "tarmac.invalid"));
    kept_free(&kept);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_I3_a_purchase_is_never_repeated),
        cmocka_unit_test(test_I3_nor_by_a_handle_used_again),
        cmocka_unit_test(test_a_service_that_died_is_maybe),
        cmocka_unit_test(test_I3_nor_is_one_without_a_body),
        cmocka_unit_test(test_a_get_is_repeated_by_libcurl),
        cmocka_unit_test(test_no_whole_answer_is_maybe),
        cmocka_unit_test(test_a_timeout_after_sending_is_maybe),
        cmocka_unit_test(test_an_answer_survives_its_connection),
        cmocka_unit_test(test_many_on_few_connections),
        cmocka_unit_test(test_I3_refused_is_not_sent),
        cmocka_unit_test(test_I3_a_failed_handshake_is_not_sent),
        cmocka_unit_test(test_I3_an_unknown_name_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
