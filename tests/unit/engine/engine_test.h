// What the tests of whole purchases share: a state folder, an engine, and a
// checker that believes every file which begins with "FAKEVIDEO", or as an MP4
// does.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/engine.h"
#include "ledger/runs.h"
#include "net/client.h"
#include "service.h"

#define DEADLINE_MS 20000
// --- a run
struct fixture {
    char *dir, *state, *media;
    struct loop *loop;
    struct ledger *ledger;
    struct store *store;
    struct run_lock lock;
    struct service service;
    struct gateway gateway;
    struct engine *engine;
    struct engine_config config;
    int shared, warnings, keys;
    char *warning;
    char url[64], origin[64];
};

static inline bool on_key(void *arg, const char *origin, char **key,
                          struct err *err)
{
    (void)err;
    struct fixture *f = arg;
    assert_string_equal(origin, f->origin);
    f->keys++;
    *key = xstrdup("secret");
    return true;
}

static inline void on_note(void *arg, enum engine_note note,
                           const struct purchase *p, const char *text)
{
    (void)p;
    struct fixture *f = arg;
    f->shared += note == ENGINE_SHARED;
    if (note != ENGINE_WARNING)
        return;
    f->warnings++;
    free(f->warning);
    f->warning = xstrdup(text);
}

static inline void begin_run(struct fixture *f)
{
    struct err err;
    if (!run_lock_take(&f->lock, f->state, &err))
        fail_msg("%s", err.text);
    f->ledger = ledger_open(f->loop, f->state, &err);
    assert_non_null(f->ledger);
    f->config = (struct engine_config){.loop = f->loop,
                                       .ledger = f->ledger,
                                       .store = f->store,
                                       .clock = &clock_system,
                                       .state_dir = f->state,
                                       .run = f->lock.id,
                                       .recipe = "test",
                                       .base_dir = f->dir,
                                       .media_program = f->media,
                                       .budget = -1,
                                       .unknown_wait_ms = 300,
                                       .timeout_ms = 30 * 60 * 1000,
                                       .key = on_key,
                                       .note = on_note,
                                       .arg = f};
    ledger_run_begin(f->ledger, f->lock.id, "test", "[]", 1, NULL, NULL);
}

static inline void start_engine(struct fixture *f)
{
    struct err err;
    f->engine = engine_new(&f->config, &err);
    assert_non_null(f->engine);
}

static inline void end_run(struct fixture *f)
{
    engine_free(f->engine);
    f->engine = NULL;
    ledger_close(f->ledger);
    run_lock_drop(&f->lock);
}

// As if this run had been killed, and another came.
static inline void next_run(struct fixture *f)
{
    end_run(f);
    begin_run(f);
    start_engine(f);
}

static inline int setup(void **state)
{
    static const char worker[] =
        "#!/usr/bin/python3\n"
        "import json, os, sys\n"
        "def put(path, data):\n" // whole or not at all: it may be killed
        "    part = f'{path}.{os.getpid()}'\n"
        "    open(part, 'wb').write(data)\n"
        "    os.link(part, path)\n" // refused where one is
        "    os.unlink(part)\n"
        "for line in sys.stdin:\n"
        "    q = json.loads(line)\n"
        "    text = open(q['path'], 'rb').read()\n"
        "    if q['op'] == 'frame' and b'NOFRAME' not in text:\n"
        "        png = b'\\x89PNG\\r\\n\\x1a\\n' + str(q['at']).encode()\n"
        "        put(q['out'], png)\n"
        "    if q['op'] == 'frame' and b'NOFRAME' in text:\n"
        "        text = b''\n"
        "    if text.startswith(b'CRASH'):\n"
        "        sys.exit(3)\n"
        "    ok = text.startswith(b'FAKEVIDEO') or text[4:8] == b'ftyp'\n"
        "    a = {'id': q['id'], 'ok': ok,\n"
        "         'error': 'no video', 'seconds': 5.0, 'width': 64,\n"
        "         'height': 36, 'frames': 120, 'codec': 'h264',\n"
        "         'ext': 'mp4'}\n"
        "    print(json.dumps(a), flush=True)\n";
    struct fixture *f = xcalloc(1, sizeof(*f));
    char dir[] = "/tmp/tarmac-engine-XXXXXX";
    assert_non_null(mkdtemp(dir));
    f->dir = xstrdup(dir);
    f->state = path_join(dir, ".tarmac");
    f->media = path_join(dir, "media");
    assert_true(path_mkdirs(f->state, NULL));
    assert_true(file_write(f->media, worker, strlen(worker), 0700, NULL));
    f->loop = loop_new();
    f->store = store_open(f->dir, f->state, NULL);
    assert_non_null(f->store);
    f->service = (struct service){
        .loop = f->loop, .ends = "succeeded", .clip = "FAKEVIDEO"};
    service_listen(&f->service);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d", f->service.port);
    snprintf(f->origin, sizeof(f->origin), "%s", f->url);
    f->gateway = (struct gateway){.dialect = &test_dialect,
                                  .loopback = true,
                                  .url = f->url,
                                  .origin = f->origin,
                                  .poll_min_ms = 1,
                                  .budget = -1};
    static char name[] = "shop";
    f->gateway.name = f->gateway.identity = name;
    begin_run(f);
    start_engine(f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    struct service *s = &f->service;
    if (s->server)
        net_server_free(s->server);
    for (int i = 0; i < s->n; i++)
        free(s->sales[i].callback_url);
    free(s->authorization);
    free(s->body);
    store_free(f->store);
    loop_free(f->loop);
    scratch_remove(f->dir);
    free(f->dir);
    free(f->state);
    free(f->media);
    free(f->warning);
    free(f);
    return 0;
}

// --- turning
static inline void on_late(void *arg)
{
    *(bool *)arg = true;
}

static inline void turn_once(struct fixture *f)
{
    engine_step(f->engine);
    struct service *s = &f->service;
    if (s->held) {
        net_server_free(s->server);
        say(s->held, 500, ""); // which nobody hears
        s->held = NULL;
        service_listen(s);
    }
    loop_once(f->loop, true);
    engine_step(f->engine);
}

static inline void until_state(struct fixture *f, const struct purchase *p,
                               enum attempt_state wanted)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (purchase_state(p) != wanted && !late)
        turn_once(f);
    loop_timer_free(timer);
    if (late)
        fail_msg("still %s", attempt_state_name(purchase_state(p)));
}

