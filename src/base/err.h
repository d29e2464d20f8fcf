// Errors: what happened, in one line for people, and a kind that decides the
// exit code. `bool f(..., struct err *err)` returns true for success and fills
// `err` only on failure.

#pragma once

#include <stdbool.h>

enum err_kind {
    ERR_NONE,
    ERR_USAGE,   // the command line: exit 2
    ERR_RECIPE,  // the recipe, its script or the configuration: exit 3
    ERR_GATEWAY, // a service refused us: key, credits, address: exit 8
    ERR_NET,     // a transfer failed; trying again may help
    ERR_DISK,    // disk, ledger, permissions: exit 9
    ERR_FORMAT,  // bytes from outside that do not parse
    ERR_DEFECT,  // ours: exit 1
};

#define ERR_TEXT_MAX 1024

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_MAX]; // one line, UTF-8, no newline at its end
};

// Fill `err` (which may be NULL); always false: `return err_set(...)`.
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

// The same, with ": <strerror(errno)>" behind it.
bool err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
