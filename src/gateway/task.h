// The tasks of the gateway: from a submit to a clip, or to a failure that is
// refunded. Every change of state goes through task_set(); all but the one to
// running are on disk first, and only then seen. Tasks that have nothing left
// to happen live in the database alone; the others are in memory too.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/token.h"
#include "data/value.h"
#include "gateway/hosts.h"
#include "gateway/order.h"
#include "loop/loop.h"

enum task_state { // up to 3 the digits of the reverse format
    TASK_QUEUED,
    TASK_RUNNING,
    TASK_FAILED,
    TASK_SUCCEEDED,
    TASK_CANCELLED,
};
#define TASK_STATES 5

enum task_callback {
    TASK_CALLBACK_OWED,
    TASK_CALLBACK_DELIVERED,
    TASK_CALLBACK_NONE, // given up, or never owed
};

enum task_output {
    TASK_CLIP,
    TASK_PICTURE,
};

struct delivery;
struct due;
struct job;
struct lane;

struct task {
    char id[TOKEN_UUID];
    enum task_state state;
    int percent;       // 0..100; what a poll is told
    double seconds;    // 0: as long as its input, which its end will tell
    int64_t cost;      // thousandths of a credit; 0 while its end will tell
    int at_once;       // of its order
    int width, height; // the same; 0: it is to be read again
    enum task_callback callback;
    enum task_output output;
    bool throttled;     // waits for its model, not for a renderer; as looked at
    bool hidden;        // deleted by its client: is as if it were not there
    char *api;          // "reverse", "official"
    char *route;        // "generate"
    char *profile;      // "lenient"; of the reverse format
    char *model;        // "gen2"; "" where an older gateway did not record it
    char *prompt;       // "" where it has none
    char *host;         // what the client called us
    char *callback_url; // NULL: none
    char *input_url;    // the http(s) address of its film, else NULL
    char *msg;          // why it failed, else NULL
    char *failure_code; // "ASSET.INVALID", else NULL
    int64_t created_ms, updated_ms;
    struct delivery *delivery; // callback.c's, or NULL
    struct job *job;           // jobs.c's, or NULL
    struct due *due;           // due.c's, or NULL
    struct lane *lane;         // lanes.c's, and the next three
    bool placed;
    uint64_t turn;
    bool over;               // nothing is left to happen
    TAILQ_ENTRY(task) queue; // of its lane, or of those that are over
    LIST_ENTRY(task) bucket;
};

static inline bool task_is_final(enum task_state state)
{
    return state >= TASK_FAILED;
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

// `look` brings the progress of a running task up to date before it is told.
void tasks_on_look(struct tasks *tasks,
                   void (*look)(void *arg, struct task *task), void *arg);

// Whose callbacks are sent; NULL, as at first: this machine's alone. Borrowed.
void tasks_callback_hosts(struct tasks *tasks, const struct hosts *hosts);

struct task_new {
    const char *api, *route, *profile;
    const char *host;          // what the client called us
    const char *request;       // the body of its submit
    const struct order *order; // what was read in it
};

// Buy. `done` gets the task once it is on disk, or NULL and why not. `request`
// stays the caller's until then; the rest is copied.
void tasks_add(struct tasks *tasks, const struct task_new *task,
               void (*done)(void *arg, const struct task *task,
                            const struct err *err),
               void *arg);
bool tasks_full(const struct tasks *tasks);

// The one setter. A final state is the task's last: what is set after it counts
// for nothing. It is shown once it is on disk, and written again every few
// seconds while that cannot be. The task may be gone then. That one runs is not
// written, and seen at once: with the next process it waits again.
void task_set(struct tasks *tasks, struct task *task, enum task_state state,
              const char *msg);
void task_fail(struct tasks *tasks, struct task *task, const char *code,
               const char *msg); // code: the official API's, or NULL
// TASK_SUCCEEDED, with what only the end could tell.
void task_succeed(struct tasks *tasks, struct task *task, double seconds,
                  int64_t cost);
void task_progress(struct tasks *tasks, struct task *task, int percent);
void task_callback(struct tasks *tasks, struct task *task,
                   enum task_callback outcome);

// Each task that still owes a callback for its end, after a restart.
void tasks_each_owed(struct tasks *tasks,
                     void (*each)(void *arg, struct task *task), void *arg);

// The oldest queued task whose model has a place, which is the caller's to run
// now; NULL when none is.
struct task *tasks_next(struct tasks *tasks);
char *tasks_request(struct tasks *tasks, const char *id,
                    struct err *err); // the body of its submit, owned

// `see` gets the task, which is its to look at: hidden ones too, with `hidden`.
// False: there is none, or, with err->kind set, it cannot be read.
bool tasks_look(struct tasks *tasks, const char *id,
                void (*see)(void *arg, const struct task *task), void *arg,
                struct err *err);

enum task_removal {
    TASK_REMOVAL_NONE,   // there was nothing to remove
    TASK_REMOVED_OPEN,   // is TASK_CANCELLED now
    TASK_REMOVED_HIDDEN, // had ended; is hidden, and its files are gone
};
// An open task is cancelled, and its render is stopped; of one that has ended,
// the files are removed. `done` hears once that is on disk, or why it is not.
void tasks_cancel(struct tasks *tasks, const char *id,
                  void (*done)(void *arg, enum task_removal removal,
                               const struct err *err),
                  void *arg);

// How many tasks of a model were bought since then, at most two days ago,
// whatever became of them.
int64_t tasks_bought_since(const struct tasks *tasks, const char *api,
                           const char *model, int64_t wall_ms);
// What the tasks of an api cost in all: open ones as far as it is known before
// their end; failed and cancelled ones nothing.
bool tasks_spent(struct tasks *tasks, const char *api, int64_t *thousandths,
                 struct err *err);

// The same, of those bought in [from_ms, to_ms), by day ("2026-11-21", UTC) and
// model, in that order.
bool tasks_used(struct tasks *tasks, const char *api, int64_t from_ms,
                int64_t to_ms,
                void (*each)(void *arg, const char *day, const char *model,
                             int64_t thousandths),
                void *arg, struct err *err);

// Page `page` (from 1) of all tasks of an api, hidden ones too, the newest
// first: {page, limit, total, tasks}, or NULL with `err`. The total counts what
// is being written down, so that a list without it does not pass for all there
// is.
struct value *tasks_list(struct tasks *tasks, const char *api, int64_t page,
                         int64_t limit, struct err *err);
// Those of all apis that are not hidden, each one's to look at: `max`, from the
// `skip`-th on. tasks_shown() says how many there are.
bool tasks_each(struct tasks *tasks, int64_t skip, int64_t max,
                void (*see)(void *arg, const struct task *task), void *arg,
                struct err *err);
int64_t tasks_shown(const struct tasks *tasks);
int64_t tasks_count(const struct tasks *tasks, enum task_state state);
