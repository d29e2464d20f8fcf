#include "net_test.h"

#include "net/internal.h"
#include "net/server.h"

static void test_whose_an_address_is(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        enum net_reach reach;
    } cases[] = {
        {"0.0.0.0", NET_REACH_ANY},
        {"127.0.0.1", NET_REACH_ANY},
        {"169.254.169.254", NET_REACH_ANY},
        {"192.0.0.8", NET_REACH_ANY},
        {"198.19.0.1", NET_REACH_ANY},
        {"224.0.0.1", NET_REACH_ANY},
        {"255.255.255.255", NET_REACH_ANY},
        {"10.0.0.1", NET_REACH_PRIVATE},
        {"100.64.0.1", NET_REACH_PRIVATE},
        {"100.127.255.255", NET_REACH_PRIVATE},
        {"172.16.0.1", NET_REACH_PRIVATE},
        {"172.31.255.255", NET_REACH_PRIVATE},
        {"192.168.1.1", NET_REACH_PRIVATE},
        {"9.255.255.255", NET_REACH_PUBLIC},
        {"11.0.0.0", NET_REACH_PUBLIC},
        {"100.128.0.1", NET_REACH_PUBLIC},
        {"172.32.0.1", NET_REACH_PUBLIC},
        {"192.169.0.1", NET_REACH_PUBLIC},
        {"8.8.8.8", NET_REACH_PUBLIC},
        {"::", NET_REACH_ANY},
        {"::1", NET_REACH_ANY},
        {"fe80::1", NET_REACH_ANY},
        {"ff02::1", NET_REACH_ANY},
        {"::ffff:127.0.0.1", NET_REACH_ANY},
        {"64:ff9b::7f00:1", NET_REACH_ANY},
        {"2002:7f00:1::", NET_REACH_ANY},
        {"fc00::1", NET_REACH_PRIVATE},
        {"fdff::1", NET_REACH_PRIVATE},
        {"::ffff:10.0.0.1", NET_REACH_PRIVATE},
        {"2002:c0a8:101::", NET_REACH_PRIVATE},
        {"2001:4860:4860::8888", NET_REACH_PUBLIC},
        {"::ffff:8.8.8.8", NET_REACH_PUBLIC},
        {"", NET_REACH_PUBLIC}, // nobody answered
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (net_reach_of_text(cases[i].ip) != cases[i].reach)
            fail_msg("%s", cases[i].ip);
}

struct seen {
    bool done, barred;
    enum net_result result;
    enum net_reach peer;
};

static void see(void *arg, const struct net_response *response)
{
    struct seen *seen = arg;
    *seen = (struct seen){.done = true,
                          .barred = response->barred,
                          .result = response->result,
                          .peer = response->peer};
}

static void handle(void *arg, struct net_call *call)
{
    (void)arg;
    if (strcmp(net_call_path(call), "/named") == 0) {
        net_answer_header(call, "Location", "http://user:secret@127.0.0.1/");
        net_answer(call, 302, NULL, NULL, 0);
    } else {
        net_answer(call, 200, NULL, "x", 1);
    }
}

static struct seen ask(struct loop *loop, struct net_client *client,
                       unsigned port, const char *path, enum net_reach reach)
{
    struct seen seen = {0};
    char *url = url_of(port, path);
    struct net_request request = {.method = "GET",
                                  .url = url,
                                  .redirects = 5,
                                  .reach = reach,
                                  .done = see,
                                  .arg = &seen};
    net_send(client, &request);
    turn_until(loop, &seen.done);
    free(url);
    return seen;
}

static void test_what_may_not_be_reached_is_barred(void **state)
{
    (void)state;
    struct err err;
    struct loop *loop = loop_new();
    struct net_client *client = client_of(loop);
    struct net_server_spec spec = {.host = "127.0.0.1", .handle = handle};
    struct net_server *server = net_server_listen(loop, &spec, &err);
    unsigned port = net_server_port(server);

    struct seen seen = ask(loop, client, port, "/", NET_REACH_ANY);
    assert_int_equal(seen.result, NET_ANSWERED);
    assert_int_equal(seen.peer, NET_REACH_ANY);
    assert_false(seen.barred);
    // Not even to a gateway of the local network, nor on the connection above.
    seen = ask(loop, client, port, "/", NET_REACH_PRIVATE);
    assert_int_equal(seen.result, NET_NOT_SENT);
    assert_int_equal(seen.peer, NET_REACH_PUBLIC);
    assert_true(seen.barred);
    seen = ask(loop, client, port, "/named", NET_REACH_ANY);
    assert_int_not_equal(seen.result, NET_ANSWERED);
    assert_true(seen.barred);

    net_client_free(client);
    net_server_free(server);
    loop_free(loop);
}

// What a proxy may reach, we cannot know.
static void test_a_direct_exchange_takes_no_proxy(void **state)
{
    (void)state;
    struct err err;
    struct loop *loop = loop_new();
    struct net_client *client = client_of(loop);
    struct net_server_spec spec = {.host = "127.0.0.1", .handle = handle};
    struct net_server *server = net_server_listen(loop, &spec, &err);
    char *proxy = url_of(net_server_port(server), "");
    setenv("http_proxy", proxy, 1);

    struct net_request far = {.url = "http://nowhere.invalid/"};
    struct net_request near = {.url = proxy, .direct = true};
    // By one handle, once a connection is there.
    for (int i = 0; i < 6; i++) {
        struct kept kept = fetch(loop, client, i < 3 ? near : far);
        assert_int_equal(kept.result, NET_ANSWERED); // by the proxy
        kept_free(&kept);
    }
    far.direct = true;
    struct kept kept = fetch(loop, client, far);
    assert_int_equal(kept.result, NET_NOT_SENT);
    kept_free(&kept);

    unsetenv("http_proxy");
    free(proxy);
    net_client_free(client);
    net_server_free(server);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_an_address_is),
        cmocka_unit_test(test_what_may_not_be_reached_is_barred),
        cmocka_unit_test(test_a_direct_exchange_takes_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
