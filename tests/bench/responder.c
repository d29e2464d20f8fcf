// A service that costs next to nothing, so that in a comparison of runners it
// is not the limit: one thread, answers written by printf. For this machine's
// own benches only: it believes what it is sent.
//
//     bench_responder [--port N] [--duration MS] [--sigma S] [--seed N]
//                     [--clip FILE] [--callbacks]
//
// prints its URL. The reverse format: POST /runway/[v1/]pro/…, …/feed. The
// official one: POST /v1/text_to_video and its like, GET and DELETE
// /v1/tasks/ID, GET /v1/organization. GET /clips/ID.mp4, GET /stats.
//
// How long a task takes depends on --seed and on its number alone: a lognormal
// with the median --duration, or all alike where --sigma is 0.

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "plain.h"
#include "wire.h"

#define NO_CLIP 20000 // bytes, where none is given
#define CALLERS 32    // callbacks at once
#define EVENTS 256

struct task {
    double end;
    bool ended, seen;
    char *callback;
};

static struct {
    long connections, requests, submits, polls, clips, callbacks, unanswered;
    long running, running_max;
} count;

static struct {
    int port, duration;
    double sigma;
    unsigned long seed;
    const char *clip;
    bool callbacks;
} set = {.duration = 1000};

static int port;
static char *clip;
static size_t clip_len;
static struct task *tasks;
static size_t n_tasks, cap_tasks;
static struct dues ends;
static double *lags;
static size_t n_lags, cap_lags;
static size_t *calls, n_calls, at_calls, cap_calls; // callbacks to be sent
static struct wire callers[CALLERS];

static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static double duration_of(size_t i)
{
    if (set.sigma <= 0)
        return set.duration;
    uint64_t draw = mixed(set.seed) + 2 * i;
    double u = (double)(mixed(draw) >> 11) * 0x1p-53 + 0x1p-54;
    double v = (double)(mixed(draw + 1) >> 11) * 0x1p-53;
    double z = sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
    return set.duration * exp(set.sigma * z);
}

// The text of a member, of which JSON may write "/" as "\/". Owned.
static char *text_of(const char *body, const char *name)
{
    const char *at = strstr(body, name);
    at = at ? strchr(at + strlen(name), '"') : NULL;
    const char *end = at ? strchr(at + 1, '"') : NULL;
    if (!end)
        return NULL;
    char *text = malloc((size_t)(end - at)), *to = text;
    if (!text)
        die("memory");
    for (at++; at < end; at++) {
        if (*at != '\\')
            *to++ = *at;
    }
    *to = '\0';
    return text;
}

struct id {
    char text[64];
};

static struct id id_of(size_t task)
{
    struct id id;
    snprintf(id.text, sizeof(id.text), "%08zx-0000-4000-8000-000000000000",
             task);
    return id;
}

static void submit(struct wire *w, const char *body, bool official)
{
    tasks = grown(tasks, n_tasks, &cap_tasks, sizeof(*tasks));
    size_t i = n_tasks++;
    tasks[i] = (struct task){.end = now_ms() + duration_of(i)};
    if (set.callbacks)
        tasks[i].callback = text_of(body, "\"callback_url\"");
    dues_push(&ends, tasks[i].end, i);
    count.submits++;
    if (++count.running > count.running_max)
        count.running_max = count.running;
    if (official)
        wire_say(w, 200, "{\"id\":\"%s\"}", id_of(i).text);
    else
        wire_say(w, 200,
                 "{\"code\":200,\"msg\":\"success\",\"data\":{\"task_id\":"
                 "\"%s\"},\"exec_time\":0.067573}",
                 id_of(i).text);
}

// The body of a callback, and `data` of a feed.
static int task_json(char *to, size_t size, size_t i)
{
    char url[128] = "null";
    bool done = tasks[i].ended;
    if (done)
        snprintf(url, sizeof(url), "\"http://127.0.0.1:%d/clips/%s.mp4\"", port,
                 id_of(i).text);
    return snprintf(
        to, size,
        "{\"task_id\":\"%s\",\"state\":\"%s\",\"status\":\"%s\","
        "\"prompt\":\"a pier\",\"prompt_en\":\"a pier\",\"video_url\":%s,"
        "\"raw_video_url\":null,\"poster\":null,\"last_frame\":null,"
        "\"msg\":null,\"point\":\"25\",\"refund\":\"0\","
        "\"create_time\":\"1734078348\",\"update_time\":\"1734078452\"}",
        id_of(i).text, done ? "succeeded" : "processing", done ? "3" : "1",
        url);
}

