// A clip of which a part is here: what is known of the whole, and whether what
// a server offers is the rest of it. Pure.
//
// Nothing that a server says is believed alone: a rest must begin where it was
// asked for, belong to a whole of the same length and the same ETag, and repeat
// the last bytes that are here. What then does not play is fetched anew.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/client.h"

// Bytes that are asked for again, to be compared. A shorter part is fetched
// anew: that is no more work.
#define PART_OVERLAP ((int64_t)64 << 10)
// A part of a smaller whole gets no note: what a killed run loses with it comes
// again in less time than notes would take over a thousand clips.
#define PART_NOTED_MIN ((int64_t)1 << 20)

struct part_facts {
    char *url;             // where it was asked for
    char *etag, *modified; // what the server calls it; NULL: nothing
    int64_t total;         // bytes of the whole; 0: not known, nothing goes on
};
void part_free(struct part_facts *facts); // zeroed afterwards

// --- the note beside a part, for the next run
struct part_owner {
    int64_t attempt;
    int n;               // which file of it
    const char *task_id; // a ledger made anew counts its attempts anew
    // A killed process leaves every byte that it wrote to the system, a power
    // cut only those that were synced, and zeros in place of any other. So a
    // part is believed while the machine has not been started again; there is
    // nothing to sync on the way, and after a power cut it is fetched anew.
    const char *boot; // NULL: not known; nothing is noted or believed
};
char *part_note(const struct part_facts *facts, const struct part_owner *owner);
// False: it is no note, or another's.
bool part_noted(const char *text, size_t len, const struct part_owner *owner,
                struct part_facts *facts);

// --- the request
// From which byte on to ask, with `size` bytes here; 0: for the whole.
int64_t part_start(const struct part_facts *facts, int64_t size);

struct part_ask {
    struct net_header headers[2];
    size_t n;
    char range[48];
};
// Borrows from `facts`. `from` 0: no headers.
void part_ask(struct part_ask *ask, const struct part_facts *facts,
              const char *url, int64_t from);

// --- the answer
enum part_offer {
    PART_WHOLE, // from byte 0 on
    PART_REST,  // from `from` on, of the same whole
    PART_OTHER, // no rest of what is here: ask for the whole
    PART_NONE,  // no clip, though the whole was asked for
};
enum part_offer part_offered(const struct part_facts *facts, int64_t from,
                             const struct net_response *response);
// What the headers of a whole say of it.
void part_learn(struct part_facts *facts, const char *url,
                const struct net_response *response);
