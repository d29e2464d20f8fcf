// Statements: prepared once, bound and read by name.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/internal.h"

struct names {
    const char **at;
    int n, last;
};

struct db_stmt {
    struct db *db;
    struct db_stmt *next;
    const char *sql; // its address is the key
    sqlite3_stmt *stmt;
    struct err err; // why there is no stmt
    bool reading;   // stepped to a row, not yet to its end
    // Where a name was found, by its address: the next one that is asked for is
    // likely behind the last.
    struct names columns, parameters;
};

// Wrong SQL is a defect. A disk that fails while SQLite reads the schema is
// not: the statement then has no `stmt`, and says why when it is stepped.
static void prepare(struct db_stmt *s)
{
    sqlite3 *sql = s->db->sql;
    int code = sqlite3_prepare_v3(sql, s->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &s->stmt, NULL) &
               0xff;
    if (code == SQLITE_ERROR || code == SQLITE_MISUSE ||
        (code == SQLITE_OK && !s->stmt))
        db_defect("SQL that does not prepare: %s: %s", s->sql,
                  sqlite3_errmsg(sql));
    if (code != SQLITE_OK)
        db_fail(s->db, &s->err);
}

struct db_stmt *db_stmt(struct db *db, const char *sql)
{
    struct db_stmt *s = db->stmts;
    while (s && s->sql != sql)
        s = s->next;
    if (!s) {
        s = xcalloc(1, sizeof(*s));
        s->db = db;
        s->sql = sql;
        s->next = db->stmts;
        db->stmts = s;
    }
    if (!s->stmt)
        prepare(s);
    db_reset(s);
    if (s->stmt)
        sqlite3_clear_bindings(s->stmt);
    s->parameters.last = -1;
    return s;
}

void db_stmts_reset(struct db *db)
{
    for (struct db_stmt *s = db->stmts; s; s = s->next)
        if (s->reading)
            db_reset(s);
}

void db_stmts_free(struct db *db)
{
    while (db->stmts) {
        struct db_stmt *s = db->stmts;
        db->stmts = s->next;
        sqlite3_finalize(s->stmt);
        free(s->columns.at);
        free(s->parameters.at);
        free(s);
    }
}

// --- names

static void names_size(struct names *names, int n)
{
    if (names->n == n)
        return;
    free(names->at);
    names->at = xcalloc((size_t)n, sizeof(*names->at));
    names->n = n;
    names->last = -1;
}

// Where `name` was found before; -1: nowhere yet.
static int names_find(struct names *names, const char *name)
{
    for (int tried = 0; tried < names->n; tried++) {
        names->last = names->last + 1 < names->n ? names->last + 1 : 0;
        if (names->at[names->last] == name)
            return names->last;
    }
    return -1;
}

static int names_keep(struct names *names, int at, const char *name)
{
    names->at[at] = name;
    names->last = at;
    return at;
}

// --- parameters

static int parameter(struct db_stmt *s, const char *name)
{
    if (!s->stmt)
        return 0;
    names_size(&s->parameters, sqlite3_bind_parameter_count(s->stmt));
    int at = names_find(&s->parameters, name);
    if (at < 0)
        at = sqlite3_bind_parameter_index(s->stmt, name) - 1;
    if (at < 0)
        db_defect("no parameter %s in: %s", name, s->sql);
    return names_keep(&s->parameters, at, name) + 1;
}

static void bound(struct db_stmt *s, const char *name, int code)
{
    if (code == SQLITE_NOMEM)
        abort();
    if (code != SQLITE_OK && s->stmt)
        db_defect("cannot bind %s (%s) in: %s", name, sqlite3_errstr(code),
                  s->sql);
}

void db_bind_int(struct db_stmt *s, const char *name, int64_t v)
{
    bound(s, name, sqlite3_bind_int64(s->stmt, parameter(s, name), v));
}

void db_bind_text(struct db_stmt *s, const char *name, const char *v)
{
    int index = parameter(s, name);
    bound(s, name,
          v ? sqlite3_bind_text64(s->stmt, index, v, strlen(v),
                                  SQLITE_TRANSIENT, SQLITE_UTF8)
            : sqlite3_bind_null(s->stmt, index));
}

void db_bind_blob(struct db_stmt *s, const char *name, const void *v,
                  size_t len)
{
    bound(s, name,
          sqlite3_bind_blob64(s->stmt, parameter(s, name), len ? v : "", len,
                              SQLITE_TRANSIENT));
}

void db_bind_null(struct db_stmt *s, const char *name)
{
    bound(s, name, sqlite3_bind_null(s->stmt, parameter(s, name)));
}

// --- running

enum db_step db_step(struct db_stmt *s, struct err *err)
{
    s->columns.last = -1;
    if (!s->stmt) {
        err_set(err, s->err.kind, "%s", s->err.text);
        return DB_FAILED;
    }
    int code = sqlite3_step(s->stmt);
    s->reading = code == SQLITE_ROW;
    if (s->reading)
        return DB_ROW;
    if (code != SQLITE_DONE)
        db_fail(s->db, err);
    sqlite3_reset(s->stmt);
    return code == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

bool db_run(struct db_stmt *s, struct err *err)
{
    enum db_step step;
    do
        step = db_step(s, err);
    while (step == DB_ROW);
    return step == DB_DONE;
}

void db_reset(struct db_stmt *s)
{
    if (s->reading)
        sqlite3_reset(s->stmt);
    s->reading = false;
}

// --- columns

static int column(struct db_stmt *s, const char *name)
{
    int n = sqlite3_data_count(s->stmt);
    if (n == 0)
        db_defect("there is no row to read %s from: %s", name, s->sql);
    names_size(&s->columns, n);
    int at = names_find(&s->columns, name);
    for (int i = 0; at < 0 && i < n; i++)
        if (strcmp(sqlite3_column_name(s->stmt, i), name) == 0)
            at = i;
    if (at < 0)
        db_defect("no column %s in: %s", name, s->sql);
    return names_keep(&s->columns, at, name);
}

int64_t db_int(struct db_stmt *s, const char *name)
{
    return sqlite3_column_int64(s->stmt, column(s, name));
}

const char *db_text(struct db_stmt *s, const char *name)
{
    return (const char *)sqlite3_column_text(s->stmt, column(s, name));
}

const void *db_blob(struct db_stmt *s, const char *name, size_t *len)
{
    int index = column(s, name);
    const void *bytes = sqlite3_column_blob(s->stmt, index);
    *len = (size_t)sqlite3_column_bytes(s->stmt, index);
    return bytes;
}

bool db_is_null(struct db_stmt *s, const char *name)
{
    return sqlite3_column_type(s->stmt, column(s, name)) == SQLITE_NULL;
}
