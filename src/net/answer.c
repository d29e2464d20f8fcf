// Answers: short ones from memory, and files with ranges.

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/answer.h"

#define PART_BLOCK 65536
#define FILE_BLOCK 131072

struct range {
    uint64_t first, len;
};

enum range_kind { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE };

void net_answer_header(struct net_call *call, const char *name,
                       const char *value)
{
    struct net_call_header *extra = xcalloc(1, sizeof(*extra));
    extra->name = xstrdup(name);
    extra->value = xstrdup(value);
    struct net_call_header **end = &call->extra;
    while (*end)
        end = &(*end)->next;
    *end = extra;
}

void net_call_drop_extra(struct net_call *call)
{
    while (call->extra) {
        struct net_call_header *extra = call->extra;
        call->extra = extra->next;
        free(extra->name);
        free(extra->value);
        free(extra);
    }
}

void net_call_respond_with(struct net_call *call, unsigned status,
                           const char *type, struct MHD_Response *response)
{
    if (!response)
        abort(); // out of memory
    call->response = response;
    call->status = status;
    if (type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (struct net_call_header *h = call->extra; h; h = h->next)
        MHD_add_response_header(response, h->name, h->value);
}

static struct MHD_Response *from_memory(const void *bytes, size_t len)
{
    // MHD only copies; its parameter is older than const.
    void *copied = (void *)(uintptr_t)(len ? bytes : "");
    return MHD_create_response_from_buffer(len, copied, MHD_RESPMEM_MUST_COPY);
}

void net_call_respond(struct net_call *call, unsigned status, const char *type,
                      const void *bytes, size_t len)
{
    call->length = len;
    net_call_respond_with(call, status, type, from_memory(bytes, len));
    MHD_add_response_header(call->response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            "no-store");
}

void net_answer(struct net_call *call, unsigned status, const char *type,
                const void *bytes, size_t len)
{
    net_call_respond(call, status, type, bytes, len);
    net_call_answered(call);
}

struct part {
    size_t len;
    char bytes[];
};

static ssize_t read_part(void *arg, uint64_t at, char *out, size_t max)
{
    const struct part *part = arg;
    if (at >= part->len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = part->len - (size_t)at < max ? part->len - (size_t)at : max;
    memcpy(out, part->bytes + at, n);
    return (ssize_t)n;
}

void net_answer_part(struct net_call *call, unsigned status, const char *type,
                     const void *bytes, size_t len, uint64_t promised)
{
    struct part *part = xmalloc(sizeof(*part) + len);
    part->len = len;
    call->length = promised;
    memcpy(part->bytes, bytes, len);
    net_call_respond_with(call, status, type,
                          MHD_create_response_from_callback(
                              promised, PART_BLOCK, read_part, part, free));
    net_call_answered(call);
}

void net_answer_none(struct net_call *call)
{
    call->dropped = true;
    net_call_answered(call);
}

// --- files

// Digits at *s, moved past; false when there are none or too many.
static bool number(const char **s, uint64_t *out)
{
    uint64_t value = 0;
    int digits = 0;
    for (; isdigit((unsigned char)**s); (*s)++, digits++)
        value = value * 10 + (uint64_t)(**s - '0');
    *out = value;
    return digits > 0 && digits <= 18;
}

// One range of "bytes=a-b", "bytes=a-", "bytes=-n". Several, or anything that
// does not parse, ask for the whole file.
static enum range_kind parse_range(const char *text, uint64_t size,
                                   struct range *out)
{
    static const char unit[] = "bytes=";
    uint64_t first, last = UINT64_MAX;
    if (!text || strncmp(text, unit, sizeof(unit) - 1) != 0)
        return RANGE_NONE;
    const char *s = text + sizeof(unit) - 1;
    if (*s == '-') {
        s++;
        if (!number(&s, &last) || *s)
            return RANGE_NONE;
        if (last == 0 || size == 0)
            return RANGE_OUTSIDE;
        out->len = last < size ? last : size;
        out->first = size - out->len;
        return RANGE_PART;
    }
    if (!number(&s, &first) || *s++ != '-')
        return RANGE_NONE;
    if (*s && (!number(&s, &last) || *s || last < first))
        return RANGE_NONE;
    if (first >= size)
        return RANGE_OUTSIDE;
    if (last >= size)
        last = size - 1;
    out->first = first;
    out->len = last - first + 1;
    return RANGE_PART;
}

static enum range_kind wanted(const struct net_call *call, const char *tag,
                              uint64_t size, struct range *range)
{
    if (strcmp(call->method, MHD_HTTP_METHOD_GET) != 0)
        return RANGE_NONE;
    const char *only_if = net_call_header(call, MHD_HTTP_HEADER_IF_RANGE);
    if (only_if && (!tag || strcmp(only_if, tag) != 0))
        return RANGE_NONE;
    const char *text = net_call_header(call, MHD_HTTP_HEADER_RANGE);
    enum range_kind kind = parse_range(text, size, range);
    bool open = kind == RANGE_PART && text[strlen(text) - 1] == '-';
    if (open && call->piece_max > 0 && range->len > call->piece_max)
        range->len = call->piece_max;
    return kind;
}

// MHD's own reader of files takes 4 KiB a turn, and turns are a millisecond
// apart: too slow for clips.
struct open_file {
    int fd;
    uint64_t first;
};

static ssize_t read_file(void *arg, uint64_t at, char *out, size_t max)
{
    const struct open_file *file = arg;
    ssize_t n = pread(file->fd, out, max, (off_t)(file->first + at));
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_file(void *arg)
{
    struct open_file *file = arg;
    close(file->fd);
    free(file);
}

static struct MHD_Response *from_file(int fd, struct range range)
{
    if (range.len == 0) {
        close(fd);
        return from_memory("", 0);
    }
    struct open_file *file = xmalloc(sizeof(*file));
    *file = (struct open_file){fd, range.first};
    return MHD_create_response_from_callback(range.len, FILE_BLOCK, read_file,
                                             file, close_file);
}

static void respond_file(struct net_call *call, int fd, uint64_t size,
                         const char *type, const char *tag)
{
    struct range range = {0, size};
    char *place = NULL;
    switch (wanted(call, tag, size, &range)) {
    case RANGE_NONE:
        call->length = range.len;
        net_call_respond_with(call, MHD_HTTP_OK, type, from_file(fd, range));
        break;
    case RANGE_PART:
        place = xasprintf("bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
                          range.first + range.len - 1, size);
        call->length = range.len;
        net_call_respond_with(call, MHD_HTTP_PARTIAL_CONTENT, type,
                              from_file(fd, range));
        break;
    case RANGE_OUTSIDE:
        close(fd);
        place = xasprintf("bytes */%" PRIu64, size);
        net_call_respond_with(call, MHD_HTTP_RANGE_NOT_SATISFIABLE, NULL,
                              from_memory("", 0));
        break;
    }
    if (place)
        MHD_add_response_header(call->response, MHD_HTTP_HEADER_CONTENT_RANGE,
                                place);
    free(place);
    MHD_add_response_header(call->response, MHD_HTTP_HEADER_ACCEPT_RANGES,
                            "bytes");
    if (tag)
        MHD_add_response_header(call->response, MHD_HTTP_HEADER_ETAG, tag);
}

void net_answer_file_pieces(struct net_call *call, uint64_t most)
{
    call->piece_max = most;
}

void net_answer_file(struct net_call *call, const char *path, const char *type,
                     const char *etag)
{
    static const char missing[] = "not found\n";
    static const char busy[] = "too many files are open; try again\n";
    struct stat facts;
    // Not to be held up by a pipe that lies where a file should.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        char *tag = etag ? xasprintf("\"%s\"", etag) : NULL;
        respond_file(call, fd, (uint64_t)facts.st_size, type, tag);
        free(tag);
    } else if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        net_answer_header(call, MHD_HTTP_HEADER_RETRY_AFTER, "5");
        net_call_respond(call, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain", busy,
                         sizeof(busy) - 1);
    } else {
        if (fd >= 0)
            close(fd);
        net_call_respond(call, MHD_HTTP_NOT_FOUND, "text/plain", missing,
                         sizeof(missing) - 1);
    }
    net_call_answered(call);
}
