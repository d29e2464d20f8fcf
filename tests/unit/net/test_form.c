// Forms: fields and files of multipart/form-data, and how much of all that is
// sent is held at once.

#include "net_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.h"

#define TYPE "multipart/form-data; boundary=XX"
#define FIELD(name, rest, bytes)                                               \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"" rest           \
    "\r\n\r\n" bytes "\r\n"
#define END "--XX--\r\n"

struct site {
    struct loop *loop;
    struct net_client *client;
    struct net_server *server;
    unsigned port;
    struct net_call *held;
};

static size_t body_max_of(void *arg, const struct net_call *call)
{
    (void)arg;
    return strcmp(net_call_path(call), "/large") == 0 ? 200000 : 1000;
}

static bool wants_body(void *arg, const struct net_call *call)
{
    (void)arg;
    return strcmp(net_call_path(call), "/unwanted") != 0;
}

// "is form|key|file name|bytes of the file|body's length"
static void describe(struct net_call *call)
{
    size_t len = 0, body_len;
    const char *filename = NULL;
    const char *file = net_call_form(call, "file", &len, &filename);
    const char *key = net_call_form(call, "key", NULL, NULL);
    net_call_body(call, &body_len);
    if (file)
        assert_int_equal(file[len], '\0');
    char *text =
        xasprintf("%d|%s|%s|%zu|%zu", net_call_is_form(call), key ? key : "-",
                  filename ? filename : "-", len, body_len);
    net_answer(call, 200, "text/plain", text, strlen(text));
    free(text);
}

static void handle(void *arg, struct net_call *call)
{
    struct site *site = arg;
    if (strcmp(net_call_path(call), "/hold") == 0)
        site->held = call;
    else
        describe(call);
}

static int set_up(void **state)
{
    struct site *site = xcalloc(1, sizeof(*site));
    site->loop = loop_new();
    site->client = client_of(site->loop);
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .body_max = 1000,
                                   .bodies_max = 250000,
                                   .body_max_of = body_max_of,
                                   .wants_body = wants_body,
                                   .handle = handle,
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
    if (site->held) // outlives the server
        net_answer(site->held, 200, NULL, "", 0);
    loop_free(site->loop);
    free(site);
    return 0;
}

static struct kept send_to(struct site *site, const char *path,
                           const char *type, const char *body, size_t len)
{
    char *url = url_of(site->port, path);
    struct net_header header = {"Content-Type", type};
    struct kept kept = fetch(site->loop, site->client,
                             (struct net_request){.method = "POST",
                                                  .url = url,
                                                  .headers = &header,
                                                  .n_headers = 1,
                                                  .body = body,
                                                  .body_len = len});
    free(url);
    return kept;
}

static void expect(struct site *site, const char *type, const char *body,
                   size_t len, const char *want)
{
    struct kept kept = send_to(site, "/", type, body, len);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, want);
    kept_free(&kept);
}

#define EXPECT(type, body, want)                                               \
    expect(*state, type, body, sizeof(body) - 1, want)

static void test_fields_and_files(void **state)
{
    EXPECT(TYPE,
           FIELD("key", "", "a-1")
               FIELD("file", "; filename=\"a b.png\"", "\x89PNG\0\r\n--X") END,
           "1|a-1|a b.png|10|0");
    EXPECT(TYPE, FIELD("key", "", "first") FIELD("key", "", "second") END,
           "1|first|-|0|0");
    EXPECT("Multipart/Form-Data; boundary=\"XX\"", FIELD("key", "", "q") END,
           "1|q|-|0|0");
    EXPECT(TYPE, FIELD("key", "", "") FIELD("file", "", "x") END, "1||-|1|0");
}

static int dial(const struct site *site)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)site->port)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

// Turn the loop until the connection ends.
static void read_all(struct site *site, int fd, char *out, size_t size)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    size_t len = 0;
    ssize_t n;
    while ((n = recv(fd, out + len, size - 1 - len, MSG_DONTWAIT)) != 0) {
        assert_true(clock_mono_ms(&clock_system) < end);
        len += n > 0 ? (size_t)n : 0;
        loop_once(site->loop, false);
    }
}

// The network may cut anywhere, also where a field begins.
static void test_a_form_in_two_pieces(void **state)
{
    static const char body[] =
        FIELD("key", "", "k") FIELD("file", "; filename=\"a\"", "12345678") END;
    static const char want[] = "1|k|a|8|0";
    struct site *site = *state;
    const size_t len = sizeof(body) - 1;
    for (size_t cut = 0; cut < len; cut++) {
        char head[400], got[400] = "";
        int n = snprintf(head, sizeof(head),
                         "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                         "Content-Type: " TYPE "\r\n"
                         "Content-Length: %zu\r\n\r\n%.*s",
                         len, (int)cut, body);
        int fd = dial(site);
        assert_int_equal(send(fd, head, (size_t)n, 0), n);
        EXPECT("text/plain", "by now the first piece is read", "0|-|-|0|30");
        assert_int_equal(send(fd, body + cut, len - cut, 0), len - cut);
        read_all(site, fd, got, sizeof(got));
        close(fd);
        const char *end = strstr(got, "\r\n\r\n");
        if (!end || strcmp(end + 4, want) != 0)
            fail_msg("cut at %zu: %s", cut, got);
    }
}

