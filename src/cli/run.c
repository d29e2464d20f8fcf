#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/embedding.h"
#include "cli/keep.h"
#include "cli/locking.h"
#include "cli/manifest.h"
#include "cli/rehearse.h"
#include "cli/state.h"
#include "cli/stops.h"
#include "data/json.h"
#include "ledger/runs.h"
#include "ledger/sent.h"
#include "ui/display.h"

#define TICK_MS 100

// Everything that one run holds.
struct run {
    struct loaded *loaded;
    const struct options *options;
    struct state state;
    struct run_lock lock;
    struct rehearse rehearse;
    char *media;
    struct loop *loop;
    struct ledger *ledger;
    struct store *store;
    struct engine *engine;
    struct script *script;
    struct recipe_walk *walk; // of the cells that are wanted
    struct cells *cells;
    struct display *display;
    struct loop_timer *tick, *timeout;
    struct stops stops;
    int interrupts; // how often Ctrl-C was pressed
    bool begun;     // the run's row is being written, or is
    bool ended;     // and so is that it ended
    size_t writing; // run rows that are not on disk yet
    struct err err; // the first failure of the run itself
    struct summary summary;
    struct results *results; // that scripts collected
    struct embedding embedding;
    struct manifest *manifest;
    struct locking locking;
};

static void on_note(void *arg, enum engine_note note,
                    const struct purchase *purchase, const char *text)
{
    struct run *run = arg;
    bool accepted = note == ENGINE_CHANGED &&
                    purchase_was_bought_now(purchase) &&
                    purchase_state(purchase) == ATTEMPT_ACCEPTED &&
                    !purchase_settled(purchase);
    bool unrecorded = note == ENGINE_CHANGED && purchase_unrecorded(purchase);
    if (accepted || unrecorded)
        summary_bought(&run->summary, purchase_price(purchase));
    if (note == ENGINE_CHANGED && purchase_was_bought_now(purchase) &&
        purchase_state(purchase) == ATTEMPT_DELIVERED)
        summary_charged(&run->summary, purchase_price_asked(purchase),
                        purchase_price(purchase));
    const char *kind = purchase ? purchase_failure_kind(purchase) : NULL;
    if (note == ENGINE_CHANGED && kind && strcmp(kind, "budget") == 0)
        summary_lacks(&run->summary, purchase_lacks_of_gateway(purchase),
                      purchase_price(purchase));
    display_note(run->display, note, purchase, text);
}

static bool on_key(void *arg, const char *origin, char **key, struct err *err)
{
    struct run *run = arg;
    bool ok = config_key(&run->loaded->config, origin, key, err);
    if (!ok)
        loop_once(run->loop, false); // was it Ctrl-C that ended it?
    return ok;
}

static void on_cell_done(void *arg, const struct cell_report *report)
{
    struct run *run = arg;
    results_add(run->results, report);
    manifest_add(run->manifest, report);
    locking_cell(&run->locking, report);
    summary_cell(&run->summary, report);
    display_cell(run->display, report);
}

static void on_tell(void *arg, const char *cell,
                    const struct cell_output *output, struct output_told *told)
{
    struct run *run = arg;
    embedding_tell(&run->embedding, cell, output, told);
}

static void on_untold(void *arg, const struct cell_output *output,
                      const char *why)
{
    struct run *run = arg;
    embedding_untold(&run->embedding, output, why);
}

static bool on_check(void *arg, const struct cell_report *report,
                     struct err *err)
{
    struct run *run = arg;
    return locking_check(&run->locking, report, err);
}

static void on_interrupt(void *arg)
{
    struct run *run = arg;
    if (++run->interrupts > 1)
        return;
    log_info("stopping: nothing more is bought, what is ready is still "
             "fetched; once more to leave at once");
    run->summary.interrupted = true;
    engine_stop(run->engine);
    cells_stop(run->cells);
}

