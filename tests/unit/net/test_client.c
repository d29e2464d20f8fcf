// The client against our own server.

#include "site.h"

#include "base/log.h"

static void see(struct site *site, const struct net_call *call)
{
    static const char *const names[] = {"Authorization", "Content-Type",
                                        "Expect", "Accept-Encoding", "X-Note"};
    site_see(site, call, names, sizeof(names) / sizeof(names[0]));
}

static void redirect(struct net_call *call, const char *to)
{
    net_answer_header(call, "Location", to);
    net_answer(call, 302, "text/plain", "elsewhere", 9);
}

static void handle(void *arg, struct net_call *call)
{
    struct site *site = arg;
    const char *path = net_call_path(call);
    see(site, call);
    if (strcmp(path, "/hop") == 0)
        redirect(call, "/echo");
    else if (strcmp(path, "/round") == 0)
        redirect(call, "/round");
    else if (strcmp(path, "/file") == 0)
        redirect(call, "file:///etc/hostname");
    else if (strcmp(path, "/later") == 0)
        site->held = call;
    else if (strcmp(path, "/missing") == 0)
        net_answer(call, 404, "text/plain", "no such thing", 13);
    else if (strcmp(path, "/empty") == 0)
        net_answer(call, 204, NULL, NULL, 0);
    else if (strcmp(path, "/many") == 0) {
        for (int i = 0; i < 300; i++)
            net_answer_header(call, "X-One", "more");
        net_answer(call, 200, NULL, "x", 1);
    } else if (strcmp(path, "/big") == 0) {
        char *bytes = xcalloc(1, 100000);
        net_answer(call, 200, NULL, bytes, 100000);
        free(bytes);
    } else
        net_answer(call, 200, "text/plain", "hello", 5);
}

static int set_up(void **state)
{
    *state = site_new(handle);
    return 0;
}

static struct kept get(struct site *site, const char *path,
                       struct net_request request)
{
    char *url = url_of(site->port, path);
    request.url = url;
    struct kept kept = fetch(site->loop, site->client, request);
    free(url);
    return kept;
}

static void test_get_and_head(void **state)
{
    struct site *site = *state;
    struct kept kept = get(site, "/echo?x=1", (struct net_request){0});
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_int_equal(kept.status, 200);
    assert_string_equal(kept.body, "hello");
    assert_string_equal(kept.type, "text/plain");
    assert_string_equal(kept.error, "");
    assert_non_null(strstr(kept.url, "/echo?x=1"));
    assert_string_equal(site->seen.data, "GET /echo\n\n");
    assert_true(site->named);
    kept_free(&kept);
    kept = get(site, "/echo", (struct net_request){.method = "HEAD"});
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_int_equal(kept.body_len, 0);
    kept_free(&kept);
}

static void test_post(void **state)
{
    struct site *site = *state;
    struct net_header headers[] = {{"Content-Type", "application/json"},
                                   {"X-Note", ""}};
    for (int spending = 0; spending < 2; spending++) {
        struct kept kept = get(site, "/buy",
                               (struct net_request){.method = "POST",
                                                    .headers = headers,
                                                    .n_headers = 2,
                                                    .bearer = "k-123",
                                                    .body = "{\"a\": 1}",
                                                    .body_len = 8,
                                                    .spending = spending});
        assert_int_equal(kept.result, NET_ANSWERED);
        assert_string_equal(site->seen.data,
                            "POST /buy\nAuthorization: Bearer k-123\n"
                            "Content-Type: application/json\n"
                            "X-Note: \n\n{\"a\": 1}");
        kept_free(&kept);
    }
    // A long body is sent whole, without asking first.
    size_t len = 500000;
    char *body = xmalloc(len);
    memset(body, 'b', len);
    struct kept kept = get(
        site, "/buy",
        (struct net_request){
            .method = "POST", .body = body, .body_len = len, .spending = true});
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_null(strstr(site->seen.data, "Expect"));
    assert_null(strstr(site->seen.data, "Content-Type"));
    assert_true(site->seen.len > len);
    free(body);
    kept_free(&kept);
}

static void test_ceilings(void **state)
{
    struct kept kept =
        get(*state, "/big", (struct net_request){.body_max = 99999});
    assert_int_equal(kept.result, NET_STOPPED);
    assert_int_equal(kept.status, 200);
    assert_non_null(strstr(kept.error, "larger than 99999 bytes"));
    kept_free(&kept);
    kept = get(*state, "/big", (struct net_request){.body_max = 100000});
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_int_equal(kept.body_len, 100000);
    kept_free(&kept);
    kept = get(*state, "/many", (struct net_request){0});
    assert_int_equal(kept.result, NET_STOPPED);
    assert_non_null(strstr(kept.error, "headers"));
    kept_free(&kept);
}

struct flow {
    struct kept kept; // first: keep() is given a struct flow
    int told;
    long status;
    size_t bytes;
    bool refuse;
};

