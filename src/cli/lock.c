#include "cli/lock.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "data/json.h"
#include "report/changes.h"

#define LOCK_ENDING ".lock.yaml"
#define WHY_MAX 4096 // bytes

char *lock_path(const char *recipe_file)
{
    return load_beside(recipe_file, LOCK_ENDING);
}

bool lock_is_named_so(const char *file)
{
    return text_stem(path_base(file), LOCK_ENDING) > 0;
}

struct lock *lock_load(const char *path, bool json, int *code)
{
    struct err err = {0};
    struct problems problems;
    struct lock *lock = NULL;
    size_t len;
    problems_init(&problems, path);
    char *text = file_read(path, LOCK_BYTES_MAX, &len, &err);
    if (text)
        lock = lock_read(text, len, &problems);
    else if (!path_exists(path))
        err_set(&err, ERR_RECIPE,
                "there is no %s; tarmac run RECIPE --lock writes it", path);
    else
        err.kind = ERR_RECIPE;
    if (!lock)
        *code = load_say(&problems, &err, json);
    free(text);
    problems_free(&problems);
    return lock;
}

// --- why

// What differs from the purchase `e`; nothing when that is not known.
static bool compare(struct ledger *ledger, const struct lock_entry *e,
                    const struct purchase *p, struct buf *out)
{
    const char *here = purchase_gateway(p)->identity;
    if (strcmp(e->gateway, here) != 0)
        return buf_printf(out, "gateway %s → %s", e->gateway, here);
    struct purchase_row row;
    bool found = false;
    if (!ledger || !ledger_find(ledger, e->fingerprint, &row, &found, NULL) ||
        !found)
        return false;
    struct value *was =
        json_read(row.request, strlen(row.request), JSON_LENIENT, NULL);
    if (was && strcmp(row.route, purchase_route(p)) == 0)
        changes_text(was, purchase_named(p), out);
    if (was && out->len == 0 && row.take != purchase_take(p))
        buf_printf(out, "take %d → %d", row.take, purchase_take(p));
    value_free(was);
    purchase_row_free(&row);
    return out->len > 0;
}

// Of all that the cell is locked to, what is nearest.
static char *nearest(const struct lock *lock, size_t cell,
                     struct ledger *ledger, const struct purchase *p)
{
    char *best = NULL;
    for (size_t i = 0; i < lock_entries(lock, cell); i++) {
        struct buf out;
        buf_init(&out, WHY_MAX);
        bool known = compare(ledger, lock_entry_at(lock, cell, i), p, &out);
        if (known && (!best || out.len < strlen(best))) {
            free(best);
            best = buf_take(&out);
        }
        buf_free(&out);
    }
    return best;
}

char *lock_why(const struct lock *lock, struct ledger *ledger, const char *cell,
               const struct purchase *p)
{
    size_t i;
    if (!lock_find_cell(lock, cell, &i))
        return xasprintf("it has no cell %s", cell);
    return nearest(lock, i, ledger, p);
}
