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

// How long the service took, as polls saw it: it still ran at the first, and
// had ended at the other. What ended_ms tells has the download in it.
static const char version_6[] =
    "ALTER TABLE attempts ADD COLUMN took_least_ms INTEGER"
    " CHECK (took_least_ms >= 0);"
    "ALTER TABLE attempts ADD COLUMN took_most_ms INTEGER"
    " CHECK (took_most_ms >= took_least_ms);";

// The states that a CHECK allows, said so that SQLite compares them one by one:
// of a list it makes a table, filled anew for every row that is written, which
// costs more than the row. The rules, and the rows, stay what they were. "|"
// stands for the quotes of the text that is looked for.
#define TEXT(text) "replace('" text "', '|', char(39))"
#define SAY(table, list, chain)                                                \
    "UPDATE sqlite_master SET sql = replace(sql, " TEXT(list) ", " TEXT(       \
        chain) ") WHERE name = '" table "';"
#define ALL                                                                    \
    "state IN (|intent|, |submitting|, |accepted|,  |running|, |ready|,"       \
    " |fetching|, |delivered|, |refused|, |unknown|,  |failed|, |cancelled|,"  \
    " |forgotten|))"
#define EACH                                                                   \
    "state = |intent| OR state = |submitting| OR state = |accepted|"           \
    " OR state = |running| OR state = |ready| OR state = |fetching|"           \
    " OR state = |delivered| OR state = |refused| OR state = |unknown|"        \
    " OR state = |failed| OR state = |cancelled| OR state = |forgotten|)"
#define ALL_OPEN                                                               \
    "(state IN (|intent|, |submitting|,  |accepted|, |running|, |ready|,"      \
    " |fetching|, |unknown|))"
#define EACH_OPEN                                                              \
    "(state = |intent| OR state = |submitting| OR state = |accepted|"          \
    " OR state = |running| OR state = |ready| OR state = |fetching|"           \
    " OR state = |unknown|)"
#define ALL_TASKLESS                                                           \
    "state IN (|intent|, |submitting|,  |refused|, |unknown|, |cancelled|)"
#define EACH_TASKLESS                                                          \
    "state = |intent| OR state = |submitting| OR state = |refused|"            \
    " OR state = |unknown| OR state = |cancelled|"
#define ALL_OF_CELLS "state IN (|queued|, |running|, |delivered|,  |failed|))"
#define EACH_OF_CELLS                                                          \
    "state = |queued| OR state = |running| OR state = |delivered|"             \
    " OR state = |failed|)"
static const char version_7[] =
    "PRAGMA writable_schema = ON;" SAY("attempts", ALL, EACH)
        SAY("attempts", ALL_OPEN, EACH_OPEN)
            SAY("attempts", ALL_TASKLESS, EACH_TASKLESS)
                SAY("cells", ALL_OF_CELLS,
                    EACH_OF_CELLS) "PRAGMA writable_schema = RESET;";

// What was spent, and how many are in flight, as sums that the database keeps
// by itself, whoever writes: an intent reads them instead of all attempts. A
// move that changes neither stops at WHEN.
#define SUMS(row, sign) SPENT(row, sign) FLYING(row, sign)
#define SPENT(row, sign)                                                       \
    "INSERT INTO spent SELECT a, b, " sign row "price FROM"                    \
    " (SELECT 'recipe' AS a, " row "recipe AS b"                               \
    "  UNION ALL SELECT 'gateway', " row "gateway)"                            \
    " WHERE " row "price > 0 AND " LEDGER_COSTS_OF(row)                        \
        UPSERT("what, name", "price")
#define FLYING(row, sign)                                                      \
    "INSERT INTO in_flight"                                                    \
    " SELECT " row "gateway, " row "owner, " sign "1"                          \
    " WHERE " LEDGER_FLIES_OF(row) UPSERT("gateway, owner", "n")
#define UPSERT(key, n)                                                         \
    " ON CONFLICT(" key ") DO UPDATE SET " n " = " n " + excluded." n ";"
#define NONE_LEFT                                                              \
    "DELETE FROM in_flight WHERE gateway = OLD.gateway"                        \
    " AND owner = OLD.owner AND n = 0;"
#define ADD SUMS("NEW.", "")
#define REMOVE SUMS("OLD.", "-")
#define DIFFER(of) " OR " of("NEW.") " <> " of("OLD.")
#define CHANGES                                                                \
    "NEW.price IS NOT OLD.price OR NEW.owner <> OLD.owner"                     \
    " OR NEW.recipe <> OLD.recipe OR NEW.gateway <> OLD.gateway" DIFFER(       \
        LEDGER_FLIES_OF) DIFFER(LEDGER_COSTS_OF)
static const char version_8[] =
    "CREATE TABLE spent("
    " what TEXT NOT NULL," // "recipe" or "gateway"
    " name TEXT NOT NULL,"
    " price ANY NOT NULL," // thousandths; beyond all integers a REAL
    " PRIMARY KEY (what, name)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO spent " LEDGER_SPENT ";"

    "CREATE TABLE in_flight("
    " gateway TEXT NOT NULL,"
    " owner TEXT NOT NULL,"
    " n INTEGER NOT NULL,"
    " PRIMARY KEY (gateway, owner)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO in_flight " LEDGER_IN_FLIGHT ";"

    "CREATE TRIGGER sums_insert AFTER INSERT ON attempts BEGIN " ADD "END;"
    "CREATE TRIGGER sums_delete AFTER DELETE ON attempts BEGIN " REMOVE
        NONE_LEFT "END;"
    "CREATE TRIGGER sums_update AFTER UPDATE"
    " OF state, price, sent_ms, ended_ms, owner, recipe, gateway ON attempts"
    " WHEN " CHANGES " BEGIN " REMOVE ADD NONE_LEFT "END;";

const struct db_migration ledger_migrations[] = {
    {version_1}, {version_2}, {version_3}, {version_4},
    {version_5}, {version_6}, {version_7}, {version_8},
};
const size_t ledger_n_migrations =
    sizeof(ledger_migrations) / sizeof(ledger_migrations[0]);
