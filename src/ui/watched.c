#include "ui/watched.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/json.h"
#include "ledger/follow.h"
#include "report/gallery.h"
#include "ui/open.h"

#define LOOK_MS 20      // that one look may last
#define HEAD_MS 1000    // the money is added up no more often
#define ROUNDS_MAX 1000 // of a page

// How far a cell is, as it was seen last.
struct seen {
    char state;       // its first letter; '\0': never seen
    int64_t ended_ms; // 0: it has not
    bool due;         // to be read
    bool again;       // and once more after the next write: a note may be early
    bool kept;        // its row is that of an earlier round, which delivered it
    int round;
};

struct watched {
    struct ledger *ledger;
    const char *state_dir;
    bool from_afar;
    int64_t version; // of the ledger, when it was read last
    struct gallery **rounds;
    int n_rounds;
    struct board *board;
    struct open_purchases *open;
    struct seen *cells; // of the board, cell 1 first
    uint64_t n, due, next;
    uint64_t counted; // rows of the last reading
    uint64_t expected;
    struct value *head;
    int64_t head_ms;
    bool head_is_due, over; // the run has ended, or died
    bool fresh;             // the page has read nothing of this yet
};

struct watched *watched_new(struct ledger *reader, const char *state_dir,
                            bool from_afar)
{
    struct watched *watched = xcalloc(1, sizeof(*watched));
    watched->ledger = reader;
    watched->state_dir = state_dir;
    watched->from_afar = from_afar;
    watched->board = board_new();
    watched->open = open_purchases_new();
    return watched;
}

static void drop_rounds(struct watched *watched)
{
    for (int i = 0; i < watched->n_rounds; i++)
        gallery_free(watched->rounds[i]);
    free(watched->rounds);
    watched->rounds = NULL;
    watched->n_rounds = 0;
}

void watched_free(struct watched *watched)
{
    if (!watched)
        return;
    drop_rounds(watched);
    board_free(watched->board);
    open_purchases_free(watched->open);
    value_free(watched->head);
    free(watched->cells);
    free(watched);
}

static void mark(struct watched *watched, uint64_t nth)
{
    struct seen *cell = &watched->cells[nth - 1];
    watched->due += !cell->due;
    cell->due = true;
}

// --- reading

static void count_stage(void *arg, const struct ledger_stage *stage)
{
    struct watched *watched = arg;
    if (stage->nth > watched->counted)
        watched->counted = stage->nth;
}

static void on_stage(void *arg, const struct ledger_stage *stage)
{
    struct watched *watched = arg;
    count_stage(watched, stage);
    if (stage->nth < 1 || stage->nth > watched->n)
        return;
    struct seen *cell = &watched->cells[stage->nth - 1];
    char state = stage->state ? stage->state[0] : 'q';
    bool moved = state != cell->state || stage->ended_ms != cell->ended_ms;
    cell->state = state;
    cell->ended_ms = stage->ended_ms;
    if (cell->kept && cell->ended_ms == 0)
        return;
    if (cell->ended_ms > 0) {
        cell->kept = false;
        cell->round = watched->n_rounds - 1;
    }
    bool runs = watched->from_afar && state == 'r';
    if ((moved && !watched->fresh) || cell->again || runs)
        mark(watched, stage->nth);
    cell->again = false;
}

static bool read_stages(struct watched *watched, const char *run,
                        struct err *err)
{
    watched->counted = 0;
    return ledger_each_stage(watched->ledger, run, on_stage, watched, err);
}

// Rows that are still to come count, too: a run writes them as it goes.
static uint64_t cells_of(const struct watched *watched)
{
    const struct value *run = value_get(watched->head, "run");
    int64_t told = value_integer(value_get(run, "cells"), 0);
    uint64_t n = told < 0 ? 0 : (uint64_t)told;
    if (n < watched->expected)
        n = watched->expected;
    if (n > LEDGER_CELLS_MAX)
        n = LEDGER_CELLS_MAX;
    return n > watched->counted ? n : watched->counted;
}

// Other cells: all is read anew by who reads the page.
static bool begin_anew(struct watched *watched, const char *run,
                       struct err *err)
{
    free(watched->cells);
    watched->n = cells_of(watched);
    watched->cells = xcalloc((size_t)watched->n + 1, sizeof(*watched->cells));
    watched->due = watched->next = 0;
    open_purchases_forget(watched->open);
    board_begin(watched->board, watched->n);
    for (uint64_t i = 0; i < watched->n; i++)
        watched->cells[i].round = watched->n_rounds - 1;
    watched->fresh = true;
    bool ok = read_stages(watched, run, err);
    watched->fresh = false;
    return ok;
}

static bool count(struct watched *watched, const char *run, struct err *err)
{
    watched->counted = 0;
    return ledger_each_stage(watched->ledger, run, count_stage, watched, err);
}

// The next round of the same cells.
static bool begin_again(struct watched *watched, const char *run,
                        struct err *err)
{
    for (uint64_t i = 0; i < watched->n; i++) {
        struct seen *cell = &watched->cells[i];
        cell->kept = cell->kept || cell->state == 'd';
        if (!cell->kept)
            cell->round = watched->n_rounds - 1;
    }
    return read_stages(watched, run, err);
}

static const char *run_of(const struct watched *watched)
{
    return value_get_text(value_get_map(watched->head, "run"), "id");
}

