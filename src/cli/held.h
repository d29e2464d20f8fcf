// Texts that come in any order and are printed in the order of their numbers.

#pragma once

#include <stdint.h>
#include <stdio.h>

// Zero is ready for use. Where too many wait for one that is late, they go
// first, so that what is held stays small.
struct held {
    struct held_text *first;
    uint64_t printed; // the highest number
    unsigned n;
};

// `text` (owned then) of number `index`, from 1.
void held_say(struct held *held, uint64_t index, char *text, FILE *file);
void held_end(struct held *held, FILE *file); // what is left