static bool on_headers(void *arg, const struct net_response *response)
{
    struct flow *flow = arg;
    assert_int_equal(flow->bytes, 0);
    flow->told++;
    flow->status = response->status;
    return true;
}

static bool on_bytes(void *arg, const void *bytes, size_t len)
{
    struct flow *flow = arg;
    assert_non_null(bytes);
    flow->bytes += len;
    return !flow->refuse;
}

static struct flow stream(struct site *site, const char *path, int redirects,
                          bool refuse)
{
    struct flow flow = {.refuse = refuse};
    char *url = url_of(site->port, path);
    struct net_request request = {
        .method = "GET",
        .url = url,
        .redirects = redirects,
        .body_max = 1000,
        .headers_done = on_headers,
        .sink = on_bytes,
        .done = keep,
        .arg = &flow,
    };
    net_send(site->client, &request);
    turn_until(site->loop, &flow.kept.done);
    free(url);
    return flow;
}

static void test_sink(void **state)
{
    struct flow flow = stream(*state, "/big", 0, false);
    assert_int_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.told, 1);
    assert_int_equal(flow.status, 200);
    assert_int_equal(flow.bytes, 100000); // body_max is for memory
    assert_int_equal(flow.kept.body_len, 0);
    kept_free(&flow.kept);

    flow = stream(*state, "/empty", 0, false);
    assert_int_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.told, 1);
    assert_int_equal(flow.status, 204);
    kept_free(&flow.kept);

    flow = stream(*state, "/missing", 0, false);
    assert_int_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.kept.status, 404);
    assert_int_equal(flow.told, 0);
    assert_int_equal(flow.bytes, 0);
    assert_string_equal(flow.kept.body, "no such thing");
    kept_free(&flow.kept);

    flow = stream(*state, "/big", 0, true);
    assert_int_equal(flow.kept.result, NET_STOPPED);
    assert_true(flow.bytes > 0 && flow.bytes < 100000);
    kept_free(&flow.kept);
}

static void test_redirects(void **state)
{
    struct flow flow = stream(*state, "/hop", 5, false);
    assert_int_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.told, 1); // of the last answer alone
    assert_int_equal(flow.status, 200);
    assert_int_equal(flow.bytes, 5);
    assert_non_null(strstr(flow.kept.url, "/echo"));
    kept_free(&flow.kept);

    flow = stream(*state, "/hop", 0, false);
    assert_int_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.kept.status, 302);
    assert_string_equal(flow.kept.body, "elsewhere");
    kept_free(&flow.kept);

    flow = stream(*state, "/round", 3, false);
    assert_int_equal(flow.kept.result, NET_STOPPED);
    assert_int_equal(flow.told, 0);
    kept_free(&flow.kept);

    flow = stream(*state, "/file", 3, false);
    assert_int_not_equal(flow.kept.result, NET_ANSWERED);
    assert_int_equal(flow.bytes, 0);
    kept_free(&flow.kept);
}

static void test_a_spending_post_is_not_redirected(void **state)
{
    struct site *site = *state;
    struct kept kept = get(site, "/hop",
                           (struct net_request){.method = "POST",
                                                .body = "x",
                                                .body_len = 1,
                                                .redirects = 5,
                                                .spending = true});
    assert_int_equal(kept.status, 302);
    assert_int_equal(site->calls, 1);
    kept_free(&kept);
}

static void test_what_is_refused_before_sending(void **state)
{
    struct site *site = *state;
    struct net_header bad[] = {{"X-Note", "a\r\nX-More: b"},
                               {"Bad Name", "x"},
                               {"Transfer-Encoding", "chunked"}};
    for (size_t i = 0; i < 3; i++) {
        struct kept kept =
            get(site, "/echo",
                (struct net_request){.headers = &bad[i], .n_headers = 1});
        assert_int_equal(kept.result, NET_NOT_SENT);
        assert_true(kept.error[0] != '\0');
        kept_free(&kept);
    }
    struct kept kept =
        get(site, "/echo", (struct net_request){.bearer = "se\ncret"});
    assert_int_equal(kept.result, NET_NOT_SENT);
    assert_null(strstr(kept.error, "cret"));
    kept_free(&kept);
    kept = get(site, "/a b", (struct net_request){0});
    assert_int_equal(kept.result, NET_NOT_SENT);
    kept_free(&kept);
    kept = fetch(site->loop, site->client,
                 (struct net_request){.url = "ftp://127.0.0.1/"});
    assert_int_equal(kept.result, NET_NOT_SENT);
    kept_free(&kept);
    assert_int_equal(site->calls, 0);
}

