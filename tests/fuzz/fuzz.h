// What a fuzzer is: one function, called with any bytes. libFuzzer or replay.c
// calls it; it returns 0, and what must not be ends the process.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The dialect that is built in, for every input the same.
const struct dialect *reverse(void);

// An assertion that no build leaves out.
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: must be: %s\n", __FILE__, __LINE__,        \
                    #condition);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)
