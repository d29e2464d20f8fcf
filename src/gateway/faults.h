// Bad days to rehearse: which fault befalls what is asked. Drawn from a seed,
// what is asked and how often it was asked before, never from the time, so that
// a run can be repeated. A fault changes what is told, never what was bought.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_429,
    FAULT_500,
    FAULT_502,
    FAULT_503,
    FAULT_504,
    FAULT_REFUSE,
    FAULT_LOST,
    FAULT_SLOW,
    FAULT_TRUNCATED,
    FAULT_HTML,
    FAULT_EMPTY,
    FAULT_TYPES,
    FAULT_UNKNOWN_STATE,
    FAULT_INVISIBLE,
    FAULT_BACKWARDS,
    FAULT_STUCK,
    FAULT_NO_URL,
    FAULT_FAILED_WITH_URL,
    FAULT_EXPIRED,
    FAULT_LENGTH,
    FAULT_NO_RANGE,
    FAULT_OTHER_OFFSET,
    FAULT_CUT,
    FAULT_PAGE,
    FAULT_CALLBACK_LOST,
    FAULT_CALLBACK_TWICE,
    FAULT_CALLBACK_LATE,
    FAULT_CALLBACK_FORGED,
    FAULT_KINDS
};

// What can be asked; bits.
enum fault_at {
    FAULT_AT_SUBMIT = 1,
    FAULT_AT_POLL = 2,
    FAULT_AT_ASSET = 4,
    FAULT_AT_CALLBACK = 8,
};

struct fault {
    enum fault_kind kind;
    int64_t ms; // of those that take seconds; -1: none given
};

struct faults;

// `spec` is "429=0.05:1,lost=0.02", or @FILE with the same, also a fault a
// line. NULL with err, of kind ERR_USAGE.
struct faults *faults_parse(const char *spec, uint64_t seed, struct err *err);
void faults_free(struct faults *faults); // NULL is fine

// The whole of it in one line without spaces, seed included: equal texts are
// equal faults. Borrowed.
const char *faults_text(const struct faults *faults);

// What befalls this question, the next of its kind about `key`. Counts it.
struct fault faults_next(struct faults *faults, enum fault_at at,
                         const char *key);

// The key of a submit and of its task: what was asked for, without the
// callback's address, which differs from run to run.
void faults_key(const char *body, size_t len, char out[HASH_HEX]);

extern const char faults_help[]; // every fault, a line each
