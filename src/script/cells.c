#include "script/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"

// What the pool's thread needs to place one output, and what it found.
struct place {
    struct store_output spec;
    char known[HASH_HEX];
    int64_t clip_id;
    int64_t size, mtime_ns;
    struct err err;
};

// One admitted cell.
struct run_cell {
    struct cells *cells;
    struct run_cell *next, **link;
    uint64_t index;
    char *name;
    struct cell_output *outputs;
    struct place *places; // one an output
    size_t n;
    char *kind, *message, *task_id, *traceback;
    struct value *rows; // that its script collected; or NULL
    enum err_kind err;
    bool ok, placing;
    size_t recording; // rows that are not on disk yet
};

struct cells {
    struct cells_config config;
    struct run_cell *open;
    uint64_t next, total;
    int unfinished;
    size_t placing;
    bool stopped;
};

struct cells *cells_new(const struct cells_config *config)
{
    struct cells *cells = xcalloc(1, sizeof(*cells));
    cells->config = *config;
    cells->total = recipe_cells(config->recipe);
    if (config->first && config->first < cells->total)
        cells->total = config->first;
    return cells;
}

static void cell_drop(struct run_cell *cell)
{
    *cell->link = cell->next;
    if (cell->next)
        cell->next->link = cell->link;
    for (size_t i = 0; i < cell->n; i++) {
        free(cell->outputs[i].path);
        free(cell->outputs[i].shown);
    }
    free(cell->outputs);
    free(cell->places);
    free(cell->name);
    free(cell->kind);
    free(cell->message);
    free(cell->task_id);
    free(cell->traceback);
    value_free(cell->rows);
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

static void cell_finish(struct run_cell *cell)
{
    struct cells *cells = cell->cells;
    struct cell_report report = {
        .index = cell->index,
        .name = cell->name,
        .ok = cell->ok,
        .outputs = cell->outputs,
        .n = cell->n,
        .kind = cell->kind,
        .message = cell->message,
        .task_id = cell->task_id,
        .traceback = cell->traceback,
        .rows = cell->rows,
        .err = cell->err,
    };
    for (size_t i = 0; i < cell->n; i++)
        report.changed |= cell->outputs[i].placed == STORE_PLACED;
    cells->unfinished--;
    cells->config.done(cells->config.arg, &report);
    cell_drop(cell);
}

static void cell_fail(struct run_cell *cell, enum err_kind err,
                      const char *kind, const char *message)
{
    if (!cell->ok)
        return; // the first failure is the one to tell
    cell->ok = false;
    cell->err = err;
    cell->kind = xstrdup(kind);
    cell->message = xstrdup(message);
}

static void on_recorded(void *arg, const struct err *err)
{
    struct run_cell *cell = arg;
    if (err)
        cell_fail(cell, ERR_DISK, "disk", err->text);
    if (--cell->recording == 0) {
        cell->cells->placing--;
        cell_finish(cell);
    }
}

static void record(struct run_cell *cell, size_t i)
{
    const struct cells_config *config = &cell->cells->config;
    const struct place *place = &cell->places[i];
    struct output_row row = {
        .clip = place->clip_id,
        .size = place->size,
        .mtime_ns = place->mtime_ns,
    };
    memcpy(row.sha256, place->spec.sha256, HASH_HEX);
    cell->recording++;
    ledger_set_output(config->ledger, cell->outputs[i].path, config->run,
                      cell->name, &row, on_recorded, cell);
}

static void place_work(void *arg)
{
    struct run_cell *cell = arg;
    for (size_t i = 0; i < cell->n; i++) {
        struct place *place = &cell->places[i];
        cell->outputs[i].placed =
            store_place(cell->cells->config.store, &place->spec, &place->size,
                        &place->mtime_ns, &place->err);
    }
}

static void place_done(void *arg)
{
    struct run_cell *cell = arg;
    cell->recording = 1; // ours, so that the cell outlives this function
    for (size_t i = 0; i < cell->n; i++) {
        switch (cell->outputs[i].placed) {
        case STORE_PLACED:
            record(cell, i);
            break;
        case STORE_CURRENT:
            if (cell->places[i].mtime_ns != cell->places[i].spec.known_mtime_ns)
                record(cell, i);
            break;
        case STORE_EDITED:
            break; // reported by the caller; never overwritten
        case STORE_FAILED:
            cell_fail(cell, ERR_DISK, "disk", cell->places[i].err.text);
            break;
        }
    }
    on_recorded(cell, NULL);
}

// What the ledger remembers of each output's path, read before the thread.
static bool look_up(struct run_cell *cell, struct err *err)
{
    for (size_t i = 0; i < cell->n; i++) {
        struct cell_output *output = &cell->outputs[i];
        struct place *place = &cell->places[i];
        const struct clip_row *clip =
            purchase_clip(output->purchase, output->clip);
        place->clip_id = clip->id;
        place->spec.path = output->path;
        place->spec.sha256 = clip->sha256;
        place->spec.ext = clip->ext;
        struct output_row row;
        bool found = false;
        if (!ledger_find_output(cell->cells->config.ledger, output->path, &row,
                                &found, err))
            return false;
        if (!found)
            continue;
        memcpy(place->known, row.sha256, HASH_HEX);
        place->spec.known_sha256 = place->known;
        place->spec.known_size = row.size;
        place->spec.known_mtime_ns = row.mtime_ns;
    }
    return true;
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

static void on_script(void *arg, const struct script_result *result)
{
    struct run_cell *cell = arg;
    struct cells *cells = cell->cells;
    cell->ok = result->ok;
    cell->rows = result->rows ? value_copy(result->rows) : NULL;
    if (!result->ok) {
        cell->kind = xstrdup(result->kind);
        cell->message = xstrdup(result->message);
        cell->task_id = xstrdup(result->task_id);
        cell->traceback = xstrdup(result->traceback);
        cell->err = result->err;
        cell_finish(cell);
        return;
    }
    cell->n = result->n;
    cell->outputs = xcalloc(cell->n + 1, sizeof(*cell->outputs));
    cell->places = xcalloc(cell->n + 1, sizeof(*cell->places));
    for (size_t i = 0; i < cell->n; i++) {
        const struct script_output *from = &result->outputs[i];
        cell->outputs[i].purchase = from->purchase;
        cell->outputs[i].clip = from->clip;
        cell->outputs[i].path = output_path(cells, cell, from);
        cell->outputs[i].shown =
            cells->config.root
                ? path_join(cells->config.root, cell->outputs[i].path)
                : xstrdup(cell->outputs[i].path);
        cell->outputs[i].placed = STORE_CURRENT;
    }
    struct err err;
    if (cells->config.dry || cell->n == 0) {
        cell_finish(cell);
    } else if (!look_up(cell, &err)) {
        cell_fail(cell, err.kind, "disk", err.text);
        cell_finish(cell);
    } else {
        cells->placing++;
        loop_work(cells->config.loop, place_work, place_done, cell);
    }
}

static void admit(struct cells *cells)
{
    struct cell cell;
    struct err err;
    struct run_cell *run = xcalloc(1, sizeof(*run));
    run->cells = cells;
    run->ok = true;
    run->next = cells->open;
    run->link = &cells->open;
    if (run->next)
        run->next->link = &run->next;
    cells->open = run;
    cells->unfinished++;
    run->index = ++cells->next;
    if (!recipe_cell(cells->config.recipe, run->index - 1, &cell, &err)) {
        run->name = xasprintf("cell %llu", (unsigned long long)run->index);
        cell_fail(run, ERR_RECIPE, "recipe", err.text);
        cell_finish(run);
        return;
    }
    run->name = xstrdup(cell.name);
    log_debug("%s: started", run->name);
    if (!script_start(cells->config.script, &cell, on_script, run, &err)) {
        cell_fail(run, err.kind, "script", err.text);
        cell_finish(run);
    }
    cell_free(&cell);
}

void cells_step(struct cells *cells)
{
    while (!cells->stopped && cells->next < cells->total &&
           cells->unfinished < 2 * cells->config.in_flight)
        admit(cells);
}
