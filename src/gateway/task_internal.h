// What the files of the tasks share.

#pragma once

#include "db/db.h"
#include "gateway/bought.h"
#include "gateway/lanes.h"
#include "gateway/task.h"
#include "gateway/tasks_db.h"

#define TASK_BUCKETS 4096
#define TASK_APIS 2
// Of those that are over, the latest stay in memory: who bought one asks for it
// once more.
#define TASKS_OVER_MAX 2048

LIST_HEAD(task_bucket, task);
TAILQ_HEAD(task_change_list, task_change);
TAILQ_HEAD(task_over_list, task);

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
    struct task_over_list over; // the oldest first
    int n_over;
    struct boughts *boughts;       // what is entering, too
    int64_t bought[TASK_APIS];     // in all; the same
    int64_t spent[TASK_APIS];      // what is entering, too
    struct task_change_list again; // ends that could not be written down
    struct loop_timer *retry;
    bool said_full;
    void (*changed)(void *arg, struct task *task);
    void *changed_arg;
    void (*look)(void *arg, struct task *task);
    void *look_arg;
};

struct task *tasks_find_live(struct tasks *tasks, const char *id);
size_t tasks_api(const char *api); // its place in the two tables
int64_t *tasks_spent_of(struct tasks *tasks, const char *api);
// A change that is on disk; the task may be gone then.
void tasks_apply(struct tasks *tasks, struct task *task,
                 const struct tasks_db_change *change);
// Into memory, and out of it.
void tasks_enter(struct tasks *tasks, struct task *task);
void tasks_drop(struct tasks *tasks, struct task *task);
// Ends that could not be written down: once more, or not by this process.
void tasks_write_again(void *tasks);
void tasks_forget_again(struct tasks *tasks);
