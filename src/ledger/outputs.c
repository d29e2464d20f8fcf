#include <stdio.h>

#include "base/mem.h"
#include "ledger/internal.h"

bool ledger_find_output(struct ledger *l, const char *path,
                        struct output_row *row, bool *found, struct err *err)
{
    *row = (struct output_row){0};
    struct db_stmt *s =
        db_stmt(l->db, "SELECT clip, sha256, size, mtime_ns, made_of"
                       " FROM outputs WHERE path = :path");
    db_bind_text(s, ":path", path);
    enum db_step step = db_step(s, err);
    *found = step == DB_ROW;
    if (*found) {
        row->clip = db_int(s, "clip");
        snprintf(row->sha256, sizeof(row->sha256), "%s", db_text(s, "sha256"));
        const char *made_of = db_text(s, "made_of");
        snprintf(row->made_of, sizeof(row->made_of), "%s",
                 made_of ? made_of : "");
        row->size = db_int(s, "size");
        row->mtime_ns = db_int(s, "mtime_ns");
    }
    db_reset(s);
    return step != DB_FAILED;
}

struct output_write {
    struct write w;
    const char *path, *run, *cell;
    struct output_row row;
};

static bool output_write(struct db *db, void *arg, struct err *err)
{
    const struct output_write *job = arg;
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO outputs(path, clip, sha256, size, mtime_ns, run, cell,"
            "  made_of)"
            " VALUES(:path, :clip, :sha256, :size, :mtime_ns, :run, :cell,"
            "  :made_of)"
            " ON CONFLICT(path) DO UPDATE SET clip = excluded.clip,"
            "  sha256 = excluded.sha256, size = excluded.size,"
            "  mtime_ns = excluded.mtime_ns, run = excluded.run,"
            "  cell = excluded.cell, made_of = excluded.made_of");
    db_bind_text(s, ":path", job->path);
    db_bind_int(s, ":clip", job->row.clip);
    db_bind_text(s, ":sha256", job->row.sha256);
    db_bind_int(s, ":size", job->row.size);
    db_bind_int(s, ":mtime_ns", job->row.mtime_ns);
    db_bind_text(s, ":run", job->run);
    db_bind_text(s, ":cell", job->cell);
    db_bind_text(s, ":made_of", job->row.made_of[0] ? job->row.made_of : NULL);
    return db_run(s, err);
}

void ledger_set_output(struct ledger *l, const char *path, const char *run,
                       const char *cell, const struct output_row *row,
                       ledger_done *done, void *arg)
{
    struct output_write *job = xcalloc(1, sizeof(*job));
    job->w.done = done;
    job->w.arg = arg;
    job->path = write_keep(&job->w, path);
    job->run = write_keep(&job->w, run);
    job->cell = write_keep(&job->w, cell);
    job->row = *row;
    write_queue(l, DB_SOON, output_write, &job->w);
}
