// Rows handed out as maps, for what the ledger tells people. Room-internal.

#pragma once

#include <stdbool.h>

#include "data/value.h"
#include "db/db.h"
#include "ledger/list.h"

// Columns to members of the same name; what is NULL is left out.
void row_text(struct db_stmt *s, struct value *map, const char *column);
void row_int(struct db_stmt *s, struct value *map, const char *column);
// A column that holds JSON; one that does not is shown as the text that it is.
void row_json(struct db_stmt *s, struct value *map, const char *column);
void row_credits(struct db_stmt *s, struct value *map); // "credits", of "price"
// {run, recipe, argv, started_ms, ended_ms, exit}
void row_run(struct db_stmt *s, struct value *map);

// Hand out the rows of a bound statement, each as `take` reads it.
bool rows_each(struct db_stmt *s,
               void (*take)(struct db_stmt *s, struct value *map),
               ledger_row *row, void *arg, struct err *err);
