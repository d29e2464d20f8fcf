#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/keep.h"
#include "cli/run_inside.h"
#include "cli/session.h"
#include "data/json.h"
#include "ledger/sent.h"

void run_interrupt(struct run *run)
{
    if (++run->interrupts > 1)
        return;
    log_info("stopping: nothing more is bought, what is ready is still "
             "fetched; once more to leave at once");
    run->summary.interrupted = true;
    engine_stop(run->engine);
    cells_stop(run->cells);
}

static void on_interrupt(void *arg)
{
    run_interrupt(arg);
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
    loop_timer_start(run->tick, display_tick(run->display));
}

static void on_row(void *arg, const struct err *err)
{
    struct run *run = arg;
    run->writing--;
    if (err && run->err.kind == ERR_NONE)
        run->err = *err;
}

static void open_display(struct run *run)
{
    const struct options *options = run->options;
    enum display_mode mode = display_choose(options->json, options->plain);
    const struct recipe *recipe = run->loaded->recipe;
    struct display_about about = {
        .ledger = run->ledger,
        .recipe = recipe->name,
        .budget = recipe->limits.budget,
        .in_flight = loaded_in_flight(run->loaded),
    };
    run->display = display_new(mode, &clock_system, &run->summary);
    display_about(run->display, &about);
    display_take_log(run->display);
    run->tick = loop_timer_new(run->loop, on_tick, run);
    run->timeout = loop_timer_new(run->loop, on_timeout, run);
    loop_timer_start(run->tick, display_tick(run->display));
    if (!run->watch)
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
    if (run->watch)
        run->watch->step(run->watch->arg);
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

// Its time goes on, or stands still.
static void count_time(struct run *run, bool on)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (run->left_ms <= 0)
        return;
    if (on) {
        run->since_ms = now;
        loop_timer_start(run->timeout, run->left_ms);
    } else {
        loop_timer_stop(run->timeout);
        run->left_ms -= now - run->since_ms;
        if (run->left_ms < 1)
            run->left_ms = 1;
    }
}

static void go(struct run *run)
{
    begin(run);
    while (run->writing > 0) // nothing is bought before the run is on disk
        loop_once(run->loop, true);
    run->begun = run->err.kind == ERR_NONE;
    if (run->begun)
        record_begin(run->record);
    run->left_ms = run->loaded->recipe->limits.run_timeout_ms;
    count_time(run, true);
    if (run->begun && run->watch)
        run->watch->began(run->watch->arg, run);
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
    record_end(run->record);
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
    if (run->watch)
        run->watch->ends(run->watch->arg);
    script_free(run->script);
    cells_free(run->cells);
    recipe_walk_free(run->walk);
    results_free(run->results);
    manifest_free(run->manifest);
    engine_free(run->engine);
    ledger_close(run->ledger);
    record_free(run->record);
    locking_free(&run->locking);
    if (run->ended)
        sent_drop(run->state.dir, run->lock.id);
    store_free(run->store);
    loop_timer_free(run->tick);
    loop_timer_free(run->timeout);
    stops_drop(&run->stops);
    display_free(run->display);
    if (run->loop && !run->watch)
        loop_free(run->loop);
    run_lock_drop(&run->lock);
    state_free(&run->state);
    rehearse_free(&run->rehearse);
    free(run->media);
}

int run_watched(struct loaded *loaded, const struct options *options,
                const struct run_watch *watch)
{
    struct run run = {
        .loaded = loaded, .options = options, .lock.fd = -1, .watch = watch};
    int code = locking_begin(&run.locking, options, loaded);
    struct err err = {0};
    if (code == EXIT_ALL_DELIVERED && run_choose_cells(&run, &err) &&
        rehearse_read(&run.rehearse, options, &loaded->gateway, &err) &&
        run_open_state(&run, &err) && run_open_engine(&run, &err) &&
        run_open_script(&run, &err)) {
        run_open_cells(&run);
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

int run_loaded(struct loaded *loaded, const struct options *options)
{
    return options->ui ? session_running(loaded, options)
                       : run_watched(loaded, options, NULL);
}

const char *run_id(const struct run *run)
{
    return run->lock.id;
}

uint64_t run_cells(const struct run *run)
{
    return cells_total(run->cells);
}

const char *run_state_dir(const struct run *run)
{
    return run->state.dir;
}

const char *run_media_program(const struct run *run)
{
    return run->media;
}

void run_left(const struct run *run, struct buf *out)
{
    struct progress progress = display_progress(run->display);
    progress_left(&progress, out);
}

void run_pause(struct run *run, bool on)
{
    if (run->paused == on)
        return;
    run->paused = on;
    engine_pause(run->engine, on);
    display_pause(run->display, on);
    count_time(run, !on);
}

bool run_is_paused(const struct run *run)
{
    return run->paused;
}

bool run_cancel(struct run *run, uint64_t nth)
{
    return cells_cancel(run->cells, nth);
}
