#include "script/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "data/json.h"
#include "script/outcome.h"

// Beyond so many in flight few more are admitted: enough to take every place
// that becomes free, while those whose places these were are fetched.
#define AHEAD_MAX 1000

// One admitted cell.
struct run_cell {
    struct cells *cells;
    struct run_cell *next, **link;
    uint64_t index, nth;
    char *name;       // owned, and `axes` with it
    const char *axes; // as JSON, which takes less; or NULL
    int take;
    struct outcome *came; // NULL: nothing has yet
    bool ok;
    bool placing;
    bool leaving; // cancelled
    struct run_cell *next_left;
};

struct cells {
    struct cells_config config;
    struct placing_config how;
    struct recipe_walk *walk;
    struct run_cell *open;
    struct run_cell *left; // cancelled ones whose scripts have ended
    uint64_t next, total;
    int unfinished;
    size_t placing;
    bool stopped;
    // Those that were cancelled before they were admitted, by nth.
    uint64_t *passed;
    size_t n_passed;
};

struct cells *cells_new(const struct cells_config *config)
{
    struct cells *cells = xcalloc(1, sizeof(*cells));
    cells->config = *config;
    cells->how = (struct placing_config){.loop = config->loop,
                                         .ledger = config->ledger,
                                         .store = config->store,
                                         .checker = config->checker,
                                         .run = config->run,
                                         .tell = config->tell,
                                         .untold = config->untold,
                                         .arg = config->arg};
    cells->walk = config->walk;
    if (!cells->walk) {
        struct recipe_choice choice = {.first = config->first};
        cells->walk = recipe_walk_new(config->recipe, &choice, NULL);
    }
    cells->total = recipe_walk_cells(cells->walk);
    return cells;
}

static struct outcome *outcome_of(struct run_cell *cell)
{
    if (!cell->came)
        cell->came = xcalloc(1, sizeof(*cell->came));
    return cell->came;
}

static void cell_drop(struct run_cell *cell)
{
    *cell->link = cell->next;
    if (cell->next)
        cell->next->link = cell->link;
    outcome_free(cell->came);
    free(cell->name);
    free(cell);
}

void cells_free(struct cells *cells)
{
    if (!cells)
        return;
    while (cells->placing > 0)
        loop_once(cells->config.loop, true);
    while (cells->open)
        cell_drop(cells->open);
    recipe_walk_free(cells->walk);
    free(cells->passed);
    free(cells);
}

uint64_t cells_total(const struct cells *cells)
{
    return cells->total;
}

bool cells_done(const struct cells *cells)
{
    return cells->unfinished == 0 &&
           (cells->stopped || cells->next >= cells->total);
}

bool cells_placing(const struct cells *cells)
{
    return cells->placing > 0;
}

void cells_stop(struct cells *cells)
{
    cells->stopped = true;
}

// `axes` is owned by the caller.
static struct cell_report report_of(const struct run_cell *cell,
                                    struct value **axes)
{
    *axes = cell->axes
                ? json_read(cell->axes, strlen(cell->axes), JSON_LENIENT, NULL)
                : NULL;
    return (struct cell_report){
        .index = cell->index,
        .nth = cell->nth,
        .name = cell->name,
        .axes = *axes,
        .take = cell->take,
        .ok = cell->ok,
        .outputs = cell->came->outputs,
        .n = cell->came->n,
        .purchases = cell->came->purchases,
        .n_purchases = cell->came->n_purchases,
        .kind = cell->came->kind,
        .message = cell->came->message,
        .task_id = cell->came->task_id,
        .traceback = cell->came->traceback,
        .rows = cell->came->rows,
        .err = cell->came->err,
    };
}

static void cell_finish(struct run_cell *cell)
{
    struct cells *cells = cell->cells;
    struct value *axes;
    struct cell_report report = report_of(cell, &axes);
    for (size_t i = 0; i < cell->came->n; i++)
        report.changed |= cell->came->outputs[i].placed == STORE_PLACED;
    cells->unfinished--;
    cells->config.done(cells->config.arg, &report);
    value_free(axes);
    cell_drop(cell);
}

static void cell_fail(struct run_cell *cell, enum err_kind err,
                      const char *kind, const char *message)
{
    if (!cell->ok)
        return; // the first failure is the one to tell
    cell->ok = false;
    struct outcome *came = outcome_of(cell);
    came->err = err;
    came->kind = xstrdup(kind);
    came->message = xstrdup(message);
}

static void on_placed(void *arg, const struct err *err)
{
    struct run_cell *cell = arg;
    if (err)
        cell_fail(cell, ERR_DISK, "disk", err->text);
    cell->cells->placing--;
    cell_finish(cell);
}

