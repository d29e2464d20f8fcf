// Answers that go on for as long as somebody reads them.
//
// MHD asks for bytes when the client takes some. With nothing to say the
// connection is suspended, so that it costs no turns, until somebody wakes it.

#include <stdlib.h>

#include "base/mem.h"
#include "net/answer.h"

struct net_stream {
    struct net_call *call; // NULL once MHD is done with it
    ssize_t (*read)(void *arg, char *out, size_t max);
    void (*gone)(void *arg);
    void *arg;
};

static ssize_t read_stream(void *arg, uint64_t at, char *out, size_t max)
{
    (void)at;
    struct net_stream *stream = arg;
    ssize_t n = stream->read(stream->arg, out, max);
    if (n < 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0 && stream->call) {
        stream->call->suspended = true;
        MHD_suspend_connection(stream->call->connection);
    }
    return n;
}

static void free_stream(void *arg)
{
    struct net_stream *stream = arg;
    if (stream->call)
        stream->call->stream = NULL;
    stream->gone(stream->arg);
    free(stream);
}

struct net_stream *
net_answer_stream(struct net_call *call, unsigned status, const char *type,
                  ssize_t (*read)(void *arg, char *out, size_t max),
                  void (*gone)(void *arg), void *arg)
{
    if (!call->connection) {
        net_answer_none(call);
        return NULL;
    }
    struct net_stream *stream = xcalloc(1, sizeof(*stream));
    *stream = (struct net_stream){call, read, gone, arg};
    call->stream = stream;
    net_call_respond_with(
        call, status, type,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, NET_STREAM_BLOCK,
                                          read_stream, stream, free_stream));
    MHD_add_response_header(call->response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            "no-store");
    net_call_answered(call);
    return stream;
}

void net_stream_wake(struct net_stream *stream)
{
    if (stream->call && stream->call->suspended)
        net_call_answered(stream->call);
}

void net_stream_leave(struct net_stream *stream)
{
    if (stream)
        stream->call = NULL;
}
