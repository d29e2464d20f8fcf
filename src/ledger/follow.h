// Following what another connection writes, this process's or another's, for a
// page that shows it while it happens. Cheap enough to be asked often.

#pragma once

#include "ledger/ledger.h"

// Another number after anything was written by others; a connection's own.
// False with err.
bool ledger_version(struct ledger *l, int64_t *version, struct err *err);

// How far one cell of a run is. Borrowed.
struct ledger_stage {
    uint64_t nth;
    const char *name, *state; // "queued" …
    int64_t ended_ms;         // 0: it has not
};
// Of all that the run has on record, in order. None in a ledger that an earlier
// tarmac wrote.
bool ledger_each_stage(struct ledger *l, const char *run,
                       void (*each)(void *arg,
                                    const struct ledger_stage *stage),
                       void *arg, struct err *err);

// The run that began last; false with err (ERR_NONE: there is none).
bool ledger_newest_run(struct ledger *l, char run[TOKEN_HEX], struct err *err);