static char *output_path(const struct cells *cells, const struct run_cell *cell,
                         const struct script_output *output)
{
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    char number[24] = "";
    if (output->clip > 0) {
        char *text = xasprintf(".%zu", output->clip + 1);
        memcpy(number, text, strnlen(text, sizeof(number) - 1) + 1);
        free(text);
    }
    return xasprintf("%s/%s%s%s%s.%s", cells->config.recipe->out_dir,
                     cell->name, output->suffix[0] ? "." : "", output->suffix,
                     number, clip->ext);
}

static void keep_purchases(struct run_cell *cell,
                           const struct script_result *result)
{
    struct outcome *came = outcome_of(cell);
    came->n_purchases = result->n_purchases;
    came->purchases = xcalloc(came->n_purchases + 1, sizeof(struct purchase *));
    for (size_t i = 0; i < came->n_purchases; i++) {
        came->purchases[i] = result->purchases[i];
        purchase_keep(came->purchases[i]);
    }
}

static void leave_later(struct run_cell *cell)
{
    cell->next_left = cell->cells->left;
    cell->cells->left = cell;
}

// Whether what it returned may be placed.
static bool is_allowed(const struct run_cell *cell, struct err *err)
{
    const struct cells_config *config = &cell->cells->config;
    if (!config->check)
        return true;
    struct value *axes;
    struct cell_report report = report_of(cell, &axes);
    bool ok = config->check(config->arg, &report, err);
    value_free(axes);
    return ok;
}

static void on_script(void *arg, const struct script_result *result)
{
    struct run_cell *cell = arg;
    struct cells *cells = cell->cells;
    struct outcome *came = outcome_of(cell);
    keep_purchases(cell, result);
    cell->ok = result->ok;
    came->rows = result->rows ? value_copy(result->rows) : NULL;
    if (!result->ok) {
        came->kind = xstrdup(result->kind);
        came->message = xstrdup(result->message);
        came->task_id = xstrdup(result->task_id);
        came->traceback = xstrdup(result->traceback);
        came->err = result->err;
        if (!cell->leaving)
            cell_finish(cell);
        else // once it is known what becomes of its purchases
            leave_later(cell);
        return;
    }
    came->n = result->n;
    came->outputs = xcalloc(came->n + 1, sizeof(*came->outputs));
    for (size_t i = 0; i < came->n; i++) {
        const struct script_output *from = &result->outputs[i];
        came->outputs[i].purchase = from->purchase;
        came->outputs[i].clip = from->clip;
        came->outputs[i].suffix = xstrdup(from->suffix);
        came->outputs[i].path = output_path(cells, cell, from);
        came->outputs[i].shown =
            cells->config.root
                ? path_join(cells->config.root, came->outputs[i].path)
                : xstrdup(came->outputs[i].path);
        came->outputs[i].placed = STORE_CURRENT;
    }
    struct err err;
    if (!is_allowed(cell, &err)) {
        cell_fail(cell, err.kind, "locked", err.text);
        cell_finish(cell);
    } else if (cells->config.dry || came->n == 0) {
        cell_finish(cell);
    } else if (!placing_start(&cells->how, cell->name, came->outputs, came->n,
                              on_placed, cell, &err)) {
        cell_fail(cell, err.kind, "disk", err.text);
        cell_finish(cell);
    } else {
        cell->placing = true;
        cells->placing++;
    }
}

static struct run_cell *cell_new(struct cells *cells, uint64_t nth)
{
    struct run_cell *run = xcalloc(1, sizeof(*run));
    run->cells = cells;
    run->ok = true;
    run->nth = nth;
    run->next = cells->open;
    run->link = &cells->open;
    if (run->next)
        run->next->link = &run->next;
    cells->open = run;
    cells->unfinished++;
    return run;
}

static void keep_texts(struct run_cell *run, const struct cell *cell)
{
    char *axes = cell->axes ? json_text(cell->axes) : NULL;
    size_t name_len = strlen(cell->name) + 1;
    size_t axes_len = axes ? strlen(axes) + 1 : 0;
    run->name = xmalloc(name_len + axes_len);
    memcpy(run->name, cell->name, name_len);
    if (axes)
        run->axes = memcpy(run->name + name_len, axes, axes_len);
    free(axes);
}

// The walk's next one. False: it cannot be made, and has been reported.
static bool take_cell(struct run_cell *run, struct recipe_walk *walk,
                      struct cell *cell)
{
    struct err err;
    bool more, made = recipe_walk_next(walk, cell, &more, &err);
    run->index = cell->index;
    if (!made) {
        run->name = xasprintf("cell %llu", (unsigned long long)run->index);
        cell_fail(run, ERR_RECIPE, "recipe", err.text);
        cell_finish(run);
        return false;
    }
    keep_texts(run, cell);
    run->take = cell->take;
    return true;
}

static void admit(struct cells *cells)
{
    struct cell cell;
    struct err err;
    struct run_cell *run = cell_new(cells, ++cells->next);
    if (cells->config.began)
        cells->config.began(cells->config.arg, run->nth);
    if (!take_cell(run, cells->walk, &cell))
        return;
    log_debug("%s: started", run->name);
    if (!script_start(cells->config.script, &cell, on_script, run, &err)) {
        cell_fail(run, err.kind, "script", err.text);
        cell_finish(run);
    }
    cell_free(&cell);
}

