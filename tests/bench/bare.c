// The least that a client must do: libcurl's multi interface over epoll, easy
// handles used again and again, connections kept; strstr() for JSON, no
// ledger, nothing on the disk but the clips. What tools/bench.sh measures
// tarmac by.
//
//     bench_bare URL --tasks N --in-flight M --poll MS [--lines L]
//                [--official] [--out DIR]
//
// submits, asks every --poll MS until the task has ended, and fetches its clip
// into a file; of no more than M tasks at once, by no more than L exchanges.

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "plain.h"

#define EVENTS 256
#define ANSWER_MAX 8192

enum step { SUBMIT, POLL, FETCH };

struct task {
    enum step step;
    char id[64];
    char url[192];
};

struct line {
    CURL *easy;
    size_t task;
    int file;
    size_t len;
    char answer[ANSWER_MAX];
    char body[512];
};

static struct {
    const char *url, *out;
    size_t tasks, in_flight, lines;
    double poll;
    bool official;
} set = {.out = ".", .tasks = 10, .in_flight = 10, .lines = 128, .poll = 1000};

static CURLM *multi;
static int loop_fd;
static double curl_due = -1;
static struct curl_slist *headers;
static struct task *tasks;
static struct dues polls;
static size_t *ready, n_ready, at_ready; // a ring of set.tasks
static struct line **idle;
static size_t n_idle, n_begun, n_over, n_requests;

static void fail(const char *what, const char *more)
{
    fprintf(stderr, "bench_bare: %s: %s\n", what, more);
    exit(1);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct line *l = arg;
    (void)one;
    if (l->file >= 0)
        return write(l->file, bytes, n) == (ssize_t)n ? n : 0;
    if (l->len + n >= sizeof(l->answer))
        return 0;
    memcpy(l->answer + l->len, bytes, n);
    l->len += n;
    return n;
}

static struct line *line_new(void)
{
    struct line *l = calloc(1, sizeof(*l));
    CURL *easy = curl_easy_init();
    if (!l || !easy)
        die("memory");
    l->easy = easy;
    l->file = -1;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, l);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, l);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    return l;
}

static const char *path_of(const struct task *t)
{
    if (t->step == SUBMIT)
        return set.official ? "/v1/text_to_video" : "/runway/pro/generate";
    return set.official ? "/v1/tasks/" : "/runway/feed";
}

static void body_of(struct line *l, const struct task *t)
{
    static const char generate[] =
        "{\"prompt\":\"a pier\",\"model\":\"gen3\",\"ratio\":\"16:9\","
        "\"style\":\"cinematic\",\"options\":{\"seconds\":5,\"seed\":%zu,"
        "\"motion_vector\":{\"x\":0,\"y\":0,\"z\":0,\"r\":0,\"bg_x_pan\":0,"
        "\"bg_y_pan\":0}}}";
    static const char words[] =
        "{\"promptText\":\"a pier\",\"model\":\"gen4.5\","
        "\"ratio\":\"1280:720\",\"duration\":5,\"seed\":%zu}";
    if (t->step == POLL)
        snprintf(l->body, sizeof(l->body), "{\"task_id\":\"%s\"}", t->id);
    else if (set.official)
        snprintf(l->body, sizeof(l->body), words, l->task);
    else
        snprintf(l->body, sizeof(l->body), generate, l->task);
}

static void to_file(struct line *l)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%zu.mp4", set.out, l->task);
    l->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (l->file < 0)
        die(path);
    curl_easy_setopt(l->easy, CURLOPT_URL, tasks[l->task].url);
    curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(l->easy, CURLOPT_HTTPGET, 1L);
}

