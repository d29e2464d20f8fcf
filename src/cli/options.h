// The command line: which options a command takes, and what it was given.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recipe/recipe.h"

// Options that a command may take; every command takes --help and --verbose.
enum {
    OPTION_GATEWAY = 1 << 0,
    OPTION_JSON = 1 << 1,
    OPTION_PLAIN = 1 << 2,
    OPTION_FIRST = 1 << 3,
    OPTION_PARAM = 1 << 4,
    OPTION_OUT = 1 << 5,
    OPTION_RETRY = 1 << 6,
    OPTION_ALL = 1 << 7,
    OPTION_SETTLE = 1 << 8,
    OPTION_FAULTS = 1 << 9,
    OPTION_FIX = 1 << 10,
    OPTION_PRUNE = 1 << 11,
    OPTION_ONLY = 1 << 12,
    OPTION_COUNT = 1 << 13,
    OPTION_LOCK = 1 << 14,
    OPTION_FROM = 1 << 15,
    OPTION_INIT = 1 << 16,
    OPTION_MATCH = 1 << 17,
    OPTION_REPORT = 1 << 18,
    OPTION_UI = 1 << 19,
    OPTION_REQUESTS = 1 << 20,
    OPTION_RATINGS = 1 << 21,
};

struct options {
    int argc; // the whole command line, for "run again: …"
    char **argv;
    const char *gateway; // --gateway NAME; NULL: the recipe's
    bool json, plain, verbose, help;
    bool retry_failed;                // buy failed purchases again
    bool all;                         // --all: every row
    const char *faults, *faults_seed; // as given; NULL: not
    const char *adopt;                // --adopt TASK_ID
    bool not_bought, buy_again;
    bool lock, locked;           // --lock, --locked
    bool fix;                    // --fix
    bool script;                 // --script
    bool delete;                 // --delete
    bool requests;               // --requests
    const char *older;           // --older AGE, as it was typed; or NULL
    int64_t older_ms;            // the same; 0: of any age
    uint64_t first;              // --first N; 0: all
    const char *only;            // --only EXPR; NULL: all
    const char *ratings;         // --ratings FILE; NULL: beside the recipe
    bool count;                  // --count
    bool ui;                     // --ui
    struct recipe_param *params; // -p NAME=VALUE; `name` is ours to free
    size_t n_params;
    const char *match;   // --match TEXT
    const char *from;    // --from CLIP
    const char *out;     // --out NAME
    const char *montage; // --montage FILE; NULL: a folder
    const char *columns; // --columns LIST; NULL: not said
    const char *at;      // --at, as it was typed; or NULL
    const char *lua_dir; // --lua-dir DIR, while developing
    char **words;        // what is left
    size_t n_words;
};

// Read argv[2..]. False after one line on stderr, for exit 2.
bool options_read(struct options *options, int argc, char **argv, int allowed);
void options_free(struct options *options);

// The long options that are read, NULL after the last.
const char *options_long(size_t i);

// The command line as a shell would take it again; owned.
char *options_again(const struct options *options);