// --- cancelling

static bool is_passed(const struct cells *cells, uint64_t nth)
{
    for (size_t i = 0; i < cells->n_passed; i++)
        if (cells->passed[i] == nth)
            return true;
    return false;
}

static bool cancel_queued(struct cells *cells, uint64_t nth)
{
    struct cell cell;
    if (cells->stopped || is_passed(cells, nth))
        return false;
    cells->passed = xreallocarray(cells->passed, cells->n_passed + 1,
                                  sizeof(*cells->passed));
    cells->passed[cells->n_passed++] = nth;
    struct recipe_walk *walk = recipe_walk_again(cells->walk);
    struct run_cell *run = cell_new(cells, nth);
    recipe_walk_skip(walk, nth - 1);
    if (take_cell(run, walk, &cell)) {
        cell_fail(run, ERR_NONE, "cancelled",
                  "cancelled before it began; nothing was bought for it, and "
                  "the next run makes it");
        cell_finish(run);
        cell_free(&cell);
    }
    recipe_walk_free(walk);
    return true;
}

struct asked {
    const struct run_cell *cell;
    bool wanted;
};

static void on_wanted(void *ctx, void *arg)
{
    struct asked *asked = ctx;
    const struct run_cell *cell = arg;
    asked->wanted = asked->wanted || (cell != asked->cell && !cell->leaving);
}

// Somebody else waits for it, who is not on his way out.
static bool is_wanted(const struct run_cell *cell, const struct purchase *p)
{
    struct asked asked = {.cell = cell};
    script_asking(cell->cells->config.script, p, on_wanted, &asked);
    return asked.wanted;
}

static bool cancel_running(struct run_cell *cell)
{
    size_t n;
    struct script *script = cell->cells->config.script;
    struct purchase *const *list = script_purchases(script, cell, &n);
    if (cell->leaving || cell->placing || !script_cancel(script, cell))
        return cell->leaving;
    cell->leaving = true;
    for (size_t i = 0; i < n; i++)
        if (!purchase_settled(list[i]) && !is_wanted(cell, list[i]))
            purchase_cancel(list[i]);
    return true;
}

bool cells_cancel(struct cells *cells, uint64_t nth)
{
    if (nth == 0 || nth > cells->total)
        return false;
    if (nth > cells->next)
        return cancel_queued(cells, nth);
    for (struct run_cell *cell = cells->open; cell; cell = cell->next)
        if (cell->nth == nth)
            return cancel_running(cell);
    return false;
}

// One that had finished already is fetched first: it is paid for.
static bool is_under_way(const struct purchase *p)
{
    enum purchase_cancel how = purchase_cancelled(p);
    return !purchase_settled(p) &&
           (how == CANCEL_UNDER_WAY || how == CANCEL_TOO_LATE);
}

// False: not yet.
static bool leave(struct run_cell *cell)
{
    bool under_way = false, goes_on = false, dropped = false;
    for (size_t i = 0; i < cell->came->n_purchases; i++) {
        const struct purchase *p = cell->came->purchases[i];
        under_way = under_way || is_under_way(p);
        goes_on = goes_on || !purchase_settled(p);
        dropped = dropped || purchase_cancelled(p) == CANCEL_DONE;
    }
    if (under_way)
        return false;
    free(cell->came->message);
    cell->came->message =
        xstrdup(goes_on   ? "cancelled; what could not be cancelled goes on at "
                            "the gateway, and running the recipe again picks "
                            "it up"
                : dropped ? "cancelled; --retry-failed makes it"
                          : "cancelled; the next run makes it");
    cell_finish(cell);
    return true;
}

void cells_step(struct cells *cells)
{
    int most = cells->config.in_flight;
    most += most < AHEAD_MAX ? most : AHEAD_MAX;
    struct run_cell *left = cells->left;
    cells->left = NULL;
    for (struct run_cell *cell = left, *next; cell; cell = next) {
        next = cell->next_left;
        if (!leave(cell))
            leave_later(cell);
    }
    while (!cells->stopped && cells->next < cells->total &&
           cells->unfinished < most) {
        if (is_passed(cells, cells->next + 1)) {
            recipe_walk_skip(cells->walk, 1);
            cells->next++;
        } else {
            admit(cells);
        }
    }
}

struct asking {
    void (*fn)(void *arg, uint64_t nth);
    void *arg;
};

static void on_asking(void *ctx, void *arg)
{
    const struct asking *asking = ctx;
    asking->fn(asking->arg, ((const struct run_cell *)arg)->nth);
}

void cells_asking(const struct cells *cells, const struct purchase *p,
                  void (*fn)(void *arg, uint64_t nth), void *arg)
{
    struct asking asking = {fn, arg};
    script_asking(cells->config.script, p, on_asking, &asking);
}
