// Handles and connections that are used again: nothing of one exchange is left
// for the next.

#include "site.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"

#define LATE_MS 250

static void see(struct site *site, const struct net_call *call)
{
    static const char *const names[] = {"Authorization", "Content-Type",
                                        "Content-Length", "Expect", "X-Note"};
    site_see(site, call, names, sizeof(names) / sizeof(names[0]));
}

static void handle(void *arg, struct net_call *call)
{
    struct site *site = arg;
    const char *path = net_call_path(call);
    see(site, call);
    if (strcmp(path, "/hop") == 0) {
        net_answer_header(call, "Location", "/there");
        net_answer(call, 302, NULL, "elsewhere", 9);
    } else if (strcmp(path, "/late") == 0) {
        site->held = call;
        loop_timer_start(site->late, LATE_MS);
    } else if (strcmp(path, "/part") == 0) {
        net_answer_header(call, "Content-Range", "bytes 0-4/5");
        net_answer(call, 206, "video/mp4", "hello", 5);
    } else {
        net_answer(call, 200, NULL, "hello", 5);
    }
}

static void on_late(void *arg)
{
    struct site *site = arg;
    net_answer(site->held, 200, NULL, "late", 4);
}

static int set_up(void **state)
{
    struct site *site = site_new(handle);
    site->late = loop_timer_new(site->loop, on_late, site);
    *state = site;
    return 0;
}

static bool swallow(void *arg, const void *bytes, size_t len)
{
    (void)arg, (void)bytes, (void)len;
    return true;
}

static const struct net_header note[] = {{"X-Note", "n"},
                                         {"Content-Type", "text/csv"}};

// Each sets what another must not find.
static const struct kind {
    const char *path;
    struct net_request request;
    const char *seen; // by the service
    long status;
    const char *body, *range;
} kinds[] = {
    {"/get", {.method = "GET"}, "GET /get\n\n", 200, "hello", NULL},
    {"/head", {.method = "HEAD"}, "HEAD /head\n\n", 200, "", NULL},
    {"/key",
     {.method = "POST",
      .headers = note,
      .n_headers = 2,
      .bearer = "k-1",
      .body = "a,b",
      .body_len = 3},
     "POST /key\nAuthorization: Bearer k-1\nContent-Type: text/csv\n"
     "Content-Length: 3\nX-Note: n\n\na,b",
     200,
     "hello",
     NULL},
    {"/none",
     {.method = "POST"},
     "POST /none\nContent-Length: 0\n\n",
     200,
     "hello",
     NULL},
    {"/put",
     {.method = "PUT", .body = "pp", .body_len = 2},
     "PUT /put\nContent-Length: 2\n\npp",
     200,
     "hello",
     NULL},
    {"/gone", {.method = "DELETE"}, "DELETE /gone\n\n", 200, "hello", NULL},
    {"/hop",
     {.method = "GET", .redirects = 3},
     "GET /there\n\n",
     200,
     "hello",
     NULL},
    {"/hop", {.method = "GET"}, "GET /hop\n\n", 302, "elsewhere", NULL},
    {"/part",
     {.method = "GET", .sink = swallow},
     "GET /part\n\n",
     206,
     "",
     "bytes 0-4/5"},
    {"/soon",
     {.method = "GET", .timeout_ms = LATE_MS / 2},
     "GET /soon\n\n",
     200,
     "hello",
     NULL},
    {"/buy",
     {.method = "POST",
      .bearer = "k-2",
      .body = "{}",
      .body_len = 2,
      .spending = true},
     "POST /buy\nAuthorization: Bearer k-2\nContent-Length: 2\n\n{}",
     200,
     "hello",
     NULL},
};

static void check(struct site *site, const struct kind *kind)
{
    struct net_request request = kind->request;
    char *url = url_of(site->port, kind->path);
    request.url = url;
    struct kept kept = fetch(site->loop, site->client, request);
    if (kept.result != NET_ANSWERED)
        fail_msg("%s: %s", kind->path, kept.error);
    assert_string_equal(site->seen.data, kind->seen);
    assert_int_equal(kept.status, kind->status);
    assert_string_equal(kept.body, kind->body);
    if (kind->range)
        assert_string_equal(kept.range, kind->range);
    else
        assert_null(kept.range);
    kept_free(&kept);
    free(url);
}

static void test_each_kind_after_each(void **state)
{
    struct site *site = *state;
    size_t n = sizeof(kinds) / sizeof(kinds[0]);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            check(site, &kinds[i]);
            check(site, &kinds[j]);
        }
    }
    // They did use the same ones: what spends has its own.
    assert_int_equal(site->client->lanes[NET_REACH_ANY][0].n_idle, 1);
    assert_int_equal(site->client->lanes[NET_REACH_ANY][1].n_idle, 1);
}

