#include "ledger/cells.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ledger/internal.h"
#include "ledger/rows.h"

// --- what is told of a run

struct about_write {
    struct write w;
    const char *run, *recipe, *about;
};

// Found by the runs that are too old: there are few of them, as each run drops
// those of one.
static bool drop_old(struct db *db, const char *recipe, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "DELETE FROM cells WHERE run IN"
                    " (SELECT id FROM runs WHERE recipe = :recipe"
                    "  ORDER BY rowid DESC LIMIT 1000 OFFSET :kept)");
    db_bind_text(s, ":recipe", recipe);
    db_bind_int(s, ":kept", LEDGER_RUNS_KEPT);
    return db_run(s, err);
}

static bool about_write(struct db *db, void *arg, struct err *err)
{
    const struct about_write *job = arg;
    struct db_stmt *s =
        db_stmt(db, "UPDATE runs SET about = :about WHERE id = :id");
    db_bind_text(s, ":about", job->about);
    db_bind_text(s, ":id", job->run);
    return db_run(s, err) && drop_old(db, job->recipe, err);
}

void ledger_run_about(struct ledger *l, const char *run, const char *recipe,
                      const char *about_json, ledger_done *done, void *arg)
{
    struct about_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->run = write_keep(&job->w, run);
    job->recipe = write_keep(&job->w, recipe);
    job->about = write_keep(&job->w, about_json);
    write_queue(l, DB_LATER, about_write, &job->w); // with its cells
}

// --- what is new of cells

#define TEXTS 5

struct news {
    bool (*write)(struct db *db, const char *run, const struct news *news,
                  struct err *err);
    int64_t nth, n, now_ms;
    int take;
    bool delivered;
    char *texts[TEXTS]; // what they are is known to `write`
};

struct ledger_cells {
    char *run;
    struct news *items;
    size_t n, cap;
    ledger_done *done; // may be NULL
    void *arg;
};

struct ledger_cells *ledger_cells_new(const char *run)
{
    struct ledger_cells *cells = xcalloc(1, sizeof(*cells));
    cells->run = xstrdup(run);
    return cells;
}

void ledger_cells_free(struct ledger_cells *cells)
{
    if (!cells)
        return;
    for (size_t i = 0; i < cells->n; i++)
        for (size_t k = 0; k < TEXTS; k++)
            free(cells->items[i].texts[k]);
    free(cells->items);
    free(cells->run);
    free(cells);
}

size_t ledger_cells_count(const struct ledger_cells *cells)
{
    return cells->n;
}

static void add_news(struct ledger_cells *cells, struct news news)
{
    if (cells->n == cells->cap) {
        cells->cap = cells->cap ? 2 * cells->cap : 64;
        cells->items =
            xreallocarray(cells->items, cells->cap, sizeof(*cells->items));
    }
    cells->items[cells->n++] = news;
}

static bool write_queued(struct db *db, const char *run,
                         const struct news *news, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "INSERT INTO cells(run, nth, n, name, take, axes, state)"
                    " VALUES(:run, :nth, :n, :name, :take, :axes, 'queued')");
    db_bind_text(s, ":run", run);
    db_bind_int(s, ":nth", news->nth);
    db_bind_int(s, ":n", news->n);
    db_bind_text(s, ":name", news->texts[0]);
    db_bind_int(s, ":take", news->take);
    db_bind_text(s, ":axes", news->texts[1]);
    return db_run(s, err);
}

void ledger_cells_add(struct ledger_cells *cells, uint64_t nth, uint64_t n,
                      const char *name, int take, const char *axes)
{
    add_news(cells, (struct news){.write = write_queued,
                                  .nth = (int64_t)nth,
                                  .n = (int64_t)n,
                                  .take = take,
                                  .texts = {xstrdup(name), xstrdup(axes)}});
}

static bool write_began(struct db *db, const char *run, const struct news *news,
                        struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "UPDATE cells SET state = 'running', began_ms = :now"
                    " WHERE run = :run AND nth = :nth");
    db_bind_text(s, ":run", run);
    db_bind_int(s, ":nth", news->nth);
    db_bind_int(s, ":now", news->now_ms);
    return db_run(s, err);
}

void ledger_cells_began(struct ledger_cells *cells, uint64_t nth,
                        int64_t now_ms)
{
    add_news(cells, (struct news){.write = write_began,
                                  .nth = (int64_t)nth,
                                  .now_ms = now_ms});
}