bool watched_show(struct watched *watched, const char *run, uint64_t cells,
                  bool again, struct err *err)
{
    struct gallery *gallery =
        gallery_new(watched->ledger, watched->state_dir, run, err);
    struct value *head =
        gallery ? gallery_head(gallery, clock_wall_ms(&clock_system), err)
                : NULL;
    if (!head || !count(watched, run, err)) {
        value_free(head);
        gallery_free(gallery);
        return false;
    }
    value_free(watched->head);
    watched->head = head;
    watched->head_ms = clock_mono_ms(&clock_system);
    watched->over = false;
    watched->expected = cells;
    again = again && cells_of(watched) == watched->n &&
            watched->n_rounds < ROUNDS_MAX;
    if (!again)
        drop_rounds(watched);
    watched->rounds = xreallocarray(
        watched->rounds, (size_t)watched->n_rounds + 1, sizeof(gallery));
    watched->rounds[watched->n_rounds++] = gallery;
    return again ? begin_again(watched, run, err)
                 : begin_anew(watched, run, err);
}

// Cells that have not ended are shown otherwise once their run is over.
static void on_head(struct watched *watched, struct value *head)
{
    const struct value *run = value_get(head, "run");
    bool over = !value_truth(value_get(run, "alive"), false);
    for (uint64_t nth = 1; over != watched->over && nth <= watched->n; nth++)
        if (watched->cells[nth - 1].ended_ms == 0 &&
            !watched->cells[nth - 1].kept)
            mark(watched, nth);
    watched->over = over;
    value_free(watched->head);
    watched->head = head;
    watched->head_ms = clock_mono_ms(&clock_system);
    watched->head_is_due = false;
}

static bool read_head(struct watched *watched, struct err *err)
{
    int64_t since = clock_mono_ms(&clock_system) - watched->head_ms;
    bool may_die = watched->from_afar && !watched->over;
    if ((!watched->head_is_due && !may_die) || since < HEAD_MS)
        return true;
    struct value *head = gallery_head(
        watched->rounds[watched->n_rounds - 1],
        value_integer(value_get(watched->head, "made_ms"), 0), err);
    if (head)
        on_head(watched, head);
    return head != NULL;
}

static void read_due(struct watched *watched)
{
    int64_t began = clock_mono_ms(&clock_system);
    for (uint64_t i = 0; i < watched->n && watched->due > 0; i++) {
        uint64_t at = watched->next++ % watched->n;
        struct seen *cell = &watched->cells[at];
        if (!cell->due)
            continue;
        cell->due = false;
        watched->due--;
        char *text = watched_cell(watched, at + 1);
        if (text)
            board_cell(watched->board, at + 1, text);
        free(text);
        if (clock_mono_ms(&clock_system) - began >= LOOK_MS)
            break;
    }
}

bool watched_look(struct watched *watched, bool *more, struct err *err)
{
    int64_t version;
    *more = false;
    if (!watched->head)
        return true;
    if (!ledger_version(watched->ledger, &version, err))
        return false;
    if (version != watched->version) {
        watched->version = version;
        watched->head_is_due = true;
        char *run = xstrdup(run_of(watched));
        bool ok =
            read_stages(watched, run, err) &&
            (watched->counted <= watched->n || begin_anew(watched, run, err));
        free(run);
        if (!ok)
            return false;
    }
    if (!read_head(watched, err))
        return false;
    read_due(watched);
    *more = watched->due > 0 || watched->head_is_due;
    return true;
}

// --- what memory knows

void watched_purchase(struct watched *watched, uint64_t nth,
                      const struct purchase *purchase)
{
    if (nth < 1 || nth > watched->n)
        return;
    if (!open_purchases_note(watched->open, nth, purchase)) {
        if (purchase_progress(purchase) >= 0)
            board_progress(watched->board, nth, purchase_progress(purchase));
        return;
    }
    struct seen *cell = &watched->cells[nth - 1];
    mark(watched, nth);
    cell->again = true;
    if (purchase_was_bought_now(purchase)) {
        cell->kept = false;
        cell->round = watched->n_rounds - 1;
    }
}

void watched_forget(struct watched *watched)
{
    open_purchases_forget(watched->open);
    watched->head_is_due = true;
    watched->head_ms = 0;
}

// --- what the page gets

const struct board *watched_board(const struct watched *watched)
{
    return watched->board;
}

const struct value *watched_head(const struct watched *watched)
{
    return watched->head;
}

void watched_head_is(struct watched *watched, const char *text)
{
    board_head(watched->board, text);
}

char *watched_cell(struct watched *watched, uint64_t nth)
{
    if (nth < 1 || nth > watched->n)
        return NULL;
    struct err err;
    int newest = watched->n_rounds - 1;
    int round = watched->cells[nth - 1].round;
    struct value *cell = gallery_cell(watched->rounds[round], nth, &err);
    if (!cell && round != newest) // its rows may have gone
        cell = gallery_cell(watched->rounds[newest], nth, &err);
    else if (!cell && newest > 0) // or are still to come
        cell = gallery_cell(watched->rounds[newest - 1], nth, &err);
    if (!cell)
        return NULL;
    open_purchases_tell(watched->open, cell);
    char *text = json_text(cell);
    value_free(cell);
    return text;
}
