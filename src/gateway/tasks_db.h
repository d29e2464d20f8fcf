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
#define TASKS_DB_VERSION 2

extern const struct db_migration tasks_db_migrations[TASKS_DB_VERSION];

struct db *tasks_db_open(const char *path, struct err *err);

// A new row, with the body of its submit.
bool tasks_db_insert(struct db *db, const struct task *task,
                     const char *request, struct err *err);
struct tasks_db_change {
    enum task_state state;
    const char *msg, *failure_code; // may be NULL
    int64_t updated_ms;
    bool settled; // the next two are known now
    double seconds;
    int64_t cost;
};
// Of a task that has not ended; one that has stays as it is.
bool tasks_db_state(struct db *db, const char *id,
                    const struct tasks_db_change *change, struct err *err);
bool tasks_db_remove(struct db *db, const char *id, int64_t updated_ms,
                     enum task_removal *removal, struct err *err);
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
// Every task of an api, or, with NULL, those of all that are not hidden: the
// newest first, from the `skip`-th on, at most `max`. The task is `each`'s to
// look at.
bool tasks_db_list(struct db *db, const char *api, int64_t skip, int64_t max,
                   void (*each)(void *arg, const struct task *task), void *arg,
                   struct err *err);
bool tasks_db_total(struct db *db, const char *api, int64_t *n,
                    struct err *err);
// The id of each that may have no files: it is hidden, or was cancelled.
bool tasks_db_removed(struct db *db,
                      void (*each)(void *arg, const char *id, bool hidden),
                      void *arg, struct err *err);
// When each was bought since then: of one API and model, in that order.
bool tasks_db_bought(struct db *db, int64_t since_ms,
                     void (*each)(void *arg, const char *api, const char *model,
                                  int64_t created_ms),
                     void *arg, struct err *err);
// What each api's tasks cost that neither failed nor were cancelled.
bool tasks_db_spent(struct db *db,
                    void (*each)(void *arg, const char *api, int64_t cost),
                    void *arg, struct err *err);
// The same of one api, by day ("2026-11-21", UTC) and model, of the tasks that
// were bought in [from_ms, to_ms).
bool tasks_db_used(struct db *db, const char *api, int64_t from_ms,
                   int64_t to_ms,
                   void (*each)(void *arg, const char *day, const char *model,
                                int64_t cost),
                   void *arg, struct err *err);
bool tasks_db_count(struct db *db, int64_t counts[TASK_STATES],
                    struct err *err);