static void on_timeout(void *arg)
{
    struct run *run = arg;
    if (run->interrupts > 0)
        return;
    log_info("limits.run_timeout is over: nothing more is bought, what is "
             "ready is still fetched");
    run->summary.timed_out = true;
    engine_stop(run->engine);
    cells_stop(run->cells);
}

// The terminal is gone. A shell says so, and then the system does: as one.
static void on_hangup(void *arg)
{
    struct run *run = arg;
    if (run->interrupts == 0)
        on_interrupt(run);
}

static void on_tick(void *arg)
{
    struct run *run = arg;
    display_tick(run->display);
    loop_timer_start(run->tick, TICK_MS);
}

static void on_row(void *arg, const struct err *err)
{
    struct run *run = arg;
    run->writing--;
    if (err && run->err.kind == ERR_NONE)
        run->err = *err;
}

// Asked before the ledger is written to, which may lose more of its log.
static bool has_what_was_sent(const char *dir, struct err *err)
{
    if (!sent_is_left(dir))
        return true;
    struct ledger *reader = ledger_open_read(dir, err);
    bool has = reader && sent_check(dir, reader, err);
    ledger_close(reader);
    return has;
}

static bool open_state(struct run *run, struct err *err)
{
    state_find(&run->state, run->loaded->dir);
    if (!state_make(&run->state, err) ||
        !has_what_was_sent(run->state.dir, err))
        return false;
    run->media = media_program(err);
    if (!run->media)
        return false;
    run->loop = loop_new();
    // Before the lock: where a killed run has left its own, there was a ledger.
    run->ledger = ledger_open(run->loop, run->state.dir, err);
    if (!run->ledger || !run_lock_take(&run->lock, run->state.dir, err) ||
        !sent_check(run->state.dir, run->ledger, err))
        return false;
    run->store = store_open(run->state.root, run->state.dir, err);
    return run->store != NULL;
}

static bool open_engine(struct run *run, struct err *err)
{
    const struct recipe *recipe = run->loaded->recipe;
    struct engine_config config = {
        .loop = run->loop,
        .ledger = run->ledger,
        .store = run->store,
        .clock = loop_clock(run->loop),
        .state_dir = run->state.dir,
        .run = run->lock.id,
        .recipe = recipe->name,
        .base_dir = run->loaded->dir,
        .files = (const char *const *)run->loaded->sources.files,
        .media_program = run->media,
        .local_args = run->rehearse.faults ? run->rehearse.args : NULL,
        .local_faults = run->rehearse.faults,
        .in_flight = recipe->limits.in_flight,
        .budget = recipe->limits.budget,
        .unknown_wait_ms = recipe->limits.unknown_wait_ms,
        .timeout_ms = recipe->limits.timeout_ms,
        .retry_failed = run->options->retry_failed,
        .retry = recipe->retry.count > 0 ? &recipe->retry : NULL,
        .lock = locking_engine(&run->locking, run->ledger),
        .key = on_key,
        .note = on_note,
        .arg = run,
    };
    run->engine = engine_new(&config, err);
    return run->engine != NULL;
}

static bool open_script(struct run *run, struct err *err)
{
    struct loaded *loaded = run->loaded;
    struct script_config config = {
        .loop = run->loop,
        .clock = &clock_system,
        .engine = run->engine,
        .store = run->store,
        .recipe = loaded->recipe,
        .gateway = &loaded->gateway,
        .recipe_dir = loaded->dir,
        .files = (const char *const *)loaded->sources.files,
        .lua_dir = run->options->lua_dir,
        .started_ms = clock_wall_ms(&clock_system),
        .context = loaded->context[0] ? loaded->context : NULL,
    };
    run->script = script_new(&config, err);
    return run->script &&
           script_load(run->script, loaded->script, loaded->script_len,
                       loaded->script_name, err);
}

