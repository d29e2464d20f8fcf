// What one HTTP exchange costs: through our client, or through the least that
// libcurl asks for (epoll, its socket interface, handles that are used again).
//
//     bench_net ours|bare GET|POST|FETCH URL [COUNT [IN_FLIGHT]]

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net/client.h"

#define BODY "{\"promptText\":\"a fox in the snow\",\"duration\":5}"
#define KEY "key_0123456789abcdef"

static struct run {
    const char *url;
    bool post, fetch;
    long left, in_flight, ended, failed;
    size_t bytes;
} run;

static void count(bool fine, size_t bytes)
{
    run.ended++;
    run.failed += !fine;
    run.bytes += bytes;
}

// --- ours

static struct net_client *client;

static void ask(void);

static void on_done(void *arg, const struct net_response *response)
{
    (void)arg;
    count(response->result == NET_ANSWERED && response->status == 200,
          response->body_len);
    run.in_flight--;
    ask();
}

static bool on_bytes(void *arg, const void *bytes, size_t len)
{
    (void)arg, (void)bytes;
    run.bytes += len;
    return true;
}

static void ask(void)
{
    static const struct net_header headers[] = {
        {"Content-Type", "application/json"}, {"Accept", "application/json"}};
    if (run.left == 0)
        return;
    run.left--;
    run.in_flight++;
    net_send(client,
             &(struct net_request){.method = run.post ? "POST" : "GET",
                                   .url = run.url,
                                   .headers = headers + !run.post,
                                   .n_headers = run.post ? 2 : 1,
                                   .bearer = KEY,
                                   .body = run.post ? BODY : NULL,
                                   .body_len = run.post ? strlen(BODY) : 0,
                                   .spending = run.post,
                                   .insecure = true,
                                   .timeout_ms = 60000,
                                   .sink = run.fetch ? on_bytes : NULL,
                                   .done = on_done});
}

static void ours(long in_flight)
{
    struct err err = {0};
    struct loop *loop = loop_new();
    client = net_client_new(loop, &err);
    if (!client)
        exit(1);
    for (long i = 0; i < in_flight; i++)
        ask();
    while (run.in_flight > 0)
        loop_once(loop, true);
    net_client_free(client);
    loop_free(loop);
}

// --- bare

static CURLM *multi;
static int epoll_fd, timer_fd;
static struct curl_slist *bare_headers;

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
    (void)bytes, (void)arg;
    run.bytes += size * n;
    return size * n;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                      void *seen)
{
    (void)easy, (void)arg;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    epoll_ctl(epoll_fd, seen ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(multi, fd, &epoll_fd);
    return 0;
}

static int set_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    struct itimerspec at = {{0, 0}, {ms / 1000, ms % 1000 * 1000000}};
    if (ms == 0)
        at.it_value.tv_nsec = 1;
    if (ms < 0)
        at = (struct itimerspec){{0, 0}, {0, 0}};
    timerfd_settime(timer_fd, 0, &at, NULL);
    return 0;
}

static void bare_ask(CURL *easy)
{
    if (run.left == 0)
        return;
    run.left--;
    run.in_flight++;
    curl_easy_setopt(easy, CURLOPT_URL, run.url);
    curl_multi_add_handle(multi, easy);
}

static CURL *bare_easy(void)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, bare_headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    if (run.post)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, BODY);
    return easy;
}

static void bare_drain(void)
{
    CURLMsg *message;
    int n;
    while ((message = curl_multi_info_read(multi, &n))) {
        CURL *easy = message->easy_handle;
        long status = 0;
        bool fine = message->data.result == CURLE_OK;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        count(fine && status == 200, 0);
        run.in_flight--;
        curl_multi_remove_handle(multi, easy);
        bare_ask(easy);
    }
}

static void bare_turn(void)
{
    struct epoll_event events[64];
    int running, n = epoll_wait(epoll_fd, events, 64, -1);
    for (int i = 0; i < n; i++) {
        int what = 0;
        uint64_t times;
        if (events[i].events & (EPOLLIN | EPOLLHUP))
            what |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            what |= CURL_CSELECT_OUT;
        if (events[i].data.fd == timer_fd) {
            if (read(timer_fd, &times, sizeof(times)) > 0)
                curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0,
                                         &running);
        } else
            curl_multi_socket_action(multi, events[i].data.fd, what, &running);
        bare_drain();
    }
}

static void bare(long in_flight)
{
    CURL **easies = calloc((size_t)in_flight, sizeof(CURL *));
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = timer_fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    bare_headers = curl_slist_append(NULL, "Authorization: Bearer " KEY);
    curl_slist_append(bare_headers, "Accept: application/json");
    if (run.post)
        curl_slist_append(bare_headers, "Content-Type: application/json");
    for (long i = 0; i < in_flight; i++)
        bare_ask(easies[i] = bare_easy());
    while (run.in_flight > 0)
        bare_turn();
    for (long i = 0; i < in_flight; i++)
        curl_easy_cleanup(easies[i]);
    curl_multi_cleanup(multi);
    curl_slist_free_all(bare_headers);
    free(easies);
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "bench_net ours|bare GET|POST|FETCH URL [COUNT "
                        "[IN_FLIGHT]]\n");
        return 2;
    }
    long n = argc > 4 ? atol(argv[4]) : 1000;
    long in_flight = argc > 5 ? atol(argv[5]) : 1;
    run.post = strcmp(argv[2], "POST") == 0;
    run.fetch = strcmp(argv[2], "FETCH") == 0;
    run.url = argv[3];
    run.left = n;
    (strcmp(argv[1], "ours") == 0 ? ours : bare)(in_flight);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("%ld answers, %ld failed, %zu bytes, %.1f us a request, %ld kB\n",
           run.ended, run.failed, run.bytes,
           (seconds(used.ru_utime) + seconds(used.ru_stime)) * 1e6 / (double)n,
           used.ru_maxrss);
    return run.failed > 0;
}
