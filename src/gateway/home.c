#include "gateway/home.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/token.h"
#include "gateway/answer.h"
#include "gateway/input.h"
#include "gateway/page_files.h"

#define TASKS_A_PAGE 24
#define PAGE_LAST 1000000000
#define TEXT_MAX 600 // of a prompt or a reason; the feed has them whole
#define PAGE_MAX_BYTES (1u << 20)
#define NONCE "NONCE" // where the page takes it

// --- the page

// Nothing but our own script and style runs, whatever a prompt says, and
// nothing is loaded from elsewhere.
static void guard(struct net_call *call, const char *nonce)
{
    char *policy = xasprintf(
        "default-src 'none'; script-src 'nonce-%s'; style-src 'nonce-%s'; "
        "img-src 'self'; media-src 'self'; connect-src 'self'; base-uri "
        "'none'; form-action 'none'; frame-ancestors 'none'",
        nonce, nonce);
    net_answer_header(call, "Content-Security-Policy", policy);
    net_answer_header(call, "Referrer-Policy", "no-referrer");
    free(policy);
}

void home_page(struct routes *r, const struct route *route,
               struct net_call *call, const struct fault *fault)
{
    (void)r, (void)route, (void)fault;
    char nonce[TOKEN_HEX];
    struct buf page;
    token_make(nonce);
    buf_init(&page, PAGE_MAX_BYTES);
    const char *rest = page_files[0].text, *at;
    for (; (at = strstr(rest, NONCE)) != NULL; rest = at + strlen(NONCE)) {
        buf_add(&page, rest, (size_t)(at - rest));
        buf_str(&page, nonce);
    }
    buf_str(&page, rest);
    guard(call, nonce);
    net_answer(call, 200, "text/html; charset=utf-8", page.data, page.len);
    buf_free(&page);
}

// --- its tasks

static const char *state_of(const struct task *t)
{
    static const char *const names[TASK_STATES] = {
        [TASK_QUEUED] = "queued",       [TASK_RUNNING] = "running",
        [TASK_FAILED] = "failed",       [TASK_SUCCEEDED] = "succeeded",
        [TASK_CANCELLED] = "cancelled",
    };
    bool waits = t->state == TASK_QUEUED && t->throttled;
    return waits ? "throttled" : names[t->state];
}

static void set_short(struct value *map, const char *key, const char *text)
{
    if (!text)
        return;
    size_t len = strlen(text);
    char *cut = xstrdup(text);
    if (len > TEXT_MAX)
        cut[text_cut(text, TEXT_MAX)] = '\0';
    char *shown = xasprintf("%s%s", cut, len > TEXT_MAX ? "…" : "");
    value_set(map, key, value_str(shown));
    free(shown);
    free(cut);
}

static void set_asset(struct value *map, const char *key, const struct task *t,
                      const char *suffix)
{
    char *path = xasprintf("assets/%s%s", t->id, suffix);
    value_set(map, key, value_str(path));
    free(path);
}

static void add_row(void *arg, const struct task *t)
{
    struct value *row = value_map();
    bool picture = t->output == TASK_PICTURE;
    value_set(row, "id", value_str(t->id));
    value_set(row, "status", value_str(state_of(t)));
    value_set(row, "progress", value_int(t->percent));
    value_set(row, "api", value_str(t->api));
    value_set(row, "route", value_str(t->route));
    value_set(row, "model", value_str(t->model));
    set_short(row, "prompt", t->prompt);
    set_short(row, "failure", t->msg);
    value_set(row, "seconds", value_real(t->seconds));
    value_set(row, "credits", value_real((double)t->cost / 1000));
    value_set(row, "created", value_int(t->created_ms));
    value_set(row, "updated", value_int(t->updated_ms));
    value_set(row, "picture", value_bool(picture));
    if (t->state == TASK_SUCCEEDED) {
        set_asset(row, "output", t, picture ? ASSET_PICTURE : ASSET_CLIP);
        if (!picture)
            set_asset(row, "poster", t, ASSET_POSTER);
    }
    value_add(arg, row);
}

static bool read_page(const char *text, int64_t *page)
{
    if (!text)
        text = "1";
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    *page = n;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
           n >= 1 && n <= PAGE_LAST;
}

static void answer_page(struct routes *r, struct net_call *call, int64_t page,
                        struct value *tasks)
{
    int64_t total = tasks_shown(r->tasks);
    int64_t open = tasks_count(r->tasks, TASK_QUEUED) +
                   tasks_count(r->tasks, TASK_RUNNING);
    struct value *v = value_map();
    value_set(v, "page", value_int(page));
    value_set(v, "pages", value_int((total + TASKS_A_PAGE - 1) / TASKS_A_PAGE));
    value_set(v, "total", value_int(total));
    value_set(v, "open", value_int(open));
    value_set(v, "tasks", tasks);
    answer_json(call, 200, v);
}

void home_tasks(struct routes *r, const struct route *route,
                struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    int64_t page;
    if (!read_page(net_call_query(call, "page"), &page)) {
        answer_platform_error(call, 400, "invalid_request",
                              "page: a whole number from 1");
        return;
    }
    struct value *tasks = value_list();
    struct err err;
    if (tasks_each(r->tasks, (page - 1) * TASKS_A_PAGE, TASKS_A_PAGE, add_row,
                   tasks, &err)) {
        answer_page(r, call, page, tasks);
        return;
    }
    value_free(tasks);
    answer_platform_error(call, 500, "internal_error", err.text);
}
