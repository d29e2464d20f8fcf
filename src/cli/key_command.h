// The user's command that prints a key: pass(1), a password manager.

#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

// What `argv` prints, once it has ended, up to what `out` holds. False with
// err, of kind ERR_GATEWAY, when it fails, prints too much, or has not ended
// within `timeout_ms`; then it is killed. Blocks, but for SIGINT, SIGTERM and
// SIGHUP, which end it and then reach whoever handled them before. Run without
// a shell.
bool key_command(char *const *argv, int64_t timeout_ms, struct buf *out,
                 struct err *err);
