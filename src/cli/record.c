#include "cli/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "ledger/cells.h"
#include "report/manifest.h"
#include "report/summary.h"
#include "report/telling.h"

#define CHUNK_CELLS 1000
#define CHUNK_BYTES ((size_t)4 << 20)
#define AXES_BYTES_MAX ((size_t)64 << 10) // of a cell
#define BYTES_MAX ((size_t)64 << 20)      // of all cells' axes

struct record {
    struct record_config config;
    char *run;
    struct recipe_walk *walk; // of cells that are not queued yet
    uint64_t queued, cells;
    size_t bytes;              // of axes so far
    bool lost;                 // something was not written: no more is
    struct ledger_cells *news; // that was not given to the ledger; or NULL
    bool writing;              // what was before is on its way
};

struct record *record_new(const struct record_config *config)
{
    struct record *record = xcalloc(1, sizeof(*record));
    record->config = *config;
    record->run = xstrdup(config->run);
    record->walk = recipe_walk_again(config->walk);
    record->cells = recipe_walk_cells(config->walk);
    if (record->cells > LEDGER_CELLS_MAX)
        record->cells = LEDGER_CELLS_MAX;
    return record;
}

void record_free(struct record *record)
{
    if (!record)
        return;
    ledger_cells_free(record->news);
    recipe_walk_free(record->walk);
    free(record->run);
    free(record);
}

static bool is_lost(struct record *record, const struct err *err)
{
    if (err && !record->lost)
        log_warn("what becomes of this run's cells is not recorded for tarmac "
                 "report (%s); what is bought is",
                 err->text);
    record->lost = record->lost || err;
    return record->lost;
}

static int64_t now(void)
{
    return clock_wall_ms(&clock_system);
}

// --- what it is about

// The recipe's path below the state's root; NULL: it has none. Owned.
static char *recipe_file(const struct record_config *config)
{
    const struct options *options = config->options;
    if (config->loaded->made || options->n_words == 0)
        return NULL;
    char *path = path_absolute(options->words[0]);
    size_t len = strlen(config->state->root);
    bool below = text_starts(path, config->state->root) && path[len] == '/';
    char *file = below ? xstrdup(path + len + 1) : NULL;
    free(path);
    return file;
}

// The command line, the recipe by its path below the root.
static struct value *words_given(const struct record_config *config,
                                 const char *file)
{
    const struct options *options = config->options;
    struct value *words = value_list();
    for (int i = 1; i < options->argc; i++) {
        bool is_file = file && strcmp(options->argv[i], options->words[0]) == 0;
        value_add(words, value_str(is_file ? file : options->argv[i]));
    }
    return words;
}

// What makes the same cells of the same recipe, whichever of them are wanted.
static struct value *words_again(const struct options *options,
                                 const char *file)
{
    struct value *words = value_list();
    value_add(words, value_str("run"));
    value_add(words, value_str(file));
    for (size_t i = 1; i < options->n_words; i++)
        value_add(words, value_str(options->words[i]));
    for (size_t i = 0; i < options->n_params; i++) {
        const struct recipe_param *p = &options->params[i];
        char *word = xasprintf("%s=%s", p->name, p->value);
        value_add(words, value_str("-p"));
        value_add(words, value_str(word));
        free(word);
    }
    if (options->gateway) {
        value_add(words, value_str("--gateway"));
        value_add(words, value_str(options->gateway));
    }
    return words;
}

static void tell_commands(const struct record_config *config, const char *file,
                          struct value *about)
{
    struct value *secrets = manifest_secrets(config->loaded->tree);
    struct value *given = words_given(config, file), *again = NULL;
    bool whole;
    value_set(about, "command", telling_words(given, secrets, &whole));
    if (file)
        again = words_again(config->options, file);
    else if (config->loaded->made)
        again = value_copy(given);
    struct value *told = telling_words(again, secrets, &whole);
    if (again && whole)
        value_set(about, "again", told);
    else
        value_free(told);
    value_free(again);
    value_free(given);
    value_free(secrets);
}

static struct value *axis_names(const struct recipe *recipe)
{
    struct value *names = value_list();
    for (size_t i = 0; i < recipe->n_axes; i++)
        value_add(names, value_str(recipe->axes[i].name));
    return names;
}

static struct value *about_of(const struct record_config *config)
{
    const struct recipe *recipe = config->loaded->recipe;
    const struct options *options = config->options;
    struct value *about = value_map();
    char *file = recipe_file(config);
    value_set_text(about, "about", recipe->about);
    value_set_text(about, "file", file);
    value_set(about, "cells",
              value_int((int64_t)recipe_walk_cells(config->walk)));
    value_set(about, "axes", axis_names(recipe));
    value_set(about, "takes", value_int(recipe->sweep.takes));
    value_set(about, "embed", value_bool(recipe->embed));
    if (recipe->limits.budget >= 0)
        value_set(about, "budget", credits_value(recipe->limits.budget));
    value_set_text(about, "only", options->only);
    if (options->first > 0)
        value_set(about, "first", value_int((int64_t)options->first));
    tell_commands(config, file, about);
    free(file);
    return about;
}

