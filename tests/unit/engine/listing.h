// A service of the unit tests that has a list of its tasks, spoilt in many
// ways, its dialect's part in C, and a clock that can be moved.

#pragma once

#include "base/clock.h"
#include "engine_test.h"

#define PAGE 2 // rows on one
#define LISTS_MAX 64

// How the service of these tests spoils its list, and its orders.
enum spoilt {
    WHOLE,
    INCOMPLETE,
    NO_URLS,
    WRONG_TOTAL,
    TWICE,   // a row stands on two pages
    CHANGES, // its total differs from page to page
    BROKEN,  // HTTP 502
    BUSY,    // HTTP 429, until tomorrow
    HIDES,   // every row
    STRANGE, // the dialect makes nothing of it
};

static struct {
    enum spoilt spoilt;
    bool loses; // orders arrive, and are neither taken nor answered
    int lists;  // readings that were begun
    int64_t at[LISTS_MAX];
    int64_t uptime_ms;
    int hidden; // so many of the oldest tasks are on no list
    bool late;  // what was lost is taken after the first list
    char *lost;
} shop;

// --- a clock that is moved
static int64_t wall_by, mono_by;

static inline int64_t moved_wall(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system) + wall_by;
}

static inline int64_t moved_mono(void *ctx)
{
    (void)ctx;
    return clock_mono_ms(&clock_system) + mono_by;
}

static const struct clock moved = {moved_wall, moved_mono, NULL};

// --- the list
static inline struct value *row_of(const struct service *s, int i)
{
    char id[32];
    snprintf(id, sizeof(id), "task-%d", i + 1);
    struct value *row = value_map();
    value_set(row, "task_id", value_str(id));
    if (shop.spoilt != NO_URLS)
        value_set(row, "callback_url", value_str(s->sales[i].callback_url));
    return row;
}

static inline void take_late(struct service *s)
{
    if (!shop.late || !shop.lost)
        return;
    s->sales[s->n++].callback_url = shop.lost;
    shop.lost = NULL;
}

static inline void say_list(struct service *s, struct net_call *call, int page)
{
    int first = (page - 1) * PAGE;
    int shown = shop.spoilt == HIDES ? 0 : s->n - shop.hidden;
    struct value *v = value_map(), *rows = value_list();
    for (int i = first; i < shown && i < first + PAGE; i++)
        value_add(rows, row_of(s, i + shop.hidden));
    if (shop.spoilt == TWICE && page == 2) {
        value_free(rows);
        rows = value_list();
        value_add(rows, row_of(s, 0));
    }
    int total = shown + (shop.spoilt == WRONG_TOTAL) +
                (shop.spoilt == CHANGES && page == 1);
    value_set(v, "complete", value_bool(shop.spoilt != INCOMPLETE));
    value_set(v, "more", value_bool(first + PAGE < shown));
    value_set(v, "total", value_int(total));
    value_set(v, "uptime_ms", value_int(shop.uptime_ms));
    value_set(v, "tasks", rows);
    char *text = json_text(v);
    say(call, 200, text);
    free(text);
    value_free(v);
}

static inline void say_tomorrow(struct net_call *call)
{
    net_answer_header(call, "Retry-After", "86400");
    say(call, 429, "{}");
}

static inline void serve_list(struct service *s, struct net_call *call,
                              int page)
{
    if (page == 1) {
        assert_true(shop.lists < LISTS_MAX);
        shop.at[shop.lists++] = clock_mono_ms(&clock_system);
    }
    if (shop.spoilt == BROKEN)
        say(call, 502, "<html>bad gateway</html>");
    else if (shop.spoilt == BUSY)
        say_tomorrow(call);
    else if (shop.spoilt == STRANGE)
        say(call, 200, "[]");
    else
        say_list(s, call, page);
    take_late(s);
}

static inline bool serve_other(struct service *s, struct net_call *call)
{
    const char *path = net_call_path(call);
    if (text_starts(path, "/list/")) {
        serve_list(s, call, (int)strtol(path + strlen("/list/"), NULL, 10));
        return true;
    }
    if (!shop.loses || strcmp(path, "/generate") != 0)
        return false;
    size_t len;
    const char *body = net_call_body(call, &len);
    struct value *order = json_read(body, len, JSON_STRICT, NULL);
    free(shop.lost);
    shop.lost = xstrdup(value_get_text(order, "callback_url"));
    value_free(order);
    s->posts++;
    s->held = call;
    return true;
}

static inline bool list(void *ctx, int page, const struct dialect_ctx *gateway,
                        struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)gateway, (void)err;
    call->method = xstrdup("GET");
    call->path = xasprintf("/list/%d", page);
    return true;
}

static inline void take_tasks(const struct value *rows,
                              struct dialect_list *out)
{
    out->tasks = xcalloc(value_count(rows) + 1, sizeof(*out->tasks));
    for (; out->n < value_count(rows); out->n++) {
        const struct value *row = value_at(rows, out->n);
        out->tasks[out->n] = (struct dialect_listed){
            xstrdup(value_get_text(row, "task_id")),
            xstrdup(value_get_text(row, "callback_url"))};
    }
}

static inline bool listed(void *ctx, const struct dialect_answer *answer,
                          struct dialect_list *out, struct err *err)
{
    (void)ctx;
    struct value *v = json_read(answer->body, answer->len, JSON_LENIENT, NULL);
    *out = (struct dialect_list){.uptime_ms = -1};
    if (v && v->type == VALUE_LIST) {
        value_free(v);
        return err_set(err, ERR_RECIPE, "what is this?");
    }
    if (v && answer->status == 200) {
        out->read = true;
        out->complete = value_truth(value_get(v, "complete"), false);
        out->more = value_truth(value_get(v, "more"), false);
        out->total = value_integer(value_get(v, "total"), -1);
        out->uptime_ms = value_integer(value_get(v, "uptime_ms"), -1);
        take_tasks(value_get(v, "tasks"), out);
    }
    value_free(v);
    return true;
}