static bool write_ended(struct db *db, const char *run, const struct news *news,
                        struct err *err)
{
    static const char *const columns[TEXTS] = {":kind", ":message", ":task_id",
                                               ":outputs", ":purchases"};
    struct db_stmt *s = db_stmt(
        db, "UPDATE cells SET state = :state, kind = :kind,"
            " message = :message, task_id = :task_id, outputs = :outputs,"
            " purchases = :purchases, ended_ms = :now"
            " WHERE run = :run AND nth = :nth");
    db_bind_text(s, ":run", run);
    db_bind_int(s, ":nth", news->nth);
    db_bind_text(s, ":state", news->delivered ? "delivered" : "failed");
    for (size_t i = 0; i < TEXTS; i++)
        db_bind_text(s, columns[i], news->texts[i]);
    db_bind_int(s, ":now", news->now_ms);
    return db_run(s, err);
}

void ledger_cells_ended(struct ledger_cells *cells,
                        const struct ledger_cell_end *end)
{
    add_news(cells, (struct news){
                        .write = write_ended,
                        .nth = (int64_t)end->nth,
                        .now_ms = end->now_ms,
                        .delivered = end->delivered,
                        .texts = {xstrdup(end->kind), xstrdup(end->message),
                                  xstrdup(end->task_id), xstrdup(end->outputs),
                                  xstrdup(end->purchases)}});
}

static bool cells_write(struct db *db, void *arg, struct err *err)
{
    const struct ledger_cells *cells = arg;
    for (size_t i = 0; i < cells->n; i++)
        if (!cells->items[i].write(db, cells->run, &cells->items[i], err))
            return false;
    return true;
}

static void on_cells(void *arg, const struct err *err)
{
    struct ledger_cells *cells = arg;
    if (cells->done)
        cells->done(cells->arg, err);
    ledger_cells_free(cells);
}

void ledger_write_cells(struct ledger *l, struct ledger_cells *cells,
                        ledger_done *done, void *arg)
{
    cells->done = done;
    cells->arg = arg;
    db_write_when(l->writer, DB_LATER, cells_write, on_cells, cells);
}

// --- reads

static struct db_stmt *run_stmt(const struct ledger *l)
{
    if (!l->has_cells)
        return db_stmt(l->db, "SELECT id AS run, recipe, argv, started_ms,"
                              " ended_ms, exit_code AS exit, version,"
                              " NULL AS about, 0 AS cells"
                              " FROM runs WHERE id = :run");
    return db_stmt(l->db,
                   "SELECT id AS run, recipe, argv, started_ms, ended_ms,"
                   " exit_code AS exit, version, about,"
                   " (SELECT count(*) FROM cells WHERE run = :run) AS cells"
                   " FROM runs WHERE id = :run");
}

struct value *ledger_run(struct ledger *l, const char *run, struct err *err)
{
    struct db_stmt *s = run_stmt(l);
    db_bind_text(s, ":run", run);
    enum db_step step = db_step(s, err);
    struct value *map = step == DB_ROW ? value_map() : NULL;
    if (map) {
        row_run(s, map);
        row_text(s, map, "version");
        row_json(s, map, "about");
        row_int(s, map, "cells");
    }
    db_reset(s);
    if (step == DB_DONE)
        err_set(err, ERR_NONE, "the ledger knows no run %s", run);
    return map;
}

static void take_cell(struct db_stmt *s, struct value *map)
{
    row_int(s, map, "nth");
    row_int(s, map, "n");
    row_text(s, map, "name");
    row_int(s, map, "take");
    row_json(s, map, "axes");
    row_text(s, map, "state");
    row_text(s, map, "kind");
    row_text(s, map, "message");
    row_text(s, map, "task_id");
    row_json(s, map, "outputs");
    row_json(s, map, "purchases");
    row_int(s, map, "began_ms");
    row_int(s, map, "ended_ms");
}

bool ledger_list_cells(struct ledger *l, const char *run, uint64_t after,
                       int64_t max, ledger_row *row, void *arg, struct err *err)
{
    if (!l->has_cells)
        return true;
    struct db_stmt *s =
        db_stmt(l->db, "SELECT * FROM cells WHERE run = :run AND nth > :after"
                       " ORDER BY nth LIMIT :max");
    db_bind_text(s, ":run", run);
    db_bind_int(s, ":after", (int64_t)after);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_cell, row, arg, err);
}

static void take_fingerprint(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "fingerprint");
}

bool ledger_list_bought(struct ledger *l, const char *run, const char *recipe,
                        const char *cell, ledger_row *row, void *arg,
                        struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, "SELECT fingerprint FROM purchases p"
               " WHERE recipe = :recipe AND cell = :cell"
               " AND EXISTS (SELECT 1 FROM attempts a"
               "  WHERE a.purchase = p.id AND a.owner = :run) ORDER BY id");
    db_bind_text(s, ":recipe", recipe);
    db_bind_text(s, ":cell", cell);
    db_bind_text(s, ":run", run);
    return rows_each(s, take_fingerprint, row, arg, err);
}

bool ledger_moment_begin(struct ledger *l, struct err *err)
{
    return db_moment(l->db, err);
}

void ledger_moment_end(struct ledger *l)
{
    db_rollback(l->db);
}
