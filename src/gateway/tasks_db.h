// All SQL of the gateway. The table is the purchase log: a row is on disk
// before its submit is answered, and rows are never deleted.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"
#include "gateway/task.h"

#define TASKS_DB_ID 0x74724d47 // "trMG": marks the file
#define TASKS_DB_VERSION 1

extern const struct db_migration tasks_db_migrations[TASKS_DB_VERSION];

struct db *tasks_db_open(const char *path, struct err *err);

// A new row, with the body of its submit.
bool tasks_db_insert(struct db *db, const struct task *task,
                     const char *request, struct err *err);
bool tasks_db_state(struct db *db, const char *id, enum task_state state,
                    const char *msg, int64_t updated_ms, struct err *err);
bool tasks_db_callback(struct db *db, const char *id, enum task_callback done,
                       struct err *err);

// False: not there, or, with err->kind set, not readable. Owned strings in
// `out`: task_clear().
bool tasks_db_find(struct db *db, const char *id, struct task *out,
                   struct err *err);
// The body of the submit, owned; NULL with `err`.
char *tasks_db_request(struct db *db, const char *id, struct err *err);

// Every task that is not finished or still owes a callback, oldest first. The
// strings are taken over by `each`.
bool tasks_db_open_tasks(struct db *db,
                         void (*each)(void *arg, const struct task *task),
                         void *arg, struct err *err);
// Every task, the newest first, from the `skip`-th on, at most `max`. The task
// is `each`'s to look at.
bool tasks_db_list(struct db *db, int64_t skip, int64_t max,
                   void (*each)(void *arg, const struct task *task), void *arg,
                   struct err *err);
bool tasks_db_count(struct db *db, int64_t counts[TASK_STATES],
                    struct err *err);
