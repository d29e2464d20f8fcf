#include "gateway/inputs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "gateway/input.h"

const char *inputs_name(enum order_role role)
{
    static const char *const names[] = {
        [ORDER_FIRST] = "image",         [ORDER_LAST] = "last_image",
        [ORDER_FILM] = "video",          [ORDER_CHARACTER] = "character image",
        [ORDER_REFERENCE] = "reference", [ORDER_CHARACTER_FILM] = "character",
    };
    return names[role];
}

static bool is_film(enum order_role role)
{
    return role == ORDER_FILM || role == ORDER_CHARACTER_FILM;
}

void inputs_clear(struct inputs *in)
{
    for (size_t i = 0; i < in->n; i++) {
        struct input_got *g = &in->all[i];
        if (g->path && g->ours)
            unlink(g->path);
        free(g->bytes);
        free(g->path);
        free(g->url);
    }
    *in = (struct inputs){0};
}

const struct input_got *inputs_find(const struct inputs *in,
                                    enum order_role role)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->all[i].role == role)
            return &in->all[i];
    return NULL;
}

static size_t in_memory(const struct inputs *in)
{
    size_t sum = 0;
    for (size_t i = 0; i < in->n; i++)
        sum += in->all[i].len;
    return sum;
}

// --- what a source is

static bool is_data(const char *source)
{
    return strncasecmp(source, "data:", 5) == 0;
}

// A name of ours may also be one in the service of another on this machine.
static bool maybe_ours(const char *source, const char *own_host)
{
    const char *host = strstr(source, "://");
    size_t len = host ? strcspn(host + 3, "/?#") : 0;
    return host && ((strlen(own_host) == len &&
                     strncasecmp(host + 3, own_host, len) == 0) ||
                    net_is_loopback(source));
}

// Where the file of ours is that the source names; owned, NULL: there is none.
static char *find_ours(const struct inputs_place *p, const char *source,
                       const char *own_host)
{
    char *path = NULL;
    if (text_starts(source, "runway://")) {
        if (!p->uploads || !uploads_find(p->uploads, source, &path))
            return NULL;
        return path;
    }
    if (!maybe_ours(source, own_host))
        return NULL;
    const char *name = input_asset(source);
    if (name)
        path = path_join(p->assets, name);
    else if (!p->uploads || !uploads_token_of(source) ||
             !uploads_find(p->uploads, source, &path))
        return NULL;
    if (path_exists(path))
        return path;
    free(path);
    return NULL;
}

static bool allowed(const struct inputs_place *p,
                    const struct order_input *input, const char *own_host,
                    struct err *err)
{
    const char *name = inputs_name(input->role), *source = input->source;
    if (text_starts(source, "runway://"))
        return err_set(err, ERR_FORMAT, "%s: there is no such upload here",
                       name);
    char *host = net_host(source);
    if (!host)
        return err_set(err, ERR_FORMAT, "%s: is not an http or https URL",
                       name);
    bool ok = hosts_allow(p->hosts, source);
    bool ours = input_asset(source) && maybe_ours(source, own_host);
    if (!ok && ours)
        err_set(err, ERR_FORMAT, "%s: there is no such asset here", name);
    else if (!ok)
        err_set(err, ERR_FORMAT,
                "%s: this service fetches nothing from %s; --input-hosts says "
                "where from",
                name, host);
    free(host);
    return ok;
}

bool inputs_allowed(const struct inputs_place *p, const struct order *o,
                    const char *own_host, struct err *err)
{
    for (size_t i = 0; i < o->n_inputs; i++) {
        const char *source = o->inputs[i].source;
        if (is_data(source) || maybe_ours(source, own_host))
            continue;
        if (text_starts(source, "runway://"))
            continue; // its job looks for it
        if (!allowed(p, &o->inputs[i], own_host, err))
            return false;
    }
    return true;
}

// --- without the network

static char *part_path(const struct inputs_place *p, const char *id, size_t i)
{
    return xasprintf("%s/part.%s.in%zu", p->assets, id, i);
}

