// The client against a service with TLS: what goes by HTTP/2, what never does,
// and what a second connection costs.
//
// The server is a thread for each connection, with as much of HTTP/2 as one
// answer needs. What it counts is what arrived.

#include "listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"

enum manner {
    ANSWER,
    CLOSE,  // answer, and close
    REFUSE, // HTTP/2: every stream, as one that may be asked for again
    DIE,    // HTTP/2: read the request, then close
    SILENT, // HTTP/2: read, and say nothing
    ODD,    // HTTP/1.1: answer every connection's first request, then die
};

enum { DATA, HEADERS, RST_STREAM = 3, SETTINGS };
#define END_STREAM 1
#define END_HEADERS 4
#define REFUSED_STREAM 7

struct tls {
    SSL_CTX *context;
    struct listening on;
    bool two; // it has HTTP/2
    enum manner manner;
    atomic_int resumed;
    atomic_int offered; // connections whose client knows HTTP/2
    atomic_int twos;    // requests by HTTP/2
    atomic_int ones;    // and by HTTP/1.1
};

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len,
                  const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char two[] = "\x02h2", one[] = "\x08http/1.1";
    struct tls *tls = arg;
    unsigned char *chosen;
    (void)ssl;
    bool offered = memmem(in, in_len, two, 3) != NULL;
    atomic_fetch_add(&tls->offered, offered);
    const unsigned char *ours = offered && tls->two ? two : one;
    if (SSL_select_next_proto(&chosen, len, ours, 1u + ours[0], in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static void certify(SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
}

// --- HTTP/1.1

static void serve_one(struct tls *tls, SSL *ssl)
{
    static const char good[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
    static const char last[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                               "Connection: close\r\n\r\none";
    for (int nth = 1;; nth++) {
        char text[8192] = "";
        size_t len = 0, body = 0;
        char *end = NULL;
        while (!end || len < (size_t)(end + 4 - text) + body) {
            int n = SSL_read(ssl, text + len, (int)(sizeof(text) - 1 - len));
            if (n <= 0)
                return;
            len += (size_t)n;
            text[len] = '\0';
            end = strstr(text, "\r\n\r\n");
            const char *length = strstr(text, "Content-Length: ");
            if (end && length && length < end)
                body = strtoul(length + 16, NULL, 10);
        }
        atomic_fetch_add(&tls->ones, 1);
        if (tls->manner == ODD && nth > 1)
            return;
        const char *answer = tls->manner == CLOSE ? last : good;
        SSL_write(ssl, answer, (int)strlen(answer));
        if (tls->manner == CLOSE)
            return;
    }
}

// --- HTTP/2

static bool read_all(SSL *ssl, void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        int n = SSL_read(ssl, (char *)bytes + done, (int)(len - done));
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static void frame(SSL *ssl, int type, int flags, const unsigned char *stream,
                  const void *bytes, size_t len)
{
    unsigned char out[64] = {0, 0, (unsigned char)len, (unsigned char)type,
                             (unsigned char)flags};
    memcpy(out + 5, stream, 4);
    if (len > 0)
        memcpy(out + 9, bytes, len);
    SSL_write(ssl, out, (int)(9 + len));
}

// A request is there as a whole; false: close.
static bool react(struct tls *tls, SSL *ssl, const unsigned char *stream)
{
    static const unsigned char ok = 0x88; // ":status: 200"
    static const unsigned char refused[] = {0, 0, 0, REFUSED_STREAM};
    atomic_fetch_add(&tls->twos, 1);
    if (tls->manner == DIE)
        return false;
    if (tls->manner == SILENT)
        return true;
    if (tls->manner == REFUSE) {
        frame(ssl, RST_STREAM, 0, stream, refused, 4);
        return true;
    }
    frame(ssl, HEADERS, END_HEADERS, stream, &ok, 1);
    frame(ssl, DATA, END_STREAM, stream, "two", 3);
    return true;
}

static void serve_two(struct tls *tls, SSL *ssl)
{
    static const unsigned char none[4];
    unsigned char preface[24], head[9], rest[16384];
    if (!read_all(ssl, preface, sizeof(preface)))
        return;
    frame(ssl, SETTINGS, 0, none, NULL, 0);
    while (read_all(ssl, head, sizeof(head))) {
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (len > sizeof(rest) || !read_all(ssl, rest, len))
            return;
        bool ends = head[4] & END_STREAM;
        if (head[3] == SETTINGS && !ends) // else it acknowledges ours
            frame(ssl, SETTINGS, 1, none, NULL, 0);
        if ((head[3] == HEADERS || head[3] == DATA) && ends &&
            !react(tls, ssl, head + 5))
            return;
    }
}

static void serve(void *arg, int fd)
{
    struct tls *tls = arg;
    SSL *ssl = SSL_new(tls->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        const unsigned char *name = NULL;
        unsigned len = 0;
        atomic_fetch_add(&tls->resumed, SSL_session_reused(ssl));
        SSL_get0_alpn_selected(ssl, &name, &len);
        if (len == 2)
            serve_two(tls, ssl);
        else
            serve_one(tls, ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

struct rig {
    struct loop *loop;
    struct net_client *client;
    struct tls tls;
};

static void rig_start(struct rig *rig, bool two, enum manner manner)
{
    struct tls *tls = &rig->tls;
    rig->loop = loop_new();
    rig->client = client_of(rig->loop);
    *tls = (struct tls){.two = two, .manner = manner};
    tls->context = SSL_CTX_new(TLS_server_method());
    certify(tls->context);
    SSL_CTX_set_alpn_select_cb(tls->context, choose, tls);
    listening_start(&tls->on, serve, tls);
}

static void rig_end(struct rig *rig)
{
    net_client_free(rig->client);
    listening_end(&rig->tls.on);
    SSL_CTX_free(rig->tls.context);
    loop_free(rig->loop);
}

static struct kept ask_as(struct rig *rig, struct net_request request)
{
    char *url = xasprintf("https://127.0.0.1:%u/", rig->tls.on.port);
    request.url = url;
    struct kept kept = fetch(rig->loop, rig->client, request);
    free(url);
    return kept;
}

static struct kept ask(struct rig *rig, struct net_request request)
{
    request.insecure = true;
    return ask_as(rig, request);
}

static struct kept buy(struct rig *rig)
{
    return ask(rig, (struct net_request){.method = "POST",
                                         .body = "{\"n\": 1}",
                                         .body_len = 8,
                                         .spending = true});
}

static void expect_answer(struct rig *rig, const char *body)
{
    struct kept kept = ask(rig, (struct net_request){0});
    if (kept.result != NET_ANSWERED)
        fail_msg("%s", kept.error);
    assert_string_equal(kept.body, body);
    kept_free(&kept);
}

// HTTP/2 lets libcurl send a request again that a service refused, or that its
// connection took down: the client that spends does not speak it.
static void test_I3_money_never_goes_by_two(void **state)
{
    (void)state;
    static const enum manner manners[] = {ANSWER, REFUSE, DIE};
    for (int i = 0; i < 3; i++) {
        struct rig rig;
        rig_start(&rig, true, ANSWER);
        expect_answer(&rig, "two");
        assert_int_equal(rig.tls.offered, 1);
        rig.tls.manner = manners[i];
        for (int n = 1; n <= 3; n++) {
            struct kept kept = buy(&rig);
            assert_int_equal(kept.result, NET_ANSWERED);
            assert_string_equal(kept.body, "one");
            assert_int_equal(rig.tls.ones, n);
            kept_free(&kept);
        }
        assert_int_equal(rig.tls.offered, 1);
        assert_int_equal(rig.tls.on.connections, 2);
        assert_int_equal(rig.tls.twos, 1);
        rig_end(&rig);
    }
}

static void test_I3_a_purchase_is_not_repeated_by_tls(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, true, ODD);
    struct kept kept = buy(&rig);
    assert_int_equal(kept.result, NET_ANSWERED);
    kept_free(&kept);
    kept = buy(&rig);
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    kept_free(&kept);
    rig_end(&rig);
    assert_int_equal(rig.tls.ones, 2);
}

static void test_polls_share_a_connection(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, true, ANSWER);
    char *url = xasprintf("https://127.0.0.1:%u/", rig.tls.on.port);
    struct kept kept[50] = {0};
    for (int i = 0; i < 50; i++)
        net_send(rig.client, &(struct net_request){.method = "POST",
                                                   .url = url,
                                                   .body = "{}",
                                                   .body_len = 2,
                                                   .insecure = true,
                                                   .done = keep,
                                                   .arg = &kept[i]});
    for (int i = 0; i < 50; i++) {
        turn_until(rig.loop, &kept[i].done);
        assert_int_equal(kept[i].result, NET_ANSWERED);
        assert_string_equal(kept[i].body, "two");
        kept_free(&kept[i]);
    }
    assert_int_equal(rig.tls.on.connections, 1);
    assert_int_equal(rig.tls.twos, 50);
    free(url);
    rig_end(&rig);
}

static void test_a_service_without_two(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, false, ANSWER);
    for (int i = 0; i < 3; i++)
        expect_answer(&rig, "one");
    assert_int_equal(rig.tls.on.connections, 1);
    rig_end(&rig);
}

static void test_a_second_connection_resumes(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, false, CLOSE);
    for (int i = 0; i < 4; i++)
        expect_answer(&rig, "one");
    rig_end(&rig);
    assert_int_equal(rig.tls.on.connections, 4);
    assert_int_equal(rig.tls.resumed, 3);
}

// A poll costs nothing: what HTTP/2 takes down is asked for by HTTP/1.1.
static void test_what_two_takes_down_is_asked_again(void **state)
{
    (void)state;
    static const enum manner manners[] = {REFUSE, DIE};
    for (int i = 0; i < 2; i++) {
        struct rig rig;
        rig_start(&rig, true, manners[i]);
        expect_answer(&rig, "one");
        assert_true(rig.tls.twos >= 1);
        assert_int_equal(rig.tls.ones, 1);
        rig_end(&rig);
    }
}

// One connection for all must not keep all waiting, again and again.
static void test_a_silent_two_is_left(void **state)
{
    (void)state;
    struct rig rig;
    rig_start(&rig, true, SILENT);
    struct kept kept = ask(&rig, (struct net_request){.timeout_ms = 500});
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    kept_free(&kept);
    expect_answer(&rig, "one");
    rig_end(&rig);
}

// Whoever asks who is there is not given a handle, a connection or a session of
// one who did not.
static void test_who_asked_nothing_vouches_for_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig rig;
        bool two = i & 1, spending = i & 2;
        struct net_request request = {.method = "POST",
                                      .body = "{}",
                                      .body_len = 2,
                                      .spending = spending};
        rig_start(&rig, two, ANSWER);
        for (int n = 0; n < 3; n++) {
            struct kept kept = ask(&rig, request);
            assert_int_equal(kept.result, NET_ANSWERED);
            kept_free(&kept);
        }
        struct net_lane *lane = &rig.client->lanes[NET_REACH_ANY][spending];
        assert_int_equal(lane->n_idle, 1);
        struct kept kept = ask_as(&rig, request);
        assert_int_equal(kept.result, NET_NOT_SENT);
        assert_int_equal(lane->n_idle, 0); // it was that handle
        kept_free(&kept);
        rig_end(&rig);
        assert_int_equal(rig.tls.ones + rig.tls.twos, 3);
    }
}

// What never went by HTTP/2 says nothing about it.
static void test_a_silent_one_is_no_reason_to_leave_two(void **state)
{
    (void)state;
    struct rig rig;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    rig_start(&rig, true, ANSWER);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 8), 0); // nobody will accept
    getsockname(fd, (struct sockaddr *)&at, &len);
    char *url = url_of(ntohs(at.sin_port), "/");
    struct kept kept =
        fetch(rig.loop, rig.client,
              (struct net_request){.url = url, .timeout_ms = 100});
    assert_int_equal(kept.result, NET_MAYBE_SENT);
    expect_answer(&rig, "two");
    kept_free(&kept);
    free(url);
    close(fd);
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_I3_money_never_goes_by_two),
        cmocka_unit_test(test_I3_a_purchase_is_not_repeated_by_tls),
        cmocka_unit_test(test_polls_share_a_connection),
        cmocka_unit_test(test_a_service_without_two),
        cmocka_unit_test(test_a_second_connection_resumes),
        cmocka_unit_test(test_what_two_takes_down_is_asked_again),
        cmocka_unit_test(test_a_silent_two_is_left),
        cmocka_unit_test(test_who_asked_nothing_vouches_for_nobody),
        cmocka_unit_test(test_a_silent_one_is_no_reason_to_leave_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
