// The user's own configuration, ~/.config/tarmac/config.yaml: gateways, and
// where the keys of their origins are found. The only place for keys.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "data/problem.h"
#include "data/value.h"

struct config {
    char *path;                   // of the file, whether it exists or not
    struct value *tree;           // NULL: no file
    const struct value *gateways; // of the tree; or NULL
    const struct value *keys; // origin -> {env: …}, or {command: […]} with
                              // timeout: … or without
};

// A missing file is an empty configuration. False after adding to `problems`,
// or with `err` when the file cannot be read.
bool config_read(struct config *config, struct problems *problems,
                 struct err *err);
void config_free(struct config *config);

// The key for an origin: *key is NULL when none is configured. False when one
// is, and cannot be had. Runs the configured command, without a shell, and
// blocks until it has ended or its time is over.
bool config_key(const struct config *config, const char *origin, char **key,
                struct err *err);