static void test_private_addresses_are_refused(void **state)
{
    struct site *site = *state;
    // A connection that was made without the rule must not help.
    struct kept kept = get(site, "/echo", (struct net_request){0});
    assert_int_equal(kept.result, NET_ANSWERED);
    kept_free(&kept);
    char *urls[] = {
        url_of(site->port, "/echo"),
        xasprintf("http://localhost:%u/", site->port),
        xasprintf("http://[::ffff:127.0.0.1]:%u/", site->port),
        xasprintf("http://[::1]:%u/", site->port),
        xstrdup("http://10.1.2.3/"),
        xstrdup("http://169.254.169.254/"),
        xstrdup("http://192.168.0.1/"),
        xstrdup("http://[fe80::1]/"),
        xstrdup("http://[fd00::1]/"),
        xstrdup("http://224.0.0.1/"),
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        kept = fetch(
            site->loop, site->client,
            (struct net_request){.url = urls[i], .reach = NET_REACH_PUBLIC});
        assert_int_equal(kept.result, NET_NOT_SENT);
        if (!strstr(kept.error, "private address"))
            fail_msg("%s: %s", urls[i], kept.error);
        kept_free(&kept);
        free(urls[i]);
    }
    assert_int_equal(site->calls, 1);
}

// --- starting and cancelling from callbacks

struct pair {
    struct site *site;
    struct net_exchange *other;
    struct kept first, second, third;
    char *url;
};

static void never(void *arg, const struct net_response *response)
{
    (void)arg, (void)response;
    fail_msg("a cancelled exchange called back");
}

static bool cancel_other(void *arg, const void *bytes, size_t len)
{
    struct pair *pair = arg;
    (void)bytes, (void)len;
    if (pair->other) {
        net_cancel(pair->other);
        pair->other = NULL;
        struct net_request request = {.method = "GET",
                                      .url = pair->url,
                                      .done = keep,
                                      .arg = &pair->third};
        net_send(pair->site->client, &request);
        request.url = "nonsense";
        request.arg = &pair->second;
        net_send(pair->site->client, &request);
    }
    return true;
}

static void keep_first(void *arg, const struct net_response *response)
{
    keep(&((struct pair *)arg)->first, response);
}

static void test_cancel_and_send_inside_a_callback(void **state)
{
    struct site *site = *state;
    struct pair pair = {.site = site, .url = url_of(site->port, "/echo")};
    char *later = url_of(site->port, "/later");
    struct net_request request = {
        .method = "GET", .url = later, .done = never, .arg = &pair};
    pair.other = net_send(site->client, &request);
    while (!site->held)
        loop_once(site->loop, true);
    request.url = pair.url;
    request.sink = cancel_other;
    request.done = keep_first;
    net_send(site->client, &request);
    turn_until(site->loop, &pair.first.done);
    turn_until(site->loop, &pair.second.done);
    turn_until(site->loop, &pair.third.done);
    assert_null(pair.other);
    assert_int_equal(pair.first.result, NET_ANSWERED);
    assert_int_equal(pair.second.result, NET_NOT_SENT);
    assert_int_equal(pair.third.result, NET_ANSWERED);
    kept_free(&pair.first);
    kept_free(&pair.second);
    kept_free(&pair.third);
    net_answer(site->held, 200, NULL, "late", 4); // its client has gone
    for (int i = 0; i < 20; i++)
        loop_once(site->loop, false);
    free(later);
    free(pair.url);
}

static void test_free_cancels(void **state)
{
    struct site *site = *state;
    char *url = url_of(site->port, "/echo");
    struct net_request request = {
        .method = "GET", .url = url, .done = never, .arg = NULL};
    net_send(site->client, &request);
    loop_once(site->loop, false);
    net_send(site->client, &request);
    net_client_free(site->client);
    for (int i = 0; i < 20; i++)
        loop_once(site->loop, false);
    site->client = client_of(site->loop);
    free(url);
}

// --- the log

static struct buf logged;

static void to_buf(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    buf_printf(&logged, "%s\n", line);
}

static void test_the_log_has_no_secrets(void **state)
{
    buf_init(&logged, 10000);
    log_set_level(LOG_DEBUG);
    log_set_sink(to_buf, NULL);
    struct kept kept =
        get(*state, "/echo?token=hidden",
            (struct net_request){.method = "POST", .bearer = "k-secret"});
    log_set_level(LOG_INFO);
    log_set_sink(NULL, NULL);
    assert_non_null(strstr(logged.data, "POST http://127.0.0.1:"));
    assert_non_null(strstr(logged.data, "/echo: 200, 5 bytes, "));
    assert_null(strstr(logged.data, "hidden"));
    assert_null(strstr(logged.data, "secret"));
    buf_free(&logged);
    kept_free(&kept);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, site_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_get_and_head),
        CASE(test_post),
        CASE(test_ceilings),
        CASE(test_sink),
        CASE(test_redirects),
        CASE(test_a_spending_post_is_not_redirected),
        CASE(test_what_is_refused_before_sending),
        CASE(test_private_addresses_are_refused),
        CASE(test_cancel_and_send_inside_a_callback),
        CASE(test_free_cancels),
        CASE(test_the_log_has_no_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