static void test_a_limit_is_its_own_exchanges(void **state)
{
    struct site *site = *state;
    char *late = url_of(site->port, "/late");
    for (int i = 0; i < 3; i++)
        check(site, &kinds[9]); // with half the time that /late takes
    struct kept kept =
        fetch(site->loop, site->client, (struct net_request){.url = late});
    assert_int_equal(kept.result, NET_ANSWERED);
    assert_string_equal(kept.body, "late");
    kept_free(&kept);
    free(late);
}

static void test_a_failed_one_is_not_used_again(void **state)
{
    struct site *site = *state;
    struct net_lane *lane = &site->client->lanes[NET_REACH_ANY][0];
    char *url = url_of(site->port, "/get");
    check(site, &kinds[0]);
    check(site, &kinds[0]);
    assert_int_equal(lane->n_idle, 1);
    struct kept kept = fetch(site->loop, site->client,
                             (struct net_request){.url = url, .body_max = 4});
    assert_int_equal(kept.result, NET_STOPPED);
    assert_int_equal(lane->n_idle, 0);
    kept_free(&kept);
    check(site, &kinds[0]);
    free(url);
}

// A port that is ours, and at which nobody listens.
static char *nobody(int *fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, len), 0);
    getsockname(*fd, (struct sockaddr *)&at, &len);
    return url_of(ntohs(at.sin_port), "/");
}

// What a handle was told, and told of, is not told again by one that failed.
static void test_an_answer_is_not_the_next_ones(void **state)
{
    struct site *site = *state;
    struct net_lane *lanes = site->client->lanes[NET_REACH_ANY];
    int fd;
    char *url = nobody(&fd);
    const struct kind *before[] = {&kinds[8], &kinds[10]}; // a part, a purchase
    for (int spending = 0; spending < 2; spending++) {
        check(site, before[spending]);
        check(site, before[spending]);
        assert_int_equal(lanes[spending].n_idle, 1);
        struct kept kept = fetch(site->loop, site->client,
                                 (struct net_request){.method = "POST",
                                                      .url = url,
                                                      .body = "{}",
                                                      .body_len = 2,
                                                      .spending = spending});
        assert_int_equal(lanes[spending].n_idle, 0); // it was that handle
        assert_int_equal(kept.result, NET_NOT_SENT);
        assert_int_equal(kept.status, 0);
        assert_int_equal(kept.n_headers, 0);
        kept_free(&kept);
    }
    close(fd);
    free(url);
}

// An address that was found fine vouches for nothing but itself.
static void test_others_are_still_looked_at(void **state)
{
    struct site *site = *state;
    unsigned port = site->port;
    char *bad[] = {
        xasprintf("http://u:p@127.0.0.1:%u/get", port),
        xasprintf("http://127.0.0.1:%u0000/get", port),
        xasprintf("http://127.0.0.1:%u\\@h/get", port),
        xasprintf("http:///127.0.0.1:%u/get", port),
        xasprintf("http://127.0.0.1:%u/a b", port),
        xasprintf("http://127.0.0.1:%u/a\\b", port), // libcurl would send it
    };
    check(site, &kinds[0]);
    buf_clear(&site->seen);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kept kept = fetch(site->loop, site->client,
                                 (struct net_request){.url = bad[i]});
        if (kept.result != NET_NOT_SENT)
            fail_msg("%s", bad[i]);
        kept_free(&kept);
        free(bad[i]);
    }
    assert_int_equal(site->seen.len, 0);
}

static int open_files(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

// A burst leaves connections for the next, and no more handles than are kept.
static void test_a_burst_finds_what_the_last_left(void **state)
{
    struct site *site = *state;
    struct net_lane *lane = &site->client->lanes[NET_REACH_ANY][0];
    char *url = url_of(site->port, "/get");
    for (int burst = 0; burst < 3; burst++) {
        struct kept kept[100] = {0};
        for (int i = 0; i < 100; i++)
            net_send(site->client, &(struct net_request){.method = "GET",
                                                         .url = url,
                                                         .done = keep,
                                                         .arg = &kept[i]});
        for (int i = 0; i < 100; i++) {
            turn_until(site->loop, &kept[i].done);
            assert_int_equal(kept[i].result, NET_ANSWERED);
            kept_free(&kept[i]);
        }
        assert_true(lane->n_idle <= 64);
        assert_true(burst == 0 || lane->n_idle == 64);
        int open = open_files();
        for (int i = 0; i < 50; i++)
            check(site, &kinds[0]); // alone
        assert_int_equal(open_files(), open);
    }
    free(url);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, site_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_each_kind_after_each),
        TEST(test_a_limit_is_its_own_exchanges),
        TEST(test_a_failed_one_is_not_used_again),
        TEST(test_an_answer_is_not_the_next_ones),
        TEST(test_others_are_still_looked_at),
        TEST(test_a_burst_finds_what_the_last_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
