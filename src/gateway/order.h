// What a submit asks for, whichever API it came by: read by that API's own
// file, kept with the task, carried out by the jobs.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/render.h"

struct wire;

#define ORDER_INPUTS_MAX 16

enum order_kind {
    ORDER_GENERATE, // a clip, from words or from pictures
    ORDER_RESTYLE,  // a given clip, made anew
    ORDER_PERFORM,  // a character, moved by a given clip
    ORDER_UPSCALE,  // a given clip, larger
    ORDER_PICTURE,  // a picture
};

enum order_role {
    ORDER_FIRST,          // picture: how the clip begins
    ORDER_LAST,           // picture: how it ends
    ORDER_FILM,           // clip: what is made anew, enlarged, or performs
    ORDER_CHARACTER,      // picture: who is moved
    ORDER_CHARACTER_FILM, // the same, a clip
    ORDER_REFERENCE,      // picture: kept, not drawn
};

struct order_input {
    enum order_role role;
    char *source; // data: URI, URL, runway:// URI; owned
};

struct order {
    enum order_kind kind;
    char *prompt; // "" where there is none
    char *model;
    int width, height; // of the result; both 0: as the input has it
    int longer;        // UPSCALE: the longer side of the result; 0: not said
    double seconds;    // 0: as long as the input; of a picture: 0
    double motion[RENDER_AXES];
    int64_t seed;       // -1: none
    double strength;    // 0..1: RESTYLE: how far from the input, PERFORM: how
                        // expressive; -1: not said
    bool body;          // PERFORM: the body too, not the face alone
    char *callback_url; // NULL: none
    int64_t cost;       // thousandths of a credit, or of a second's price where
    bool cost_a_second; // it is known only with the input
    int64_t least;      // thousandths: what cost_a_second comes to at least
    int at_once; // tasks of this model that may run at once; 0: any number
    struct order_input inputs[ORDER_INPUTS_MAX];
    size_t n_inputs;
};

void order_clear(struct order *order); // frees what it owns
void order_forget_inputs(struct order *order);
// The source with this role, borrowed; NULL: none.
const char *order_source(const struct order *order, enum order_role role);
void order_add(struct order *order, enum order_role role, const char *source);

// What a task was bought with, read again from the body of its submit: by the
// table of its API, route and profile. What was accepted once is accepted
// again. Safe in any thread. False with `err`; nothing is in `out` then.
bool order_read(const struct wire *wire, const char *api, const char *profile,
                const char *route, const char *body, size_t len, bool draft,
                struct order *out, struct err *err);
