// What `tarmac doctor` finds, one line each, and the exit code of all. Pure but
// for finding_say().

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"

enum finding_level { FINDING_OK, FINDING_WARNING, FINDING_ERROR };
const char *finding_level_name(enum finding_level level);

struct finding {
    enum finding_level level;
    int code;            // of an error: the exit code that it asks for
    const char *subject; // "ledger", "gateway"
    const char *name;    // which one of several; or NULL
    const char *text;    // what is, and what to do; one line
};

struct findings {
    bool json, color;
    uint64_t n[FINDING_ERROR + 1]; // by level
    bool codes[256];
};

// Count it, and print its line on stdout at once.
void finding_say(struct findings *findings, const struct finding *finding);
// The last line.
void findings_end(const struct findings *findings);
// As exit_first(); 0 when nothing is an error.
int findings_exit(const struct findings *findings);

void finding_text(const struct finding *finding, bool color, struct buf *out);
struct value *finding_value(const struct finding *finding); // owned
