// What task.c, task_read.c and task_remove.c share.

#pragma once

#include "db/db.h"
#include "gateway/lanes.h"
#include "gateway/task.h"
#include "gateway/tasks_db.h"

#define TASK_BUCKETS 4096
#define TASK_APIS 2

LIST_HEAD(task_bucket, task);
TAILQ_HEAD(task_change_list, task_change);

struct tasks {
    const struct clock *clock;
    const struct hosts *callback_hosts;
    char *assets;  // the folder
    struct db *db; // for reading, on the loop
    struct db_writer *writer;
    struct lanes *lanes;
    struct task_bucket buckets[TASK_BUCKETS];
    struct task_bucket entering; // bought, not yet on disk
    int64_t counts[TASK_STATES];
    int64_t n_entering;
    int64_t n_hidden;
    int64_t spent[TASK_APIS];      // what is entering, too
    struct task_change_list again; // ends that could not be written down
    struct loop_timer *retry;
    bool said_full;
    void (*changed)(void *arg, struct task *task);
    void *changed_arg;
};

struct task *tasks_find_live(struct tasks *tasks, const char *id);
int64_t *tasks_spent_of(struct tasks *tasks, const char *api);
// A change that is on disk; the task may be gone then.
void tasks_apply(struct tasks *tasks, struct task *task,
                 const struct tasks_db_change *change);
