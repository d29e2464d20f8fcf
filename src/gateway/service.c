#include "gateway/service.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "gateway/access.h"
#include "gateway/callback.h"
#include "gateway/hosts.h"
#include "gateway/jobs.h"
#include "gateway/reverse_order.h"
#include "gateway/routes.h"
#include "gateway/task.h"
#include "gateway/users.h"
#include "loop/loop.h"
#include "net/client.h"
#include "net/server.h"

#define PART_PREFIX "part."
#define WRITE_PREFIX ".tmp-" // of file_write()
// ROUTES_BODIES_MAX is over what all of them bring.
#define CONNECTIONS_MAX 12000
#define CONNECTIONS_LEAST 256
#define FILES_EACH 2     // descriptors of a connection: the clip that it reads
#define FILES_BESIDE 256 // those that are no connections of clients

struct service {
    const struct gateway_options *options;
    int data_lock;
    char *assets;
    char *authority; // "127.0.0.1:8787"
    struct loop *loop;
    struct loop_signal *term, *interrupt;
    struct net_client *client;
    struct tasks *tasks;
    struct uploads *uploads;
    struct jobs *jobs;
    struct callbacks *callbacks;
    struct users *users;
    struct net_server *server;
    struct rehearsal *rehearsal;
    struct wire *wire;
    struct hosts *input_hosts, *callback_hosts;
    struct access_log *access;
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
    jobs_changed(s->jobs, task); // which may have it run: a change of its own
}

static void on_look(void *arg, struct task *task)
{
    struct service *s = arg;
    jobs_look(s->jobs, task);
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
        if (text_starts(entry->d_name, PART_PREFIX) ||
            text_starts(entry->d_name, WRITE_PREFIX))
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
    char *uploads = path_join(dir, "uploads");
    s->uploads = uploads_open(s->loop, uploads, &clock_system, err);
    free(uploads);
    if (s->uploads)
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

static void on_served(void *arg, const struct net_served *served)
{
    const struct routes *r = arg;
    access_served(r->access, served);
}

// As many as the system lets us have: the usual limit is low only for programs
// that use select().
static unsigned connections_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 0;
    rlim_t most = FILES_EACH * CONNECTIONS_MAX + FILES_BESIDE;
    rlim_t want = files.rlim_max < most ? files.rlim_max : most;
    if (files.rlim_cur < want) {
        files.rlim_cur = want;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            getrlimit(RLIMIT_NOFILE, &files);
    }
    rlim_t n = files.rlim_cur > FILES_BESIDE
                   ? (files.rlim_cur - FILES_BESIDE) / FILES_EACH
                   : 0;
    return n > CONNECTIONS_MAX     ? CONNECTIONS_MAX
           : n < CONNECTIONS_LEAST ? CONNECTIONS_LEAST
                                   : (unsigned)n;
}

static bool listen_at(struct service *s, uint16_t port, struct err *err)
{
    s->server = net_server_listen(s->loop,
                                  &(struct net_server_spec){
                                      .host = s->options->host,
                                      .port = port,
                                      .body_max = REVERSE_BODY_MAX,
                                      .body_max_of = routes_body_max,
                                      .wants_body = routes_wants_body,
                                      .bodies_max = ROUTES_BODIES_MAX,
                                      .connections = connections_max(),
                                      .handle = routes_handle,
                                      .served = s->access ? on_served : NULL,
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

static bool open_access(struct service *s, struct err *err)
{
    const char *path = s->options->access_log;
    s->access = path ? access_open(path, err) : NULL;
    return !path || s->access;
}

static struct hosts *read_hosts(const char *option, const char *list,
                                struct err *err)
{
    struct err why;
    struct hosts *hosts = hosts_parse(list, &why);
    if (!hosts)
        err_set(err, why.kind, "--%s: %s", option, why.text);
    return hosts;
}

static bool open_hosts(struct service *s, struct err *err)
{
    const struct gateway_options *o = s->options;
    s->input_hosts = read_hosts("input-hosts", o->input_hosts, err);
    if (s->input_hosts)
        s->callback_hosts =
            read_hosts("callback-hosts", o->callback_hosts, err);
    return s->callback_hosts != NULL;
}

// --- from beginning to end

static bool begin(struct service *s, struct err *err)
{
    const struct gateway_options *o = s->options;
    s->loop = loop_new();
    s->term = loop_signal_new(s->loop, SIGTERM, end, s);
    s->interrupt = loop_signal_new(s->loop, SIGINT, end, s);
    s->client = net_client_new(s->loop, err);
    s->wire = s->client ? wire_open(err) : NULL;
    if (!s->wire || !open_hosts(s, err) || !open_data(s, err) ||
        !open_access(s, err))
        return false;
    tasks_callback_hosts(s->tasks, s->callback_hosts);
    s->jobs = jobs_new(&(struct jobs_spec){
        .loop = s->loop,
        .tasks = s->tasks,
        .client = s->client,
        .clock = &clock_system,
        .wire = s->wire,
        .assets = s->assets,
        .input_hosts = s->input_hosts,
        .uploads = s->uploads,
        .renders = o->renders,
        .latency_ms = o->latency_ms,
        .draft = o->draft,
        .same_clip = o->same_clip,
    });
    if (o->faults)
        s->rehearsal = rehearsal_new(s->loop, s->tasks, o->faults);
    s->callbacks = callbacks_new(s->loop, s->client, s->tasks, s->rehearsal,
                                 s->callback_hosts);
    s->routes = (struct routes){.loop = s->loop,
                                .tasks = s->tasks,
                                .assets = s->assets,
                                .key = o->key,
                                .began_ms = s->began_ms,
                                .rehearsal = s->rehearsal,
                                .wire = s->wire,
                                .uploads = s->uploads,
                                .inputs = jobs_place(s->jobs),
                                .profile = o->profile,
                                .shape = o->shape,
                                .tier = o->tier,
                                .credits = o->credits,
                                .access = s->access,
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
    uploads_free(s->uploads);
    if (s->data_lock >= 0)
        close(s->data_lock);
    users_free(s->users);
    loop_signal_free(s->term);
    loop_signal_free(s->interrupt);
    loop_free(s->loop);
    wire_free(s->wire);
    hosts_free(s->input_hosts);
    hosts_free(s->callback_hosts);
    access_free(s->access);
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
        tasks_on_look(s.tasks, on_look, &s);
        tasks_each_owed(s.tasks, on_owed, &s);
        jobs_kick(s.jobs);
        while (!s.ending)
            loop_once(s.loop, true);
        drain(&s);
    }
    clean(&s);
    return ok;
}
