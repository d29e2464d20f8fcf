// What a page reads: all there is, once, and then what changes. Both are made
// as the client takes them, so that a slow one costs no memory.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "ui/live_inside.h"

#define FILL_BYTES 8192 // made at once, and one cell more

struct live_stream {
    struct live *live;
    struct live_stream *next, **link; // of those that listen; NULL: data.json
    struct net_stream *stream;
    struct board_reader reader;
    uint64_t nth; // of data.json: the next cell
    bool begun, ended, alive;
    struct buf made;
    size_t taken;
};

char *live_head(struct live *live, uint64_t version)
{
    struct value *head = value_copy(watched_head(live->watched));
    struct value *run = value_get_map(head, "run");
    value_set(head, "live", value_bool(true));
    if (version > 0)
        value_set(head, "version", value_int((int64_t)version));
    for (size_t i = 0; run && i < value_count(live->can); i++)
        value_put(run, &live->can->map.members[i]);
    char *text = json_text(head);
    value_free(head);
    return text;
}

// --- making

static void add_event(struct live_stream *s, const char *event,
                      const char *data, uint64_t version)
{
    buf_printf(&s->made, "event: %s\ndata: ", event);
    buf_str(&s->made, data);
    buf_printf(&s->made, "\nid: %" PRIu64 "\n\n", version);
}

static void add_change(struct live_stream *s, const struct board_change *change)
{
    char *text = NULL;
    switch (change->kind) {
    case BOARD_NOTHING:
        return;
    case BOARD_RELOAD:
        add_event(s, "reload", "{}", change->version);
        return;
    case BOARD_HEAD:
        text = live_head(s->live, 0);
        add_event(s, "head", text, change->version);
        break;
    case BOARD_CELL:
        text = watched_cell(s->live->watched, change->nth);
        if (text)
            add_event(s, "cell", text, change->version);
        break;
    case BOARD_PROGRESS:
        text = xasprintf("{\"nth\":%" PRIu64 ",\"progress\":%.3f}", change->nth,
                         change->progress);
        add_event(s, "progress", text, change->version);
        break;
    }
    free(text);
}

static void make_events(struct live_stream *s)
{
    struct board_change change = {.kind = BOARD_HEAD};
    const struct board *board = watched_board(s->live->watched);
    if (!s->begun)
        buf_str(&s->made, "retry: 1000\n\n");
    if (s->begun && s->alive)
        buf_str(&s->made, ":\n\n");
    s->begun = true;
    s->alive = false;
    while (s->made.len < FILL_BYTES && change.kind != BOARD_NOTHING) {
        board_next(board, &s->reader, &change);
        add_change(s, &change);
    }
    if (s->live->leaves && change.kind == BOARD_NOTHING) {
        buf_str(&s->made, "event: bye\ndata: {}\n\n");
        s->ended = true;
    }
}

static void make_data(struct live_stream *s)
{
    uint64_t cells = board_cells(watched_board(s->live->watched));
    if (!s->begun) {
        char *head = live_head(s->live, s->reader.version);
        buf_str(&s->made, "{\"head\":");
        buf_str(&s->made, head);
        buf_str(&s->made, ",\"cells\":[");
        free(head);
    }
    while (s->made.len < FILL_BYTES && s->nth <= cells) {
        char *text = watched_cell(s->live->watched, s->nth++);
        if (text && s->begun)
            buf_byte(&s->made, ',');
        if (text)
            buf_str(&s->made, text);
        s->begun = s->begun || text;
        free(text);
    }
    s->begun = true;
    if (s->nth > cells) {
        buf_str(&s->made, "]}\n");
        s->ended = true;
    }
}

static ssize_t read_stream(void *arg, char *out, size_t max)
{
    struct live_stream *s = arg;
    if (s->taken == s->made.len) {
        buf_clear(&s->made);
        s->taken = 0;
        if (s->ended)
            return -1;
        if (s->link)
            make_events(s);
        else
            make_data(s);
    }
    size_t left = s->made.len - s->taken, n = left < max ? left : max;
    memcpy(out, s->made.data + s->taken, n);
    s->taken += n;
    return (ssize_t)n;
}

// --- streams

static void on_gone(void *arg)
{
    struct live_stream *s = arg;
    if (s->link) {
        *s->link = s->next;
        if (s->next)
            s->next->link = s->link;
        s->live->n_streams--;
    }
    buf_free(&s->made);
    free(s);
}

static struct live_stream *stream_new(struct live *live, uint64_t version)
{
    struct live_stream *s = xcalloc(1, sizeof(*s));
    *s = (struct live_stream){
        .live = live, .reader = {.version = version}, .nth = 1};
    buf_init(&s->made, SIZE_MAX); // a cell's text is in memory already
    return s;
}

void live_answer_events(struct live *live, struct net_call *call,
                        uint64_t since)
{
    live_wake(live, true); // a page that is loaded again has left one behind
    if (live->n_streams >= LIVE_STREAMS_MAX) {
        live_refuse(call, 503, "as many pages as may be are open already");
        return;
    }
    struct live_stream *s = stream_new(live, since);
    s->link = &live->streams;
    s->next = live->streams;
    if (s->next)
        s->next->link = &s->next;
    live->streams = s;
    live->n_streams++;
    s->stream = net_answer_stream(call, 200, "text/event-stream", read_stream,
                                  on_gone, s);
    if (!s->stream)
        on_gone(s);
}

void live_answer_data(struct live *live, struct net_call *call)
{
    uint64_t version = board_version(watched_board(live->watched));
    struct live_stream *s = stream_new(live, version);
    s->stream = net_answer_stream(call, 200, "application/json", read_stream,
                                  on_gone, s);
    if (!s->stream)
        on_gone(s);
}

void live_wake(struct live *live, bool alive)
{
    const struct board *board = watched_board(live->watched);
    struct live_stream *next;
    for (struct live_stream *s = live->streams; s; s = next) {
        next = s->next;
        s->alive = s->alive || alive;
        if (s->alive || live->leaves || board_has_more(board, &s->reader))
            net_stream_wake(s->stream);
    }
}
