// What a call brings: its body as it is, or, of multipart/form-data, its fields
// one by one, so that a file of megabytes is held once and not searched again.

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/answer.h"

#define FIELDS_MAX 32
#define PARSER_BUFFER 32768

struct net_field {
    struct net_field *next;
    char *name, *filename; // filename NULL: not a file
    struct buf bytes;
};

// The length that the headers announce; MHD has checked that it is a number.
static unsigned long long announced(const struct net_call *call)
{
    const char *text = net_call_header(call, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text ? strtoull(text, NULL, 10) : 0;
}

// MHD may tell of a field before it has any of its bytes, and then begins it
// anew. An empty field is taken for that when another of its name follows.
static bool told_before(const struct net_field *last, const char *name)
{
    return last && last->bytes.len == 0 && strcmp(last->name, name) == 0;
}

// What others hold leaves this much.
static size_t room(const struct net_call *call)
{
    size_t max = call->bodies->max;
    if (max == 0)
        return SIZE_MAX;
    return max > call->bodies->held ? max - call->bodies->held : 0;
}

static enum MHD_Result on_field(void *arg, enum MHD_ValueKind kind,
                                const char *name, const char *filename,
                                const char *type, const char *encoding,
                                const char *bytes, uint64_t at, size_t len)
{
    (void)kind, (void)type, (void)encoding;
    struct net_call *call = arg;
    struct net_field **end = &call->fields, *last = NULL;
    size_t n = 0;
    for (; *end; end = &(*end)->next, n++)
        last = *end;
    if (!name)
        return MHD_NO;
    if (at == 0 && !told_before(last, name)) {
        if (n >= FIELDS_MAX)
            return MHD_NO;
        last = *end = xcalloc(1, sizeof(*last));
        last->name = xstrdup(name);
        last->filename = xstrdup(filename);
        buf_init(&last->bytes, call->body.max);
    }
    return last && buf_add(&last->bytes, bytes, len) ? MHD_YES : MHD_NO;
}

void net_body_begin(struct net_call *call, struct net_bodies *bodies,
                    size_t max)
{
    static const char form[] = "multipart/form-data";
    bodies->users++;
    call->bodies = bodies;
    buf_init(&call->body, max);
    unsigned long long len = announced(call);
    if (len > max)
        call->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    else if (call->wanted && len > room(call))
        call->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
    const char *type = net_call_header(call, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (call->refused || !call->wanted || !type ||
        strncasecmp(type, form, sizeof(form) - 1) != 0)
        return;
    call->form = MHD_create_post_processor(call->connection, PARSER_BUFFER,
                                           on_field, call);
    call->form_broken = !call->form;
}

static void keep(struct net_call *call, const char *bytes, size_t len)
{
    size_t before = call->body.len;
    if (call->form_broken)
        return; // what follows means nothing
    if (!call->form)
        buf_add(&call->body, bytes, len);
    else if (MHD_post_process(call->form, bytes, len) != MHD_YES)
        call->form_broken = true;
    size_t more = call->form ? len : call->body.len - before;
    call->held += more;
    call->bodies->held += more;
}

// A body of unknown length is read a little beyond its ceiling, so that an
// honest client can still be told; then the connection is closed.
bool net_body_take(struct net_call *call, const char *bytes, size_t len)
{
    size_t max = call->body.max;
    if (len > max || call->received > max - len)
        call->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    else if (!call->refused && call->wanted && len > room(call))
        call->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
    call->received += len;
    if (call->received / 2 > max)
        return false;
    if (!call->refused && call->wanted)
        keep(call, bytes, len);
    return true;
}

// The parser reads the connection's headers: it must go before that does.
static void end_form(struct net_call *call)
{
    if (call->form && MHD_destroy_post_processor(call->form) != MHD_YES)
        call->form_broken = true;
    call->form = NULL;
}

void net_body_end(struct net_call *call)
{
    call->is_form = call->form || call->form_broken;
    end_form(call);
}

void net_body_free(struct net_call *call)
{
    end_form(call);
    while (call->fields) {
        struct net_field *field = call->fields;
        call->fields = field->next;
        free(field->name);
        free(field->filename);
        buf_free(&field->bytes);
        free(field);
    }
    buf_free(&call->body);
    call->bodies->held -= call->held;
    net_bodies_leave(call->bodies);
}

void net_bodies_leave(struct net_bodies *bodies)
{
    if (--bodies->users == 0)
        free(bodies);
}

const char *net_call_body(const struct net_call *call, size_t *len)
{
    if (len)
        *len = call->body.len;
    return call->body.data;
}

bool net_call_is_form(const struct net_call *call)
{
    return call->is_form && !call->form_broken && call->fields;
}

const char *net_call_form(const struct net_call *call, const char *name,
                          size_t *len, const char **filename)
{
    if (!net_call_is_form(call))
        return NULL;
    for (const struct net_field *f = call->fields; f; f = f->next) {
        if (strcmp(f->name, name) != 0)
            continue;
        if (len)
            *len = f->bytes.len;
        if (filename)
            *filename = f->filename;
        return f->bytes.data;
    }
    return NULL;
}
