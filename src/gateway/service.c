#include "gateway/service.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "gateway/callback.h"
#include "gateway/jobs.h"
#include "gateway/routes.h"
#include "gateway/submit.h"
#include "gateway/task.h"
#include "gateway/users.h"
#include "loop/loop.h"
#include "net/client.h"
#include "net/server.h"

#define PART_PREFIX "part."
#define CONNECTIONS_MAX 256 // each may bring a body of megabytes

struct service {
    const struct gateway_options *options;
    int data_lock;
    char *assets;
    char *authority; // "127.0.0.1:8787"
    struct loop *loop;
    struct loop_signal *term, *interrupt;
    struct net_client *client;
    struct tasks *tasks;
    struct jobs *jobs;
    struct callbacks *callbacks;
    struct users *users;
    struct net_server *server;
    struct rehearsal *rehearsal;
    struct routes routes;
    int64_t began_ms;
    bool ending;
};

static void end(void *arg)
{
    struct service *s = arg;
    s->ending = true;
}

static void on_changed(void *arg, struct task *task)
{
    struct service *s = arg;
    callbacks_changed(s->callbacks, task);
    jobs_kick(s->jobs);
}

static void on_owed(void *arg, struct task *task)
{
    struct service *s = arg;
    callbacks_changed(s->callbacks, task);
}

// --- the data folder

// What a render left that did not come to its end.
static void sweep_parts(const char *assets)
{
    DIR *dir = opendir(assets);
    if (!dir)
        return;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        if (text_starts(entry->d_name, PART_PREFIX))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

static bool open_data(struct service *s, struct err *err)
{
    const char *dir = s->options->data_dir;
    s->assets = path_join(dir, "assets");
    if (!path_mkdirs(s->assets, err))
        return false;
    char *lock = path_join(dir, "data.lock");
    s->data_lock = file_lock(lock, FILE_TRY, err);
    free(lock);
    if (s->data_lock == FILE_LOCK_HELD)
        return err_set(err, ERR_DISK,
                       "%s: another gateway uses this folder; end it, or give "
                       "this one a folder of its own with --data DIR",
                       dir);
    if (s->data_lock < 0)
        return false;
    sweep_parts(s->assets);
    s->tasks = tasks_open(s->loop, dir, &clock_system, err);
    return s->tasks != NULL;
}

// --- the address

// The port in an address file of ours, or 0.
static uint16_t port_before(const char *address)
{
    size_t len;
    char *text = file_read(address, 4096, &len, NULL);
    struct value *v = text ? json_read(text, len, JSON_STRICT, NULL) : NULL;
    const char *url = value_get_text(v, "url");
    const char *colon = url ? strrchr(url, ':') : NULL;
    long port = colon ? strtol(colon + 1, NULL, 10) : 0;
    value_free(v);
    free(text);
    return port > 0 && port < 65536 ? (uint16_t)port : 0;
}

static bool listen_at(struct service *s, uint16_t port, struct err *err)
{
    s->server = net_server_listen(s->loop,
                                  &(struct net_server_spec){
                                      .host = s->options->host,
                                      .port = port,
                                      .body_max = SUBMIT_BODY_MAX,
                                      .connections = CONNECTIONS_MAX,
                                      .handle = routes_handle,
                                      .arg = &s->routes,
                                  },
                                  err);
    return s->server != NULL;
}

// Runs take any port rather than none; a person is told.
static bool listen_somewhere(struct service *s, struct err *err)
{
    const struct gateway_options *o = s->options;
    uint16_t port = (uint16_t)o->port;
    if (o->port < 0)
        port = o->users ? port_before(o->address) : OPTIONS_PORT_BY_HAND;
    struct err why;
    if (listen_at(s, port, &why))
        return true;
    if (o->users && port != 0)
        return listen_at(s, 0, err);
    return err_set(err, ERR_DISK,
                   "%s; give another port with --listen %s:PORT (0: any free "
                   "one)",
                   why.text, o->host);
}

// Where a client on this machine reaches us.
static char *authority_of(const struct service *s)
{
    const char *host = s->options->host;
    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    if (strcmp(host, "::") == 0)
        host = "::1";
    return xasprintf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host,
                     net_server_port(s->server));
}

