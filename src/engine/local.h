// The built-in gateway, as a process of its own: attached to when one serves
// this state folder already, else started. It lives as long as somebody holds
// the writing end of its FIFO, which the kernel closes however we end.
//
// Below <state>/gateway/: users (the FIFO), lock (held while looking and
// starting), address ({"url", "pid", "faults"}), gateway.log.
//
// One that rehearses other faults than ours is not for us: another run needs it
// so. It is given the time that it takes to end when nobody does any more.

#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "loop/loop.h"

struct local_spec {
    struct loop *loop;
    const struct clock *clock;
    const char *state_dir;
    const char *program;          // tarmac-media
    const char *const *more_args; // NULL-ended, or NULL
    const char *faults;           // that they name, in the gateway's words
    // On the loop, once for each local_want(): its address, or why there is
    // none. `started`: by us, not attached to.
    void (*done)(void *arg, const char *url, bool started,
                 const struct err *err);
    void *arg;
};

struct local *local_new(const struct local_spec *spec); // copies it
void local_free(struct local *local); // lets go; the gateway ends by itself

// Attach or start. Also after the gateway was lost: what we held of the old one
// is let go first. More than three starts within a minute are an error.
void local_want(struct local *local);

// It reads its FIFO still: what was lost is a connection. One that has just
// been killed may do so for a moment.
bool local_lives(const struct local *local);

// Where the one of this state folder serves, as its file says; owned. It may be
// gone since. NULL: nobody has said.
char *local_address(const char *state_dir);
