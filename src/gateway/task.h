// The tasks of the gateway: from a submit to a clip, or to a failure that is
// refunded. Every change of state goes through task_set(), is on disk first,
// and only then seen. Tasks that have nothing left to happen live in the
// database alone; the others are in memory too.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/token.h"
#include "data/value.h"
#include "gateway/submit.h"
#include "loop/loop.h"

enum task_state { // the digits of the wire format
    TASK_QUEUED,
    TASK_RUNNING,
    TASK_FAILED,
    TASK_SUCCEEDED,
};
#define TASK_STATES 4

enum task_callback {
    TASK_CALLBACK_OWED,
    TASK_CALLBACK_DELIVERED,
    TASK_CALLBACK_NONE, // given up, or never owed
};

struct delivery;

struct task {
    char id[TOKEN_UUID];
    enum task_state state;
    int percent; // 0..100; what a poll is told
    int seconds;
    enum task_callback callback;
    char *prompt;
    char *host;         // what the client called us
    char *callback_url; // NULL: none
    char *msg;          // why it failed, else NULL
    int64_t created_ms, updated_ms;
    struct delivery *delivery; // callback.c's, or NULL
    TAILQ_ENTRY(task) queue;   // while queued
    LIST_ENTRY(task) bucket;
};

static inline bool task_is_final(enum task_state state)
{
    return state == TASK_FAILED || state == TASK_SUCCEEDED;
}

void task_clear(struct task *task); // frees its strings

// The `data` object of the feed, and the body of a callback. `host` is where
// the client sees us: the addresses of clips start with it.
struct value *task_feed(const struct task *task, const char *host);

// A row of the list: its callback URL, and less of the rest.
struct value *task_listed(const struct task *task);

// More open tasks than this are not accepted.
#define TASKS_OPEN_MAX 10000

struct tasks *tasks_open(struct loop *loop, const char *dir,
                         const struct clock *clock, struct err *err);
// Ends after what is being written is on disk; runs the loop until then.
void tasks_free(struct tasks *tasks);
bool tasks_idle(const struct tasks *tasks); // nothing is being written

// `changed` hears of every task that is created, changes its state, or passes
// a quarter of its way.
void tasks_watch(struct tasks *tasks,
                 void (*changed)(void *arg, struct task *task), void *arg);

// Buy. `done` gets the task once it is on disk, or NULL and why not. `request`
// stays the caller's until then.
void tasks_add(struct tasks *tasks, const struct submit *submit,
               const char *host, const char *request,
               void (*done)(void *arg, const struct task *task,
                            const struct err *err),
               void *arg);
bool tasks_full(const struct tasks *tasks);

// The one setter. The task may be gone after a final state has been set.
void task_set(struct tasks *tasks, struct task *task, enum task_state state,
              const char *msg);
void task_progress(struct tasks *tasks, struct task *task, int percent);
void task_callback(struct tasks *tasks, struct task *task,
                   enum task_callback outcome);

// Each task that still owes a callback for its end, after a restart.
void tasks_each_owed(struct tasks *tasks,
                     void (*each)(void *arg, struct task *task), void *arg);

// The oldest queued task, which is the caller's to run now; NULL when none is.
struct task *tasks_next(struct tasks *tasks);
char *tasks_request(struct tasks *tasks, const char *id,
                    struct err *err); // the body of its submit, owned

// The feed of a task, or NULL: there is none, or err->kind says what is wrong.
struct value *tasks_feed(struct tasks *tasks, const char *id, const char *host,
                         struct err *err);
// Page `page` (from 1) of all tasks, the newest first: {page, limit, total,
// tasks}, or NULL with `err`. The total counts what is being written down, so
// that a list without it does not pass for all there is.
struct value *tasks_list(struct tasks *tasks, int64_t page, int64_t limit,
                         struct err *err);
int64_t tasks_count(const struct tasks *tasks, enum task_state state);
