#include "report/gallery.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "ledger/runs.h"
#include "report/embed.h"
#include "report/gallery_inside.h"
#include "report/summary.h"

#define PAGE_ROWS 256 // read in one go
#define COMMAND_MAX ((size_t)1 << 20)

// --- the run

const struct value *gallery_about(const struct gallery *g)
{
    return value_get(g->run, "about");
}

const char *gallery_run(const struct gallery *g)
{
    return value_get_text(g->run, "run");
}

// Read anew: it may have ended meanwhile.
static bool read_run(struct gallery *g, const char *run, struct err *err)
{
    struct value *row = ledger_run(g->ledger, run, err);
    if (!row)
        return false;
    value_free(g->run);
    g->run = row;
    return true;
}

struct gallery *gallery_new(struct ledger *l, const char *state_dir,
                            const char *run, struct err *err)
{
    struct gallery *g = xcalloc(1, sizeof(*g));
    g->ledger = l;
    g->state_dir = xstrdup(state_dir);
    if (!read_run(g, run, err)) {
        gallery_free(g);
        return NULL;
    }
    return g;
}

void gallery_free(struct gallery *gallery)
{
    if (!gallery)
        return;
    if (gallery->held)
        ledger_moment_end(gallery->ledger);
    value_free(gallery->run);
    free(gallery->state_dir);
    free(gallery);
}

bool gallery_hold(struct gallery *gallery, struct err *err)
{
    gallery->held = ledger_moment_begin(gallery->ledger, err);
    char *run = xstrdup(gallery_run(gallery));
    bool ok = gallery->held && read_run(gallery, run, err);
    free(run);
    return ok;
}

int64_t gallery_recorded(const struct gallery *gallery)
{
    return value_integer(value_get(gallery->run, "cells"), 0);
}

static bool is_alive(const struct gallery *g)
{
    return !value_get(g->run, "ended_ms") &&
           !run_is_dead(g->state_dir, gallery_run(g));
}

// --- the head

void gallery_copy(const struct value *from, const char *key, struct value *to,
                  const char *as)
{
    const struct value *v = value_get(from, key);
    if (v)
        value_set(to, as, value_copy(v));
}

void gallery_words(const struct value *words, struct buf *out)
{
    buf_str(out, "tarmac");
    for (size_t i = 0; i < value_count(words); i++) {
        const char *word = value_text(value_at(words, i));
        buf_byte(out, ' ');
        shell_word(word ? word : "", out);
    }
}

static struct value *recipe_told(const struct gallery *g)
{
    struct value *v = value_map();
    const char *about = value_get_text(gallery_about(g), "about");
    gallery_copy(g->run, "recipe", v, "name");
    if (about && embed_may_say(about))
        value_set_text(v, "about", about);
    gallery_copy(gallery_about(g), "file", v, "file");
    return v;
}

static struct value *run_told(const struct gallery *g)
{
    struct value *v = value_map();
    const struct value *command = value_get(gallery_about(g), "command");
    gallery_copy(g->run, "run", v, "id");
    if (command) {
        struct buf text;
        buf_init(&text, COMMAND_MAX);
        gallery_words(command, &text);
        value_set_text(v, "command", text.data);
        buf_free(&text);
    }
    gallery_copy(g->run, "started_ms", v, "started_ms");
    gallery_copy(g->run, "ended_ms", v, "ended_ms");
    gallery_copy(g->run, "exit", v, "exit");
    gallery_copy(gallery_about(g), "cells", v, "cells");
    gallery_copy(g->run, "cells", v, "recorded");
    value_set(v, "alive", value_bool(is_alive(g)));
    return v;
}

static struct value *money_told(const struct gallery *g, struct err *err)
{
    struct ledger_totals totals;
    if (!ledger_totals(g->ledger, value_get_text(g->run, "recipe"), &totals,
                       err))
        return NULL;
    struct value *v = value_map();
    value_set(v, "spent", credits_value(totals.spent));
    value_set(v, "reserved", credits_value(totals.reserved));
    value_set(v, "unknown", credits_value(totals.unknown));
    gallery_copy(gallery_about(g), "budget", v, "budget");
    return v;
}

struct value *gallery_head(struct gallery *gallery, int64_t now_ms,
                           struct err *err)
{
    char *run = xstrdup(gallery_run(gallery));
    struct value *money =
        read_run(gallery, run, err) ? money_told(gallery, err) : NULL;
    free(run);
    if (!money)
        return NULL;
    struct value *v = value_map();
    value_set(v, "tarmac_report", value_int(GALLERY_FORMAT));
    value_set(v, "made_by", value_str("tarmac " TARMAC_VERSION));
    value_set(v, "made_ms", value_int(now_ms));
    value_set(v, "recipe", recipe_told(gallery));
    value_set(v, "run", run_told(gallery));
    value_set(v, "money", money);
    value_set(v, "live", value_bool(false));
    return v;
}

// --- all of them

static void on_row(void *arg, const struct value *row)
{
    value_add(arg, value_copy(row));
}

// Collected first: what is told of a cell is read with the same connection.
static struct value *read_rows(const struct gallery *g, uint64_t after,
                               int64_t max, struct err *err)
{
    struct value *rows = value_list();
    if (ledger_list_cells(g->ledger, gallery_run(g), after, max, on_row, rows,
                          err))
        return rows;
    value_free(rows);
    return NULL;
}

static bool tell_rows(struct gallery *g, const struct value *rows,
                      gallery_cell_fn *fn, void *arg, struct err *err)
{
    bool alive = is_alive(g);
    for (size_t i = 0; i < value_count(rows); i++) {
        struct value *cell =
            gallery_cell_told(g, value_at(rows, i), alive, err);
        if (!cell)
            return false;
        fn(arg, cell);
        value_free(cell);
    }
    return true;
}

bool gallery_cells(struct gallery *gallery, uint64_t after_nth,
                   gallery_cell_fn *fn, void *arg, struct err *err)
{
    bool ok = true, more = true;
    while (ok && more) {
        struct value *rows = read_rows(gallery, after_nth, PAGE_ROWS, err);
        size_t n = value_count(rows);
        ok = rows && tell_rows(gallery, rows, fn, arg, err);
        more = n == PAGE_ROWS;
        if (n > 0)
            after_nth = (uint64_t)value_integer(
                value_get(value_at(rows, n - 1), "nth"), 0);
        value_free(rows);
    }
    return ok;
}

struct value *gallery_cell(struct gallery *gallery, uint64_t nth,
                           struct err *err)
{
    struct value *rows = read_rows(gallery, nth - 1, 1, err);
    const struct value *row = value_at(rows, 0);
    struct value *cell = NULL;
    if (row && value_integer(value_get(row, "nth"), 0) == (int64_t)nth)
        cell = gallery_cell_told(gallery, row, is_alive(gallery), err);
    else if (rows)
        err_set(err, ERR_NONE, "this run has no cell %llu",
                (unsigned long long)nth);
    value_free(rows);
    return cell;
}
