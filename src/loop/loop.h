// The one event loop, libuv inside: timers, descriptors, signals, children,
// and a thread pool. Callbacks run inside loop_once(); they only change C state
// and queue work, so that Lua runs at the top of the loop and never below it.
//
//     while (!done) { run_what_is_ready(); loop_once(loop, true); }

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct loop *loop_new(void); // also ignores SIGPIPE for the process
// Every handle must have been freed before: one that was not is a defect and
// ends the process. Waits for their closing, and for work that is still in the
// pool. Not from inside a callback.
void loop_free(struct loop *loop);

// One whose time is virtual: it stands still while all turn, and goes only
// where loop_leap() takes it. Its timers are not the system's.
struct loop *loop_new_virtual(void);
// Take a virtual loop to the moment at which its next timer is due, and call
// those due then, in the order in which they were started. False: there is
// none.
bool loop_leap(struct loop *loop);

// Handle what is ready; with `block`, wait for something first.
void loop_once(struct loop *loop, bool block);

const char *loop_version(void); // of libuv: "1.44.2"

// From any thread: make a blocked loop_once() return.
void loop_wake(struct loop *loop);

// Time, in all, in which the loop was kept from turning by more than a busy
// machine: the process was stopped, or something blocked it. Timers stand still
// meanwhile, and so does this clock, which is the loop's. A virtual loop's
// begins at the system's wall clock.
int64_t loop_away_ms(struct loop *loop);
const struct clock *loop_clock(const struct loop *loop);

// --- timers: one shot, restartable
struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg),
                                  void *arg);
void loop_timer_start(struct loop_timer *timer, int64_t ms); // restarts
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); // NULL is fine; also in `fn`

// --- descriptors
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };
// `fn` gets the events that happened. The descriptor stays the caller's, and is
// made non-blocking. NULL when it cannot be watched (a regular file). After
// LOOP_ERROR nothing more comes until loop_poll_set() is called again.
struct loop_poll *loop_poll_new(struct loop *loop, int fd,
                                void (*fn)(void *arg, int events), void *arg);
void loop_poll_set(struct loop_poll *poll, int events); // 0: pause
void loop_poll_free(struct loop_poll *poll);

// --- signals
struct loop_signal *loop_signal_new(struct loop *loop, int signum,
                                    void (*fn)(void *arg), void *arg);
void loop_signal_free(struct loop_signal *signal);

// --- the thread pool: `work` in a thread, then `done` on the loop
void loop_work(struct loop *loop, void (*work)(void *arg),
               void (*done)(void *arg), void *arg);

// --- a pool of one's own: for work that lasts, so that nothing else waits for
// it. First come, first served.
struct loop_pool *loop_pool_new(struct loop *loop, int threads);
void loop_pool_work(struct loop_pool *pool, void (*work)(void *arg),
                    void (*done)(void *arg), void *arg);
// Ends after all that was asked for is done, and told; not from inside a
// callback. NULL is fine.
void loop_pool_free(struct loop_pool *pool);

// --- children
struct loop_child_spec {
    const char *const *argv; // argv[0] is the program's path; NULL-ended
    bool pipe_in;            // else /dev/null; reads EOF when we die
    const char *stderr_path; // append there; NULL: inherit ours
    bool detached;           // own session: the terminal's Ctrl-C misses it
    void (*on_line)(void *arg, const char *line, size_t len); // of its stdout
    void (*on_exit)(void *arg, int status, int signum); // after the last line
    void *arg;
    size_t line_max; // a longer line kills the child; 0: 64 KiB
};
// NULL with `err` when it cannot be started; no callback comes then.
struct loop_child *loop_child_spawn(struct loop *loop,
                                    const struct loop_child_spec *spec,
                                    struct err *err);
// Queued and sent as the child reads; ignored when its stdin is closed.
void loop_child_write(struct loop_child *child, const void *bytes, size_t len);
void loop_child_close_in(struct loop_child *child); // after what is queued
void loop_child_kill(struct loop_child *child, int signum);
int loop_child_pid(const struct loop_child *child);
// NULL is fine. Closes its pipes; does not kill; no callback comes after this.
void loop_child_free(struct loop_child *child);