// Before anything is opened: there may be no cell to run.
static bool choose_cells(struct run *run, struct err *err)
{
    struct recipe_choice choice = load_choice(run->options);
    run->walk = recipe_walk_new(run->loaded->recipe, &choice, err);
    return run->walk != NULL;
}

static void open_cells(struct run *run)
{
    struct cells_config config = {
        .loop = run->loop,
        .ledger = run->ledger,
        .store = run->store,
        .script = run->script,
        .recipe = run->loaded->recipe,
        .run = run->lock.id,
        .in_flight = loaded_in_flight(run->loaded),
        .walk = run->walk,
        .root = run->state.here ? NULL : run->state.root,
        .checker = engine_checker(run->engine),
        .tell = run->loaded->recipe->embed ? on_tell : NULL,
        .untold = on_untold,
        .check = on_check,
        .done = on_cell_done,
        .arg = run,
    };
    run->embedding = (struct embedding){.ledger = run->ledger,
                                        .recipe = run->loaded->recipe};
    run->manifest = manifest_new(&run->state);
    run->results = results_new(run->loaded->recipe);
    run->cells = cells_new(&config);
    run->walk = NULL; // theirs
    run->summary.cells = cells_total(run->cells);
}

static void open_display(struct run *run)
{
    const struct options *options = run->options;
    enum display_mode mode = display_choose(options->json, options->plain);
    run->display = display_new(mode, &clock_system, &run->summary);
    display_take_log(run->display);
    run->tick = loop_timer_new(run->loop, on_tick, run);
    run->timeout = loop_timer_new(run->loop, on_timeout, run);
    if (mode == DISPLAY_LIVE)
        loop_timer_start(run->tick, TICK_MS);
    stops_take(&run->stops, run->loop, on_interrupt, on_hangup, run);
    if (mode != DISPLAY_JSON)
        log_info("%s, state in %s", run->loaded->recipe->name, run->state.dir);
    if (mode != DISPLAY_JSON && run->rehearse.faults)
        log_info("rehearsing %s", run->rehearse.faults);
}

static void begin(struct run *run)
{
    struct value *argv = value_list();
    for (int i = 0; i < run->options->argc; i++)
        value_add(argv, value_str(run->options->argv[i]));
    char *text = json_text(argv);
    run->writing++;
    run->begun = true;
    ledger_run_begin(run->ledger, run->lock.id, run->loaded->recipe->name, text,
                     clock_wall_ms(&clock_system), on_row, run);
    free(text);
    value_free(argv);
}

// `more`: a script has just gone on.
static bool finished(const struct run *run, bool more)
{
    if (run->err.kind != ERR_NONE)
        return true;
    if (run->interrupts > 1) // but for what is just being written down
        return !engine_writes(run->engine) && !cells_placing(run->cells);
    if (more)
        return false;
    if (cells_done(run->cells))
        return true;
    bool stops = run->interrupts == 1 || run->summary.timed_out;
    return stops && engine_quiet(run->engine) && !cells_placing(run->cells);
}

static bool turn(struct run *run)
{
    engine_step(run->engine);
    cells_step(run->cells);
    return script_run_ready(run->script);
}

// A script that asks again and again does not keep the loop from its turn.
static void turn_until_finished(struct run *run)
{
    bool more = turn(run);
    while (!finished(run, more)) {
        loop_once(run->loop, !more);
        more = turn(run);
    }
}

// What the end of the run tells beyond its cells.
static void take_stock(struct run *run)
{
    struct summary *summary = &run->summary;
    summary->unfinished = summary->cells - summary->delivered - summary->failed;
    if (summary->timed_out && summary->unfinished)
        summary->codes[engine_owes(run->engine) ? EXIT_NOT_DELIVERED
                                                : EXIT_CELLS_FAILED] = true;
    struct err err;
    if (summary->over_budget &&
        !(ledger_spent(run->ledger, run->loaded->recipe->name,
                       &summary->spent[0], &err) &&
          ledger_spent_at(run->ledger, run->loaded->gateway.identity,
                          &summary->spent[1], &err)))
        log_warn("%s", err.text);
}