// In `users` mode the starter reads the same line from our stdout.
static bool tell_address(const struct service *s, struct err *err)
{
    const struct gateway_options *o = s->options;
    char *url = xasprintf("http://%s", s->authority);
    struct value *v = value_map();
    value_set(v, "url", value_str(url));
    value_set(v, "pid", value_int(getpid()));
    value_set(v, "version", value_str(TARMAC_VERSION));
    if (o->faults)
        value_set(v, "faults", value_str(faults_text(o->faults)));
    char *json = json_text(v);
    char *line = xasprintf("%s\n", json);
    bool ok =
        !o->address || file_write(o->address, line, strlen(line), 0644, err);
    if (ok && o->users)
        printf("%s", line);
    else if (ok)
        printf("tarmac gateway: %s (data in %s)\n", url, o->data_dir);
    fflush(stdout);
    free(line);
    free(json);
    value_free(v);
    free(url);
    return ok;
}

// --- from beginning to end

static bool begin(struct service *s, struct err *err)
{
    const struct gateway_options *o = s->options;
    s->loop = loop_new();
    s->term = loop_signal_new(s->loop, SIGTERM, end, s);
    s->interrupt = loop_signal_new(s->loop, SIGINT, end, s);
    s->client = net_client_new(s->loop, err);
    if (!s->client || !open_data(s, err))
        return false;
    s->jobs = jobs_new(&(struct jobs_spec){
        .loop = s->loop,
        .tasks = s->tasks,
        .client = s->client,
        .clock = &clock_system,
        .assets = s->assets,
        .latency_ms = o->latency_ms,
        .draft = o->draft,
    });
    if (o->faults)
        s->rehearsal = rehearsal_new(s->loop, s->tasks, o->faults);
    s->callbacks = callbacks_new(s->loop, s->client, s->tasks, s->rehearsal);
    s->routes = (struct routes){.loop = s->loop,
                                .tasks = s->tasks,
                                .assets = s->assets,
                                .key = o->key,
                                .began_ms = s->began_ms,
                                .rehearsal = s->rehearsal,
                                .draft = o->draft};
    if (!listen_somewhere(s, err))
        return false;
    s->authority = authority_of(s);
    s->routes.authority = s->authority;
    if (o->users) {
        s->users = users_open(s->loop, o->users, o->lock, end, s, err);
        if (!s->users)
            return false;
    }
    return tell_address(s, err);
}

// Submits that were taken are recorded and answered; renders stop. What is
// told last is that nobody finds us any more.
static void drain(struct service *s)
{
    bool ours = !s->users || users_may_come(s->users);
    if (ours && s->options->address && unlink(s->options->address) != 0 &&
        errno != ENOENT)
        log_warn("gateway: %s: %s", s->options->address, strerror(errno));
    s->routes.closing = true;
    jobs_stop(s->jobs);
    while (!jobs_idle(s->jobs) || s->routes.reading > 0 ||
           !tasks_idle(s->tasks))
        loop_once(s->loop, true);
}

// The users' lock goes last: who gets it finds port and data folder free.
static void clean(struct service *s)
{
    rehearsal_free(s->rehearsal);
    if (s->server)
        net_server_free(s->server);
    callbacks_free(s->callbacks);
    jobs_free(s->jobs);
    if (s->client)
        net_client_free(s->client);
    tasks_free(s->tasks);
    if (s->data_lock >= 0)
        close(s->data_lock);
    users_free(s->users);
    loop_signal_free(s->term);
    loop_signal_free(s->interrupt);
    loop_free(s->loop);
    free(s->authority);
    free(s->assets);
}

bool service_run(const struct gateway_options *options, struct err *err)
{
    struct service s = {.options = options,
                        .began_ms = clock_mono_ms(&clock_system),
                        .data_lock = -1};
    bool ok = begin(&s, err);
    if (ok) {
        tasks_watch(s.tasks, on_changed, &s);
        tasks_each_owed(s.tasks, on_owed, &s);
        jobs_kick(s.jobs);
        while (!s.ending)
            loop_once(s.loop, true);
        drain(&s);
    }
    clean(&s);
    return ok;
}
