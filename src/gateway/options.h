// The command line of `tarmac-media gateway`.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/faults.h"
#include "gateway/wire.h"

#define OPTIONS_PORT_BY_HAND 8787

struct gateway_options {
    char host[64];         // numeric
    int port;              // 0: any; -1: not asked for
    const char *data_dir;  // borrowed, as are the others
    int64_t latency_ms;    // least time from acceptance to success
    bool draft;            // small pictures
    bool same_clip;        // one clip for all tasks of a kind; is a draft
    int renders;           // at once; 0: as many as there are cores
    const char *profile;   // whose dialect of the reverse format: a name
    enum wire_shape shape; // of the reverse feed's answers
    int tier;              // of the official API: 1..5
    int64_t credits;       // that may be spent in all; 0: any number
    const char *callback_hosts, *input_hosts; // as hosts_parse() reads them
    const char *access_log;                   // a file, "-": stdout; NULL: none
    const char *key;                          // NULL: whoever asks is served
    const char *users;   // the FIFO whose writers keep us alive, or NULL
    const char *lock;    // with `users`: held while we look and leave
    const char *address; // where our address is written, or NULL
    const char *spec;    // --faults, as given
    uint64_t seed;       // --faults-seed
    bool check;          // --faults-check
    // What goes wrong on purpose, the caller's to free, or NULL.
    struct faults *faults;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_FAULTS, // asked for its faults in one line: faults_text()
    OPTIONS_HELP,   // asked for help: print options_help(), faults_help
    OPTIONS_BAD,    // `err` says what is wrong
};

// argv[0] is "gateway". Uses getopt_long(): once per process, except that a
// test may call it again.
enum options_result options_parse(int argc, char **argv,
                                  struct gateway_options *options,
                                  struct err *err);
const char *options_help(void);