static void go(struct run *run)
{
    int64_t most = run->loaded->recipe->limits.run_timeout_ms;
    begin(run);
    while (run->writing > 0) // nothing is bought before the run is on disk
        loop_once(run->loop, true);
    run->begun = run->err.kind == ERR_NONE;
    if (most > 0)
        loop_timer_start(run->timeout, most);
    if (run->begun)
        turn_until_finished(run);
    take_stock(run);
    if (run->begun && run->err.kind == ERR_NONE)
        locking_end(&run->locking, &run->summary);
}

// Not of a run that was stopped: the table of the last one says more.
static void keep(struct run *run)
{
    struct summary *summary = &run->summary;
    const struct loaded *loaded = run->loaded;
    struct err err;
    if (!run->begun || run->err.kind != ERR_NONE || summary->unfinished > 0 ||
        (keep_results(run->results, loaded->recipe, &run->state,
                      run->options->json, &err) &&
         (loaded->made || manifest_write(run->manifest, loaded, run->options,
                                         &run->state, run->lock.id, &err))))
        return;
    load_say_err(&err, run->options->json);
    summary->codes[EXIT_DISK] = true;
}

static void add_next(struct err *err, const char *next)
{
    struct err plain = *err;
    err_set(err, plain.kind, "%s; %s", plain.text, next);
}

static void on_ended(void *arg, const struct err *err)
{
    struct run *run = arg;
    run->ended = !err;
    on_row(run, err);
}

static void end(struct run *run, int code)
{
    if (!run->begun)
        return;
    run->writing++;
    ledger_run_end(run->ledger, run->lock.id, code,
                   clock_wall_ms(&clock_system), on_ended, run);
    while (run->writing > 0)
        loop_once(run->loop, true);
    if (code == EXIT_DISK) // the cells have told it
        run->err = (struct err){.kind = ERR_NONE};
    else if (run->err.kind == ERR_DISK)
        add_next(&run->err, "how this run ended is not recorded, all else is");
}

static void close_run(struct run *run)
{
    script_free(run->script);
    cells_free(run->cells);
    recipe_walk_free(run->walk);
    results_free(run->results);
    manifest_free(run->manifest);
    engine_free(run->engine);
    ledger_close(run->ledger);
    locking_free(&run->locking);
    if (run->ended)
        sent_drop(run->state.dir, run->lock.id);
    store_free(run->store);
    loop_timer_free(run->tick);
    loop_timer_free(run->timeout);
    stops_drop(&run->stops);
    display_free(run->display);
    if (run->loop)
        loop_free(run->loop);
    run_lock_drop(&run->lock);
    state_free(&run->state);
    rehearse_free(&run->rehearse);
    free(run->media);
}

int run_loaded(struct loaded *loaded, const struct options *options)
{
    struct run run = {.loaded = loaded, .options = options, .lock.fd = -1};
    int code = locking_begin(&run.locking, options, loaded);
    struct err err = {0};
    if (code == EXIT_ALL_DELIVERED && choose_cells(&run, &err) &&
        rehearse_read(&run.rehearse, options, &loaded->gateway, &err) &&
        open_state(&run, &err) && open_engine(&run, &err) &&
        open_script(&run, &err)) {
        open_cells(&run);
        open_display(&run);
        go(&run);
        keep(&run);
        code = run.err.kind != ERR_NONE ? exit_code_of(run.err.kind)
                                        : summary_exit(&run.summary);
        end(&run, code);
        char *again = options_again(options);
        display_end(run.display, again);
        free(again);
        err = run.err;
    }
    if (err.kind == ERR_DISK && !run.begun)
        add_next(&err, "nothing was bought: mend that and run again");
    int said = err.kind == ERR_NONE ? code : load_say_err(&err, options->json);
    close_run(&run);
    return run.summary.interrupted ? code : said;
}