static inline void until_settled(struct fixture *f, const struct purchase *p)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (!purchase_settled(p) && !late)
        turn_once(f);
    loop_timer_free(timer);
    if (late)
        fail_msg("not settled: %s", attempt_state_name(purchase_state(p)));
}

static inline void on_heard(void *arg, const struct net_response *response)
{
    *(long *)arg = response->status;
}

static inline long call_back(struct fixture *f, const char *url,
                             const char *body)
{
    long status = -1;
    struct net_client *client = net_client_new(f->loop, NULL);
    struct net_request request = {.method = "POST",
                                  .url = url,
                                  .body = body,
                                  .body_len = strlen(body),
                                  .done = on_heard,
                                  .arg = &status};
    net_send(client, &request);
    while (status < 0)
        turn_once(f);
    net_client_free(client);
    return status;
}

// Whoever listens for it may not do so at once.
static inline void until_heard(struct fixture *f, const char *url,
                               const char *body)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    while (call_back(f, url, body) != 200) {
        assert_true(clock_mono_ms(&clock_system) < end);
        turn_once(f);
    }
}

static inline struct value *request_of(const char *prompt)
{
    struct value *request = value_map();
    value_set(request, "prompt", value_str(prompt));
    value_set(request, "seconds", value_int(5));
    return request;
}

static inline struct value *request_with(const char *prompt, const char *field,
                                         struct value *v)
{
    struct value *request = request_of(prompt);
    value_set(request, field, v);
    return request;
}

static inline struct purchase *buy_request(struct fixture *f,
                                           struct value *request)
{
    struct order order = {.gateway = &f->gateway,
                          .route = "generate",
                          .request = request,
                          .take = 1,
                          .cell = "cell"};
    struct err err;
    struct purchase *p = engine_buy(f->engine, &order, &err);
    value_free(request);
    if (!p)
        fail_msg("%s", err.text);
    return p;
}

static inline struct purchase *buy(struct fixture *f, const char *prompt)
{
    return buy_request(f, request_of(prompt));
}

static inline void assert_delivered(const struct purchase *p)
{
    if (purchase_failure(p))
        fail_msg("%s: %s", purchase_failure_kind(p), purchase_failure(p));
    assert_int_equal(purchase_state(p), ATTEMPT_DELIVERED);
    assert_int_equal(purchase_clips(p), 1);
    assert_true(purchase_clip(p, 0)->id > 0);
}

// A clip for others to be made of.
static inline struct purchase *buy_wide(struct fixture *f)
{
    struct purchase *wide = buy(f, "wide");
    until_settled(f, wide);
    assert_delivered(wide);
    return wide;
}

static inline void assert_failure(const struct purchase *p, const char *kind,
                                  enum err_kind err)
{
    assert_true(purchase_settled(p));
    assert_non_null(purchase_failure_kind(p));
    assert_string_equal(purchase_failure_kind(p), kind);
    assert_int_equal(purchase_failure_err(p), err);
    assert_null(strchr(purchase_failure(p), '\n'));
}