static void test_what_nobody_wants_is_not_kept(void **state)
{
    char body[900];
    memset(body, 'x', sizeof(body));
    struct kept kept = send_to(*state, "/unwanted", "text/plain", body, 900);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, "0|-|-|0|0");
    kept_free(&kept);
    static const char form[] = FIELD("key", "", "a") END;
    kept = send_to(*state, "/unwanted", TYPE, form, sizeof(form) - 1);
    assert_string_equal(kept.body, "0|-|-|0|0");
    kept_free(&kept);
}

static void test_what_is_no_form(void **state)
{
    EXPECT("application/json", "{\"a\": 1}", "0|-|-|0|8");
    EXPECT("multipart/form-data", FIELD("key", "", "a") END, "0|-|-|0|0");
    EXPECT(TYPE, "no boundary anywhere", "0|-|-|0|0");
    EXPECT(TYPE, FIELD("key", "", "cut off before its en"), "0|-|-|0|0");
}

static void test_too_many_fields(void **state)
{
    char body[40 * 64] = "";
    size_t len = 0;
    for (int i = 0; i < 12; i++)
        len += (size_t)snprintf(body + len, sizeof(body) - len, "%s",
                                FIELD("f", "", "1"));
    len += (size_t)snprintf(body + len, sizeof(body) - len, END);
    expect(*state, TYPE, body, len, "1|-|-|0|0");
    char *many = xcalloc(64, 64);
    len = 0;
    for (int i = 0; i < 33; i++)
        len += (size_t)snprintf(many + len, 64 * 64 - len, "%s",
                                FIELD("f", "", "1"));
    len += (size_t)snprintf(many + len, 64 * 64 - len, END);
    struct kept kept = send_to(*state, "/large", TYPE, many, len);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, "0|-|-|0|0");
    kept_free(&kept);
    free(many);
}

// A path has its own ceiling, a form none of its own.
static void test_ceilings(void **state)
{
    static const char head[] =
        "--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
    size_t n = 150000;
    char *body = xmalloc(n + 1000);
    size_t len = sizeof(head) - 1;
    memcpy(body, head, len);
    memset(body + len, 'x', n);
    len += n;
    memcpy(body + len, "\r\n" END, 2 + sizeof(END));
    len += 2 + sizeof(END) - 1;
    struct kept kept = send_to(*state, "/", TYPE, body, 1500);
    assert_int_equal(kept.status, 413);
    kept_free(&kept);
    kept = send_to(*state, "/large", TYPE, body, len);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, "1|-|-|150000|0");
    kept_free(&kept);
    // What is answered is held no more.
    kept = send_to(*state, "/large", TYPE, body, len);
    assert_int_equal(kept.status, 200);
    kept_free(&kept);
    free(body);
}

static void test_all_that_is_held(void **state)
{
    struct site *site = *state;
    char *body = xcalloc(1, 200000);
    char head[200];
    int n = snprintf(head, sizeof(head),
                     "POST /large HTTP/1.1\r\nHost: h\r\n"
                     "Content-Length: 200000\r\n\r\n");
    int fd = dial(site);
    assert_int_equal(send(fd, head, (size_t)n, 0), n);
    // All but the last byte, which is never sent.
    for (size_t sent = 0; sent < 199999;) {
        ssize_t now = send(fd, body + sent, 199999 - sent, MSG_DONTWAIT);
        if (now > 0)
            sent += (size_t)now;
        loop_once(site->loop, false);
    }
    struct kept kept;
    for (int tries = 0;; tries++) { // until all has been read
        kept = send_to(site, "/large", "text/plain", body, 60000);
        if (kept.status == 503 || tries == 1000)
            break;
        kept_free(&kept);
    }
    assert_int_equal(kept.status, 503);
    kept_free(&kept);
    close(fd);
    for (int tries = 0;; tries++) {
        kept = send_to(site, "/large", "text/plain", body, 60000);
        if (kept.status == 200 || tries == 1000)
            break;
        kept_free(&kept);
    }
    assert_int_equal(kept.status, 200);
    kept_free(&kept);
    free(body);
}

static void test_a_call_outlives_the_server(void **state)
{
    struct site *site = *state;
    static const char ask[] = "POST /hold HTTP/1.1\r\nHost: h\r\n"
                              "Content-Length: 4\r\n\r\nbody";
    int fd = dial(site);
    assert_int_equal(send(fd, ask, sizeof(ask) - 1, 0), sizeof(ask) - 1);
    while (!site->held)
        loop_once(site->loop, true);
    close(fd); // the rest is tear_down's
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_fields_and_files),
        CASE(test_a_form_in_two_pieces),
        CASE(test_what_nobody_wants_is_not_kept),
        CASE(test_what_is_no_form),
        CASE(test_too_many_fields),
        CASE(test_ceilings),
        CASE(test_all_that_is_held),
        CASE(test_a_call_outlives_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