static bool read_data(const struct inputs_place *p, const char *source,
                      const char *id, size_t i, struct input_got *got,
                      struct err *err)
{
    size_t len;
    void *bytes = input_decode(inputs_name(got->role), source, &len, err);
    if (!bytes)
        return false;
    if (!is_film(got->role)) {
        got->bytes = bytes;
        got->len = len;
        return true;
    }
    got->path = part_path(p, id, i);
    got->ours = true;
    bool ok = file_write(got->path, bytes, len, 0644, err);
    free(bytes);
    return ok;
}

// The path is the callee's.
static bool read_ours(char *path, struct input_got *got, struct err *err)
{
    if (is_film(got->role)) {
        got->path = path;
        return true;
    }
    got->bytes = file_read(path, INPUTS_PICTURE_MAX, &got->len, err);
    free(path);
    // It was there a moment ago, and may be somebody's film.
    if (!got->bytes)
        return err_set(err, ERR_FORMAT, "%s: cannot be read, or is too large",
                       inputs_name(got->role));
    return true;
}

static bool read_one(const struct inputs_place *p,
                     const struct order_input *input, const char *own_host,
                     const char *id, size_t i, struct input_got *got,
                     struct err *err)
{
    if (is_data(input->source))
        return read_data(p, input->source, id, i, got, err);
    char *path = find_ours(p, input->source, own_host);
    if (path)
        return read_ours(path, got, err);
    if (!allowed(p, input, own_host, err))
        return false;
    got->url = xstrdup(input->source);
    return true;
}

bool inputs_read(const struct inputs_place *p, const struct order *o,
                 const char *own_host, const char *id, struct inputs *out,
                 struct err *err)
{
    *out = (struct inputs){0};
    for (size_t i = 0; i < o->n_inputs; i++) {
        struct input_got *got = &out->all[out->n++];
        *got = (struct input_got){.role = o->inputs[i].role};
        if (!read_one(p, &o->inputs[i], own_host, id, i, got, err))
            return false;
        if (in_memory(out) > INPUTS_MEMORY_MAX)
            return err_set(err, ERR_FORMAT,
                           "%s: the pictures are larger than %u MiB together",
                           inputs_name(got->role), INPUTS_MEMORY_MAX >> 20);
    }
    return true;
}

// --- from other machines

struct inputs_fetch {
    struct net_client *client;
    const struct inputs_place *place;
    char *id;
    struct inputs *inputs;
    size_t at;
    struct net_exchange *exchange;
    int fd; // a film goes here as it comes; -1: none
    size_t bytes;
    struct err disk; // why the file could not be written
    void (*done)(void *arg, const struct err *err);
    void *arg;
};

static void close_file(struct inputs_fetch *f)
{
    if (f->fd >= 0 && close(f->fd) != 0 && f->disk.kind == ERR_NONE)
        err_errno(&f->disk, ERR_DISK, "%s", f->inputs->all[f->at].path);
    f->fd = -1;
}

static void fetch_free(struct inputs_fetch *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->id);
    free(f);
}

static void end_with(struct inputs_fetch *f, const struct err *err)
{
    void (*done)(void *arg, const struct err *err) = f->done;
    void *arg = f->arg;
    fetch_free(f);
    done(arg, err);
}

static bool fetch_next(struct inputs_fetch *f);

static bool on_headers(void *arg, const struct net_response *r)
{
    (void)arg;
    return r->status == 200;
}

static bool on_bytes(void *arg, const void *bytes, size_t len)
{
    struct inputs_fetch *f = arg;
    f->bytes += len;
    if (f->bytes > INPUTS_FILM_MAX)
        return false;
    if (file_write_all(f->fd, bytes, len))
        return true;
    return err_errno(&f->disk, ERR_DISK, "%s", f->inputs->all[f->at].path);
}

