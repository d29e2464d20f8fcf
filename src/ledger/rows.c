#include "ledger/rows.h"

#include <string.h>

#include "data/json.h"

void row_text(struct db_stmt *s, struct value *map, const char *column)
{
    value_set_text(map, column, db_text(s, column));
}

void row_int(struct db_stmt *s, struct value *map, const char *column)
{
    if (!db_is_null(s, column))
        value_set(map, column, value_int(db_int(s, column)));
}

void row_json(struct db_stmt *s, struct value *map, const char *column)
{
    const char *text = db_text(s, column);
    if (!text)
        return;
    struct value *v = json_read(text, strlen(text), JSON_LENIENT, NULL);
    value_set(map, column, v ? v : value_str(text));
}

void row_credits(struct db_stmt *s, struct value *map)
{
    if (!db_is_null(s, "price"))
        value_set(map, "credits",
                  value_real((double)db_int(s, "price") / 1000));
}

void row_run(struct db_stmt *s, struct value *map)
{
    row_text(s, map, "run");
    row_text(s, map, "recipe");
    row_json(s, map, "argv");
    row_int(s, map, "started_ms");
    row_int(s, map, "ended_ms");
    row_int(s, map, "exit");
}

bool rows_each(struct db_stmt *s,
               void (*take)(struct db_stmt *s, struct value *map),
               ledger_row *row, void *arg, struct err *err)
{
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        struct value *map = value_map();
        take(s, map);
        row(arg, map);
        value_free(map);
    }
    db_reset(s);
    return step == DB_DONE;
}
