#include "ledger/upkeep.h"

#include "ledger/internal.h"
#include "ledger/rows.h"

// Two recipes that ask for the same share a purchase: it is the first one's,
// and the other has outputs of it.
#define IN_SCOPE                                                               \
    "(:purchase = 0 OR a.purchase = :purchase)"                                \
    " AND (:recipe IS NULL OR a.recipe = :recipe OR EXISTS"                    \
    "  (SELECT 1 FROM outputs u JOIN runs r ON r.id = u.run"                   \
    "   WHERE u.clip = c.id AND r.recipe = :recipe))"
#define OF_CLIP                                                                \
    " c.id AS clip, c.ext AS ext, p.fingerprint AS fingerprint,"               \
    " a.recipe AS recipe, p.cell AS cell, a.gateway AS gateway,"               \
    " a.task_id AS task_id, r.argv AS argv"
#define FROM_CLIPS                                                             \
    " FROM clips c JOIN attempts a ON a.id = c.attempt"                        \
    " JOIN purchases p ON p.id = a.purchase"                                   \
    " LEFT JOIN runs r ON r.id = a.owner"

static void bind_scope(struct db_stmt *s, const struct ledger_scope *scope)
{
    db_bind_text(s, ":recipe", scope->recipe);
    db_bind_int(s, ":purchase", scope->purchase);
}

bool ledger_sum_kept(struct ledger *l, const struct ledger_scope *scope,
                     struct ledger_kept *kept, struct err *err)
{
    *kept = (struct ledger_kept){0};
    struct db_stmt *s = db_stmt(
        l->db,
        "WITH mine AS MATERIALIZED (SELECT c.id AS id, c.sha256 AS sha256,"
        "  c.ext AS ext, c.size AS size FROM clips c"
        "  JOIN attempts a ON a.id = c.attempt WHERE " IN_SCOPE "),"
        " files AS (SELECT max(size) AS size FROM mine GROUP BY sha256, ext)"
        " SELECT (SELECT count(*) FROM mine) AS clips,"
        " (SELECT coalesce(sum(size), 0) FROM files) AS stored,"
        " count(o.path) AS outputs, coalesce(sum(o.size), 0) AS written"
        " FROM mine JOIN outputs o ON o.clip = mine.id");
    bind_scope(s, scope);
    enum db_step step = db_step(s, err);
    if (step == DB_ROW) {
        kept->clips = db_int(s, "clips");
        kept->outputs = db_int(s, "outputs");
        kept->bytes = db_int(s, "stored") + db_int(s, "written");
    }
    db_reset(s);
    return step == DB_ROW;
}

static void take_file(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "sha256");
    row_text(s, map, "ext");
    row_int(s, map, "bytes");
}

static void take_clip(struct db_stmt *s, struct value *map)
{
    static const char *const texts[] = {"recipe", "cell", "gateway", "task_id",
                                        "fingerprint"};
    take_file(s, map);
    row_int(s, map, "clip");
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        row_text(s, map, texts[i]);
    row_json(s, map, "argv");
}

bool ledger_list_clips(struct ledger *l, const struct ledger_scope *scope,
                       const char *after, int64_t clip, int64_t max,
                       ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, "SELECT c.sha256 AS sha256, c.size AS bytes," OF_CLIP FROM_CLIPS
               " WHERE (c.sha256, c.id) > (:after, :clip) AND " IN_SCOPE
               " ORDER BY c.sha256, c.id LIMIT :max");
    bind_scope(s, scope);
    db_bind_text(s, ":after", after);
    db_bind_int(s, ":clip", clip);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_clip, row, arg, err);
}

static void take_output(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "path");
    take_clip(s, map);
    row_text(s, map, "clip_sha256");
    row_int(s, map, "mtime_ns");
}

bool ledger_list_outputs(struct ledger *l, const struct ledger_scope *scope,
                         const char *after, int64_t max, ledger_row *row,
                         void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db,
        "SELECT o.path AS path, o.sha256 AS sha256, o.size AS bytes,"
        " o.mtime_ns AS mtime_ns, c.sha256 AS clip_sha256," OF_CLIP FROM_CLIPS
        " JOIN outputs o ON o.clip = c.id WHERE o.path > :after AND " IN_SCOPE
        " ORDER BY o.path LIMIT :max");
    bind_scope(s, scope);
    db_bind_text(s, ":after", after);
    db_bind_int(s, ":max", max);
    return rows_each(s, take_output, row, arg, err);
}

static void take_path(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "path");
}

bool ledger_list_copies(struct ledger *l, const char *sha256, ledger_row *row,
                        void *arg, struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, "SELECT o.path AS path FROM clips c JOIN outputs o"
                       " ON o.clip = c.id WHERE c.sha256 = :sha256"
                       " AND (o.sha256 = :sha256 OR o.made_of IS NOT NULL)"
                       " ORDER BY o.sha256 <> :sha256, o.path");
    db_bind_text(s, ":sha256", sha256);
    return rows_each(s, take_path, row, arg, err);
}

bool ledger_list_delivered(struct ledger *l, int64_t attempt,
                           int64_t written_ms, ledger_row *row, void *arg,
                           struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, "SELECT c.sha256 AS sha256, c.ext AS ext, c.size AS bytes"
               " FROM clips c JOIN attempts a ON a.id = c.attempt"
               " WHERE a.id = :attempt AND a.state = 'delivered'"
               " AND a.created_ms <= :written");
    db_bind_int(s, ":attempt", attempt);
    db_bind_int(s, ":written", written_ms);
    return rows_each(s, take_file, row, arg, err);
}

bool ledger_list_delivered_local(struct ledger *l, const char *task_id,
                                 ledger_row *row, void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        l->db, "SELECT c.sha256 AS sha256, c.ext AS ext, c.size AS bytes"
               " FROM clips c JOIN attempts a ON a.id = c.attempt"
               " WHERE a.task_id = :task AND a.state = 'delivered'"
               " AND a.gateway IN"
               "  (SELECT identity FROM gateways WHERE origin = 'local')");
    db_bind_text(s, ":task", task_id);
    return rows_each(s, take_file, row, arg, err);
}

bool ledger_knows_file(struct ledger *l, const char *sha256, const char *ext,
                       bool *knows, struct err *err)
{
    struct db_stmt *s = db_stmt(l->db, "SELECT 1 AS one FROM clips"
                                       " WHERE sha256 = :sha256 AND ext = :ext"
                                       " LIMIT 1");
    db_bind_text(s, ":sha256", sha256);
    db_bind_text(s, ":ext", ext);
    enum db_step step = db_step(s, err);
    *knows = step == DB_ROW;
    db_reset(s);
    return step != DB_FAILED;
}