// What is wrong with an answer; false when nothing is.
static bool is_wrong(const struct inputs_fetch *f, const struct net_response *r,
                     struct err *err)
{
    const struct input_got *got = &f->inputs->all[f->at];
    const char *name = inputs_name(got->role);
    size_t len = is_film(got->role) ? f->bytes : r->body_len;
    size_t most = is_film(got->role) ? INPUTS_FILM_MAX : INPUTS_PICTURE_MAX;
    if (f->disk.kind != ERR_NONE)
        *err = f->disk;
    else if (r->barred)
        err_set(err, ERR_FORMAT,
                "%s: %s; --input-hosts says what may be called", name,
                r->error);
    else if (r->status >= 300 && r->status < 400)
        err_set(err, ERR_FORMAT,
                "%s: answered HTTP %ld; redirects are not followed", name,
                r->status);
    else if (r->status != 0 && r->status != 200)
        err_set(err, ERR_FORMAT, "%s: answered HTTP %ld", name, r->status);
    else if (f->bytes > most || r->result == NET_STOPPED)
        err_set(err, ERR_FORMAT, "%s: is larger than %zu MiB", name,
                most >> 20);
    else if (r->result != NET_ANSWERED)
        err_set(err, ERR_NET, "%s: %s", name, r->error);
    else if (len == 0)
        err_set(err, ERR_FORMAT, "%s: answered nothing", name);
    else if (!is_film(got->role) &&
             len + in_memory(f->inputs) > INPUTS_MEMORY_MAX)
        err_set(err, ERR_FORMAT,
                "%s: the pictures are larger than %u MiB together", name,
                INPUTS_MEMORY_MAX >> 20);
    else
        return false;
    return true;
}

static void on_fetched(void *arg, const struct net_response *r)
{
    struct inputs_fetch *f = arg;
    struct input_got *got = &f->inputs->all[f->at];
    struct err err;
    f->exchange = NULL;
    close_file(f);
    if (is_wrong(f, r, &err)) {
        end_with(f, &err);
        return;
    }
    if (!is_film(got->role)) {
        got->bytes = xmalloc(r->body_len);
        memcpy(got->bytes, r->body, r->body_len);
        got->len = r->body_len;
    }
    free(got->url);
    got->url = NULL;
    if (!fetch_next(f))
        end_with(f, f->disk.kind == ERR_NONE ? NULL : &f->disk);
}

// False: nothing is left to fetch, or f->disk says why it cannot be.
static bool fetch_next(struct inputs_fetch *f)
{
    struct inputs *in = f->inputs;
    for (f->at = 0; f->at < in->n && !in->all[f->at].url; f->at++) {
    }
    if (f->at == in->n)
        return false;
    struct input_got *got = &in->all[f->at];
    bool film = is_film(got->role);
    f->bytes = 0;
    if (film) {
        free(got->path);
        got->path = part_path(f->place, f->id, f->at);
        got->ours = true;
        f->fd = open(got->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (f->fd < 0)
            return err_errno(&f->disk, ERR_DISK, "%s", got->path);
    }
    enum net_reach reach = hosts_reach(f->place->hosts, got->url);
    f->exchange =
        net_send(f->client, &(struct net_request){
                                .method = "GET",
                                .url = got->url,
                                .body_max = INPUTS_PICTURE_MAX,
                                .timeout_ms = INPUTS_FETCH_MS,
                                .reach = reach,
                                .direct = reach != NET_REACH_ANY,
                                .headers_done = film ? on_headers : NULL,
                                .sink = film ? on_bytes : NULL,
                                .done = on_fetched,
                                .arg = f,
                            });
    return true;
}

struct inputs_fetch *
inputs_fetch(struct net_client *client, const struct inputs_place *place,
             const char *id, struct inputs *inputs,
             void (*done)(void *arg, const struct err *err), void *arg,
             struct err *err)
{
    struct inputs_fetch *f = xcalloc(1, sizeof *f);
    f->fd = -1;
    f->client = client;
    f->place = place;
    f->id = xstrdup(id);
    f->inputs = inputs;
    f->done = done;
    f->arg = arg;
    if (fetch_next(f))
        return f;
    *err = f->disk;
    fetch_free(f);
    return NULL;
}

void inputs_fetch_stop(struct inputs_fetch *f)
{
    if (f->exchange)
        net_cancel(f->exchange);
    fetch_free(f);
}
