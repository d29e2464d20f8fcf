// Outputs without what they tell: for those who look for a clip in them.

#pragma once

#include "cli/state.h"

struct checker;
struct loop;

struct bare { // all zero: nobody was asked yet
    struct loop *loop;
    struct checker *checker;
};
void bare_end(struct bare *bare);

// A copy without it of the output `path`, by a media worker; both are relative
// to the state's root. Of the built-in gateway's clips it has the bytes that
// were bought: whoever needs them compares. Owned, and so is the file; NULL:
// none could be made.
char *bare_copy(struct bare *bare, const struct state *state, const char *path);
void bare_remove(const struct state *state, char *copy); // NULL is fine
