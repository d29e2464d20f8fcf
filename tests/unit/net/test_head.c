// How long the head of a request may be: as long as a connection has memory.

#include "site.h"

#define SMALL ((size_t)16 << 10)

static void handle(void *arg, struct net_call *call)
{
    (void)arg;
    net_answer(call, 200, NULL, NULL, 0);
}

static int set_up(void **state)
{
    *state = site_new(handle);
    return 0;
}

static void expect(struct site *site, const struct net_server *server,
                   size_t len, long status)
{
    char *much = xmalloc(len + 1);
    memset(much, 'x', len);
    much[len] = '\0';
    char *url = url_of(net_server_port(server), "/");
    struct net_header header = {"X-Much", much};
    struct kept kept = fetch(
        site->loop, site->client,
        (struct net_request){
            .method = "GET", .url = url, .headers = &header, .n_headers = 1});
    assert_int_equal(kept.status, status);
    kept_free(&kept);
    free(url);
    free(much);
}

static void a_head_is_refused_where_its_memory_ends(void **state)
{
    struct site *site = *state;
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .body_max = 1000,
                                   .memory = SMALL,
                                   .handle = handle};
    struct err err;
    struct net_server *small = net_server_listen(site->loop, &spec, &err);
    assert_non_null(small);
    expect(site, small, SMALL - 4096, 200);
    expect(site, small, SMALL, 431);
    expect(site, site->server, SMALL, 200);
    expect(site, site->server, 2 * SMALL, 431);
    net_server_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_head_is_refused_where_its_memory_ends,
                                        set_up, site_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