static void to_service(struct line *l)
{
    const struct task *t = &tasks[l->task];
    bool by_get = set.official && t->step == POLL;
    char url[512];
    snprintf(url, sizeof(url), "%s%s%s", set.url, path_of(t),
             by_get ? t->id : "");
    curl_easy_setopt(l->easy, CURLOPT_URL, url);
    curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, headers);
    if (by_get) {
        curl_easy_setopt(l->easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    body_of(l, t);
    curl_easy_setopt(l->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(l->easy, CURLOPT_POSTFIELDS, l->body);
    curl_easy_setopt(l->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(l->body));
}

static void begin(size_t task)
{
    struct line *l = n_idle ? idle[--n_idle] : line_new();
    l->task = task;
    l->len = 0;
    if (tasks[task].step == FETCH)
        to_file(l);
    else
        to_service(l);
    n_requests++;
    curl_multi_add_handle(multi, l->easy);
}

// The text behind `name`, up to a quotation mark.
static bool text_of(const char *json, const char *name, char *to, size_t size)
{
    const char *at = strstr(json, name);
    size_t len = at ? strcspn(at += strlen(name), "\"") : 0;
    if (len == 0 || len >= size)
        return false;
    memcpy(to, at, len);
    to[len] = '\0';
    return true;
}

static void make_ready(size_t task)
{
    ready[(at_ready + n_ready++) % set.tasks] = task;
}

static void wait_for_poll(size_t task)
{
    tasks[task].step = POLL;
    dues_push(&polls, now_ms() + set.poll, task);
}

static void on_polled(size_t task, const char *json)
{
    struct task *t = &tasks[task];
    if (!strstr(json, set.official ? "\"SUCCEEDED\"" : "\"status\":\"3\"")) {
        wait_for_poll(task);
        return;
    }
    const char *name = set.official ? "\"output\":[\"" : "\"video_url\":\"";
    if (!text_of(json, name, t->url, sizeof(t->url)))
        fail("no clip", json);
    t->step = FETCH;
    make_ready(task);
}

static void on_answer(struct line *l)
{
    struct task *t = &tasks[l->task];
    l->answer[l->len] = '\0';
    if (t->step == FETCH) {
        close(l->file);
        l->file = -1;
        n_over++;
    } else if (t->step == POLL) {
        on_polled(l->task, l->answer);
    } else {
        const char *name = set.official ? "\"id\":\"" : "\"task_id\":\"";
        if (!text_of(l->answer, name, t->id, sizeof(t->id)))
            fail("no task", l->answer);
        wait_for_poll(l->task);
    }
}

static void take_answers(void)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));) {
        struct line *l = NULL;
        long status = 0;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &l);
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK || status != 200)
            fail("an exchange failed", curl_easy_strerror(code));
        curl_multi_remove_handle(multi, l->easy);
        on_answer(l);
        idle[n_idle++] = l;
    }
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *known)
{
    (void)easy, (void)arg;
    struct epoll_event e = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(loop_fd, EPOLL_CTL_DEL, fd, &e);
        return 0;
    }
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) |
               (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    epoll_ctl(loop_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    curl_multi_assign(multi, fd, &loop_fd);
    return 0;
}

static int on_timer(CURLM *m, long ms, void *arg)
{
    (void)m, (void)arg;
    curl_due = ms < 0 ? -1 : now_ms() + (double)ms;
    return 0;
}

// Begin what may begin. Milliseconds until something is due, or -1.
static int begin_some(size_t *busy)
{
    double at = now_ms();
    while (polls.n && polls.heap[0].at <= at)
        make_ready(dues_pop(&polls).what);
    for (; n_ready && *busy < set.lines; n_ready--, ++*busy) {
        begin(ready[at_ready]);
        at_ready = (at_ready + 1) % set.tasks;
    }
    for (; *busy < set.lines && n_begun < set.tasks &&
           n_begun - n_over < set.in_flight;
         ++*busy)
        begin(n_begun++);
    double next = curl_due;
    if (polls.n && *busy < set.lines && (next < 0 || polls.heap[0].at < next))
        next = polls.heap[0].at;
    if (next < 0)
        return -1;
    return next > at ? (int)(next - at) + 1 : 0;
}

static void run(void)
{
    struct epoll_event events[EVENTS];
    int running = 0;
    size_t busy = 0;
    while (n_over < set.tasks) {
        int wait = begin_some(&busy);
        int n = epoll_wait(loop_fd, events, EVENTS, wait);
        if (curl_due >= 0 && curl_due <= now_ms()) {
            curl_due = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        for (int i = 0; i < n; i++) {
            uint32_t e = events[i].events;
            int what = (e & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, events[i].data.fd, what, &running);
        }
        size_t before = n_idle;
        take_answers();
        busy -= n_idle - before;
    }
}

static size_t size(const char *s)
{
    return strtoul(s, NULL, 10);
}

static void options(int argc, char **argv)
{
    static const struct option known[] = {
        {"tasks", 1, NULL, 't'},    {"in-flight", 1, NULL, 'f'},
        {"poll", 1, NULL, 'p'},     {"lines", 1, NULL, 'l'},
        {"official", 0, NULL, 'o'}, {"out", 1, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (o == 't')
            set.tasks = size(optarg);
        else if (o == 'f')
            set.in_flight = size(optarg);
        else if (o == 'p')
            set.poll = strtod(optarg, NULL);
        else if (o == 'l')
            set.lines = size(optarg);
        else if (o == 'd')
            set.out = optarg;
        else if (o == 'o')
            set.official = true;
    }
    set.url = argv[optind];
    if (!set.url || set.tasks == 0 || set.in_flight == 0 || set.lines == 0) {
        fprintf(stderr, "usage: bench_bare URL --tasks N --in-flight M "
                        "--poll MS [--lines L] [--official] [--out DIR]\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    options(argc, argv);
    many_files();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    loop_fd = epoll_create1(EPOLL_CLOEXEC);
    tasks = calloc(set.tasks, sizeof(*tasks));
    ready = calloc(set.tasks, sizeof(*ready));
    idle = calloc(set.lines, sizeof(*idle));
    if (!multi || loop_fd < 0 || !tasks || !ready || !idle)
        die("start");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)set.lines);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer x");
    headers = curl_slist_append(headers, "X-Runway-Version: 2024-11-06");
    double start = now_ms();
    run();
    printf("{\"tasks\":%zu,\"requests\":%zu,\"wall_ms\":%.0f}\n", n_over,
           n_requests, now_ms() - start);
    return 0;
}