static void say_official(struct wire *w, size_t i)
{
    char more[128] = ",\"progress\":0.5";
    if (tasks[i].ended)
        snprintf(more, sizeof(more),
                 ",\"output\":[\"http://127.0.0.1:%d/clips/%s.mp4\"]", port,
                 id_of(i).text);
    wire_say(w, 200,
             "{\"id\":\"%s\",\"createdAt\":\"2026-11-22T09:52:46.000Z\","
             "\"status\":\"%s\"%s}",
             id_of(i).text, tasks[i].ended ? "SUCCEEDED" : "RUNNING", more);
}

static void say_reverse(struct wire *w, size_t i)
{
    char data[1024];
    task_json(data, sizeof(data), i);
    wire_say(w, 200,
             "{\"code\":200,\"msg\":\"success\",\"exec_time\":0.0125,"
             "\"data\":%s}",
             data);
}

static void poll_task(struct wire *w, const char *id, bool official)
{
    size_t i = id ? strtoul(id, NULL, 16) : n_tasks;
    count.polls++;
    if (i >= n_tasks) {
        wire_say(w, official ? 404 : 400,
                 "{\"error\":\"Could not find Task\","
                 "\"code\":\"task_not_exist\"}");
        return;
    }
    if (tasks[i].ended && !tasks[i].seen) {
        tasks[i].seen = true;
        lags = grown(lags, n_lags, &cap_lags, sizeof(*lags));
        lags[n_lags++] = now_ms() - tasks[i].end;
    }
    if (official)
        say_official(w, i);
    else
        say_reverse(w, i);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of the first poll that found a task ended, how long after its end it came.
static void stats(struct wire *w)
{
    double sum = 0;
    if (n_lags)
        qsort(lags, n_lags, sizeof(*lags), by_size);
    for (size_t i = 0; i < n_lags; i++)
        sum += lags[i];
    wire_say(
        w, 200,
        "{\"connections\":%ld,\"requests\":%ld,\"submits\":%ld,\"polls\":%ld,"
        "\"clips\":%ld,\"callbacks\":%ld,\"callbacks_unanswered\":%ld,"
        "\"running\":%ld,\"running_max\":%ld,\"lag\":{\"n\":%zu,"
        "\"mean_ms\":%.3f,\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"max_ms\":%.3f}}\n",
        count.connections, count.requests, count.submits, count.polls,
        count.clips, count.callbacks, count.unanswered, count.running,
        count.running_max, n_lags, n_lags ? sum / (double)n_lags : 0,
        n_lags ? lags[n_lags / 2] : 0, n_lags ? lags[n_lags * 95 / 100] : 0,
        n_lags ? lags[n_lags - 1] : 0);
}

static void organization(struct wire *w)
{
    wire_say(
        w, 200,
        "{\"creditBalance\":1000000000,\"tier\":{\"maxMonthlyCreditSpend\":"
        "1000000000,\"models\":{\"gen4.5\":{\"maxConcurrentGenerations\":"
        "1000000,\"maxDailyGenerations\":100000000},\"gen4_turbo\":{"
        "\"maxConcurrentGenerations\":1000000,\"maxDailyGenerations\":"
        "100000000}}},\"usage\":{\"models\":{}}}");
}

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static void reverse(struct wire *w, const char *path, const char *body)
{
    if (!starts(path, "/feed") && !starts(path, "/v1/feed")) {
        submit(w, body, false);
        return;
    }
    char *id = text_of(body, "\"task_id\"");
    poll_task(w, id, false);
    free(id);
}

static void official(struct wire *w, const char *head, const char *path,
                     const char *body)
{
    if (starts(path, "/organization"))
        organization(w);
    else if (starts(head, "POST"))
        submit(w, body, true);
    else if (starts(head, "DELETE"))
        wire_say(w, 200, "{}");
    else
        poll_task(w, path + strlen("/tasks/"), true);
}

// `head`: "POST /path HTTP/1.1…"
static void answer(struct wire *w, char *head, char *body)
{
    const char *path = strchr(head, ' ');
    path = path ? path + 1 : "";
    if (starts(path, "/stats")) {
        stats(w);
        return;
    }
    count.requests++;
    if (starts(path, "/runway/")) {
        reverse(w, path + strlen("/runway"), body);
    } else if (starts(path, "/v1/")) {
        official(w, head, path + strlen("/v1"), body);
    } else if (starts(path, "/clips/")) {
        count.clips++;
        wire_give(w, "video/mp4", clip, clip_len);
    } else {
        wire_say(w, 404, "{\"error\":\"no such route\"}");
    }
}

// One callback by a connection that is free.
static void call_back(struct wire *w, size_t task)
{
    const char *url = tasks[task].callback;
    const char *host = strstr(url, "//");
    const char *colon = host ? strchr(host + 2, ':') : NULL;
    const char *path = host ? strchr(host + 2, '/') : NULL;
    unsigned to = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 80;
    count.callbacks++;
    if (!path || !wire_connect(w, to)) {
        count.unanswered++;
        return;
    }
    char body[1024], all[4096];
    int len = task_json(body, sizeof(body), task);
    int n = snprintf(all, sizeof(all),
                     "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                     "Content-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     path, to, len, body);
    w->busy = true;
    wire_put(w, all, (size_t)n);
}

static void call_all_back(void)
{
    for (size_t i = 0; i < CALLERS && at_calls < n_calls; i++) {
        while (!callers[i].busy && at_calls < n_calls)
            call_back(&callers[i], calls[at_calls++]);
    }
}

static void called_back(struct wire *w, char *head, char *body)
{
    (void)head, (void)body;
    w->busy = false;
}

static void on_wire(struct wire *w, uint32_t events)
{
    bool out = w->out, busy = w->busy;
    bool open = wire_turn(w, events, out ? called_back : answer);
    if (!open && busy)
        count.unanswered++;
    if (out)
        call_all_back();
}

// End what is over. Milliseconds until the next end, or -1.
static int end_tasks(void)
{
    double at = now_ms();
    while (ends.n && ends.heap[0].at <= at) {
        size_t i = dues_pop(&ends).what;
        tasks[i].ended = true;
        count.running--;
        if (!tasks[i].callback)
            continue;
        calls = grown(calls, n_calls, &cap_calls, sizeof(*calls));
        calls[n_calls++] = i;
    }
    call_all_back();
    return ends.n ? (int)(ends.heap[0].at - at) + 1 : -1;
}

static void read_clip(void)
{
    FILE *f = set.clip ? fopen(set.clip, "rb") : NULL;
    if (set.clip && !f)
        die(set.clip);
    size_t cap = 0;
    clip_len = f ? 0 : NO_CLIP;
    clip = grown(NULL, clip_len, &cap, 1);
    memset(clip, 0, clip_len);
    for (size_t n = 1; f && n; clip_len += n) {
        clip = grown(clip, clip_len + 65536, &cap, 1);
        n = fread(clip + clip_len, 1, 65536, f);
    }
    if (f)
        fclose(f);
}

static int number(const char *s)
{
    return (int)strtol(s, NULL, 10);
}

static void options(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'}, {"duration", 1, NULL, 'd'},
        {"seed", 1, NULL, 'r'}, {"sigma", 1, NULL, 's'},
        {"clip", 1, NULL, 'c'}, {"callbacks", 0, NULL, 'b'},
        {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0},
    };
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (o == 'p')
            set.port = number(optarg);
        else if (o == 'd')
            set.duration = number(optarg);
        else if (o == 's')
            set.sigma = strtod(optarg, NULL);
        else if (o == 'r')
            set.seed = strtoul(optarg, NULL, 10);
        else if (o == 'c')
            set.clip = optarg;
        else if (o == 'b')
            set.callbacks = true;
        else {
            fprintf(stderr,
                    "usage: bench_responder [--port N] [--duration MS] "
                    "[--sigma S] [--seed N] [--clip FILE] [--callbacks]\n");
            exit(o == 'h' ? 0 : 2);
        }
    }
}

int main(int argc, char **argv)
{
    options(argc, argv);
    read_clip();
    many_files();
    for (size_t i = 0; i < CALLERS; i++)
        callers[i] = (struct wire){.fd = -1, .out = true};
    int listener = wire_listen(set.port, &port);
    printf("http://127.0.0.1:%d\n", port);
    fflush(stdout);
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(wire_epoll(), events, EVENTS, end_tasks());
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                on_wire(events[i].data.ptr, events[i].events);
            else
                count.connections += wire_accept(listener);
        }
    }
}
