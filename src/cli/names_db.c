#include "cli/names_db.h"

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"

struct names_db {
    struct recipe_names table;
    struct db *db; // NULL until the first name comes
};

static const char schema[] =
    "CREATE TABLE name (name TEXT PRIMARY KEY, cell INTEGER NOT NULL) "
    "WITHOUT ROWID";

static bool is_open(struct names_db *names, struct err *err)
{
    if (names->db)
        return true;
    names->db = db_open_scratch(schema, err);
    return names->db && db_begin(names->db, err);
}

static int find(struct names_db *names, const char *name, uint64_t *other,
                struct err *err)
{
    struct db_stmt *s =
        db_stmt(names->db, "SELECT cell FROM name WHERE name = :name");
    db_bind_text(s, ":name", name);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        *other = (uint64_t)db_int(s, "cell");
    db_reset(s);
    if (step == DB_DONE)
        err_set(err, ERR_DEFECT, "a name is neither new nor there");
    return step == DB_ROW ? 0 : -1;
}

static int add(void *ctx, const char *name, uint64_t cell, uint64_t *other,
               struct err *err)
{
    struct names_db *names = ctx;
    if (!is_open(names, err))
        return -1;
    struct db_stmt *s =
        db_stmt(names->db, "INSERT INTO name (name, cell) "
                           "VALUES (:name, :cell) ON CONFLICT DO NOTHING");
    db_bind_text(s, ":name", name);
    db_bind_int(s, ":cell", (int64_t)cell);
    if (!db_run(s, err))
        return -1;
    return db_changes(names->db) > 0 ? 1 : find(names, name, other, err);
}

struct names_db *names_db_new(void)
{
    struct names_db *names = xcalloc(1, sizeof(*names));
    names->table = (struct recipe_names){names, add};
    return names;
}

void names_db_free(struct names_db *names)
{
    if (!names)
        return;
    db_close(names->db);
    free(names);
}

const struct recipe_names *names_db_table(const struct names_db *names)
{
    return &names->table;
}
