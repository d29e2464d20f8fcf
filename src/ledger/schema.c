#include "ledger/internal.h"

// Append-only: a ledger in the field is somewhere along this list.
//
// An attempt is open exactly while it has no ended_ms, which lets the partial
// indexes below hold the open ones only. STRICT tables and CHECKs hold what the
// code promises, for the case that it breaks its word.
static const char version_1[] =
    "CREATE TABLE gateways("
    " identity TEXT PRIMARY KEY NOT NULL,"
    " origin TEXT NOT NULL,"
    " first_ms INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE runs("
    " id TEXT PRIMARY KEY NOT NULL,"
    " recipe TEXT NOT NULL,"
    " argv TEXT," // JSON list
    " started_ms INTEGER NOT NULL,"
    " ended_ms INTEGER,"
    " exit_code INTEGER,"
    " version TEXT NOT NULL"
    ") STRICT;"

    "CREATE TABLE purchases("
    " id INTEGER PRIMARY KEY,"
    " fingerprint TEXT NOT NULL UNIQUE CHECK (length(fingerprint) = 64),"
    " gateway TEXT NOT NULL,"
    " route TEXT NOT NULL,"
    " request TEXT NOT NULL," // canonical JSON
    " take INTEGER NOT NULL CHECK (take >= 1),"
    " recipe TEXT NOT NULL," // that asked first
    " cell TEXT,"
    " created_ms INTEGER NOT NULL"
    ") STRICT;"

    "CREATE TABLE attempts("
    " id INTEGER PRIMARY KEY,"
    " purchase INTEGER NOT NULL REFERENCES purchases(id),"
    " n INTEGER NOT NULL CHECK (n >= 1),"
    " state TEXT NOT NULL CHECK (state IN ('intent', 'submitting', 'accepted',"
    "  'running', 'ready', 'fetching', 'delivered', 'refused', 'unknown',"
    "  'failed', 'cancelled', 'forgotten')),"
    " owner TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 32)," // run
    " token TEXT NOT NULL UNIQUE CHECK (length(token) BETWEEN 1 AND 32),"
    " callback_port INTEGER NOT NULL CHECK (callback_port BETWEEN 0 AND 65535),"
    " gateway TEXT NOT NULL," // of the purchase
    " recipe TEXT NOT NULL,"  // whose budget pays
    " task_id TEXT,"
    " price INTEGER CHECK (price >= 0)," // thousandths; NULL: unknown
    " kind TEXT,"
    " reason TEXT,"
    " urls TEXT," // JSON list
    " last_frame TEXT,"
    " wire TEXT," // JSON
    " created_ms INTEGER NOT NULL,"
    " sent_ms INTEGER,"
    " accepted_ms INTEGER,"
    " ended_ms INTEGER,"
    " UNIQUE (purchase, n),"
    " CHECK ((ended_ms IS NULL) = (state IN ('intent', 'submitting',"
    "  'accepted', 'running', 'ready', 'fetching', 'unknown'))),"
    " CHECK (task_id IS NOT NULL OR state IN ('intent', 'submitting',"
    "  'refused', 'unknown', 'cancelled'))"
    ") STRICT;"
    "CREATE UNIQUE INDEX attempts_one_open ON attempts(purchase)"
    " WHERE ended_ms IS NULL;"
    "CREATE INDEX attempts_open ON attempts(gateway, owner)"
    " WHERE ended_ms IS NULL;"
    "CREATE INDEX attempts_task ON attempts(gateway, task_id)"
    " WHERE task_id IS NOT NULL;"
    "CREATE INDEX attempts_spent ON attempts(recipe, state, sent_ms, price);"

    "CREATE TABLE clips("
    " id INTEGER PRIMARY KEY,"
    " attempt INTEGER NOT NULL REFERENCES attempts(id),"
    " n INTEGER NOT NULL CHECK (n >= 1),"
    " sha256 TEXT NOT NULL CHECK (length(sha256) = 64),"
    " ext TEXT NOT NULL CHECK (length(ext) BETWEEN 1 AND 7),"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " seconds REAL NOT NULL,"
    " width INTEGER NOT NULL,"
    " height INTEGER NOT NULL,"
    " delivered_ms INTEGER NOT NULL,"
    " UNIQUE (attempt, n)"
    ") STRICT;"
    "CREATE INDEX clips_content ON clips(sha256);"

    "CREATE TABLE outputs("
    " path TEXT PRIMARY KEY NOT NULL," // relative to the state's parent
    " clip INTEGER NOT NULL REFERENCES clips(id),"
    " sha256 TEXT NOT NULL CHECK (length(sha256) = 64),"
    " size INTEGER NOT NULL CHECK (size >= 0),"
    " mtime_ns INTEGER NOT NULL,"
    " run TEXT NOT NULL,"
    " cell TEXT"
    ") STRICT;"
    "CREATE INDEX outputs_clip ON outputs(clip);"
    "CREATE INDEX outputs_run ON outputs(run);";

// What cells asked for and were told. Not bound to purchases: a call is noted
// before its purchase is made.
static const char version_2[] =
    "CREATE TABLE calls("
    " context TEXT NOT NULL CHECK (length(context) = 64)," // see call_memory
    " cell TEXT NOT NULL,"
    " path TEXT NOT NULL," // of the call in the cell's script
    " asked TEXT NOT NULL CHECK (length(asked) = 64),"
    " inputs TEXT NOT NULL CHECK (length(inputs) IN (0, 64)),"
    " fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),"
    " PRIMARY KEY (context, cell, path)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE outcomes("
    " context TEXT NOT NULL CHECK (length(context) = 64),"
    " cell TEXT NOT NULL,"
    " fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),"
    " outcome TEXT NOT NULL," // words: "timeout delivered"
    " PRIMARY KEY (context, cell, fingerprint)"
    ") STRICT, WITHOUT ROWID;";

// What a cell has asked for before.
static const char version_3[] =
    "CREATE INDEX purchases_cell ON purchases(recipe, cell);";

// An output that is not the clip's own bytes: what it was made of, as a hash.
static const char version_4[] =
    "ALTER TABLE outputs ADD COLUMN made_of TEXT"
    " CHECK (made_of IS NULL OR length(made_of) = 64);";

// What each run had to do, for people to look at: see ledger/cells.h.
static const char version_5[] =
    "CREATE TABLE cells("
    " run TEXT NOT NULL,"
    " nth INTEGER NOT NULL CHECK (nth >= 1)," // of those that the run has
    " n INTEGER NOT NULL,"                    // of all of the recipe
    " name TEXT NOT NULL,"
    " take INTEGER NOT NULL,"
    " axes TEXT NOT NULL," // JSON map
    " state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'delivered',"
    "  'failed')),"
    " kind TEXT,"
    " message TEXT,"
    " task_id TEXT,"
    " outputs TEXT,"   // JSON list
    " purchases TEXT," // JSON list of fingerprints
    " began_ms INTEGER,"
    " ended_ms INTEGER,"
    " PRIMARY KEY (run, nth)"
    ") STRICT, WITHOUT ROWID;"
    "ALTER TABLE runs ADD COLUMN about TEXT;"; // JSON map

const struct db_migration ledger_migrations[] = {
    {version_1}, {version_2}, {version_3}, {version_4}, {version_5},
};
const size_t ledger_n_migrations =
    sizeof(ledger_migrations) / sizeof(ledger_migrations[0]);