// --- cells that wait for their turn

// Longer ones would be most of the ledger; the page does without.
static char *axes_text(struct record *record, const struct value *axes)
{
    char *text = axes ? json_text(axes) : xstrdup("{}");
    size_t len = strlen(text);
    if (len > AXES_BYTES_MAX || record->bytes + len > BYTES_MAX) {
        free(text);
        text = xstrdup("{}");
        len = 2;
    }
    record->bytes += len;
    return text;
}

static void queue_cell(struct record *record, struct ledger_cells *chunk)
{
    struct cell cell;
    struct err err;
    bool more;
    uint64_t nth = ++record->queued;
    if (!recipe_walk_next(record->walk, &cell, &more, &err)) {
        char *name = xasprintf("cell %llu", (unsigned long long)cell.index);
        ledger_cells_add(chunk, nth, cell.index, name, 1, "{}");
        free(name);
        return;
    }
    char *axes = axes_text(record, cell.axes);
    ledger_cells_add(chunk, nth, cell.index, cell.name, cell.take, axes);
    free(axes);
    cell_free(&cell);
}

static void on_chunk(void *arg, const struct err *err);

// The next ones; the rest follow once these are on disk, so that no purchase
// waits for long.
static void queue_chunk(struct record *record, ledger_done *done)
{
    struct ledger_cells *chunk = ledger_cells_new(record->run);
    size_t start = record->bytes;
    while (record->queued < record->cells &&
           ledger_cells_count(chunk) < CHUNK_CELLS &&
           record->bytes - start < CHUNK_BYTES)
        queue_cell(record, chunk);
    ledger_write_cells(record->config.ledger, chunk, done, record);
}

static void on_written(void *arg, const struct err *err)
{
    is_lost(arg, err);
}

static void on_chunk(void *arg, const struct err *err)
{
    struct record *record = arg;
    if (!is_lost(record, err) && record->queued < record->cells)
        queue_chunk(record, on_chunk);
}

void record_begin(struct record *record)
{
    struct value *about = about_of(&record->config);
    char *text = json_text(about);
    ledger_run_about(record->config.ledger, record->run,
                     record->config.loaded->recipe->name, text, on_written,
                     record);
    free(text);
    value_free(about);
    queue_chunk(record, on_chunk);
}

// --- cells as they go

static void on_news(void *arg, const struct err *err);

// One write at a time, so that cells which end in quick succession cost little.
static void write_news(struct record *record)
{
    if (record->writing || !record->news || record->lost)
        return;
    record->writing = true;
    ledger_write_cells(record->config.ledger, record->news, on_news, record);
    record->news = NULL;
}

static void on_news(void *arg, const struct err *err)
{
    struct record *record = arg;
    record->writing = false;
    if (!is_lost(record, err))
        write_news(record);
}

static struct ledger_cells *news(struct record *record)
{
    if (!record->news)
        record->news = ledger_cells_new(record->run);
    return record->news;
}

static bool is_recorded(struct record *record, uint64_t nth)
{
    if (nth > record->cells)
        return false;
    while (!record->lost && record->queued < nth)
        queue_chunk(record, on_written);
    return !record->lost;
}

void record_cell_began(struct record *record, uint64_t nth)
{
    if (!is_recorded(record, nth))
        return;
    ledger_cells_began(news(record), nth, now());
    write_news(record);
}

static char *outputs_text(const struct cell_report *report)
{
    struct value *list = value_list();
    for (size_t i = 0; report->ok && i < report->n; i++) {
        const struct cell_output *output = &report->outputs[i];
        struct value *v = value_map();
        value_set_text(v, "output", output->suffix);
        value_set_text(v, "path", output->path);
        value_set_text(v, "fingerprint",
                       purchase_fingerprint(output->purchase));
        value_set(v, "clip",
                  value_int(purchase_clip(output->purchase, output->clip)->n));
        value_add(list, v);
    }
    char *text = json_text(list);
    value_free(list);
    return text;
}

static char *purchases_text(const struct cell_report *report)
{
    struct value *list = value_list();
    for (size_t i = 0; i < report->n_purchases; i++)
        value_add(list, value_str(purchase_fingerprint(report->purchases[i])));
    char *text = json_text(list);
    value_free(list);
    return text;
}

void record_cell_ended(struct record *record, const struct cell_report *report)
{
    if (!is_recorded(record, report->nth))
        return;
    char *outputs = outputs_text(report);
    char *purchases = purchases_text(report);
    struct ledger_cell_end end = {
        .nth = report->nth,
        .delivered = report->ok,
        .kind = report->ok ? NULL : report->kind,
        .message = report->ok ? NULL : report->message,
        .task_id = report->ok ? NULL : report->task_id,
        .outputs = outputs,
        .purchases = purchases,
        .now_ms = now(),
    };
    ledger_cells_ended(news(record), &end);
    write_news(record);
    free(outputs);
    free(purchases);
}

void record_end(struct record *record)
{
    is_recorded(record, record->cells);
    record->writing = false; // nothing more comes that could be waited for
    write_news(record);
}
