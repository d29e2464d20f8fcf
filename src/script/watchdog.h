// Ends the process when Lua does not come back: when one call of C, or one
// operation of the Lua machine, computes for longer than any budget can see.
//
// One for the process, because the process is what it ends. Machines say when
// they enter and leave Lua; a thread compares that with the processor time that
// the thread of Lua has used, so that a suspended, stopped or busy machine is
// not blamed. Every Lua instruction that was counted is time well spent, and
// allowed on top; what is left is what the budgets do not see.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_MS 10000

struct watchdog_config {
    int64_t limit_ms; // 0: WATCHDOG_MS
    // Called on the watchdog's thread, while that of Lua is stuck: `line` says
    // who is. It ends the process; it does not return.
    void (*stuck)(void *arg, const char *line);
    void *arg;
};

// Watch the thread that calls. Nothing happens when it is on already, or when
// there is no thread to be had.
void watchdog_start(const struct watchdog_config *config);
void watchdog_stop(void); // fine when it is off

// Only from the thread that is watched; they nest. `what` ("cell") and `name`
// (or NULL) outlive the entry. All three are fine when it is off.
void watchdog_enter(const char *what, const char *name);
void watchdog_leave(void);

// So many instructions were counted since the last call. True when half of the
// limit is over: what can still be ended by an error should be.
bool watchdog_worked(int64_t steps);
