#include "cli/run.h"

#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/keep.h"
#include "cli/state.h"
#include "data/json.h"
#include "ledger/runs.h"
#include "ui/display.h"

#define TICK_MS 100
#define IN_FLIGHT_DEFAULT 4

// Everything that one run holds.
struct run {
    struct loaded *loaded;
    const struct options *options;
    struct state state;
    struct run_lock lock;
    char *media;
    struct loop *loop;
    struct ledger *ledger;
    struct store *store;
    struct engine *engine;
    struct script *script;
    struct cells *cells;
    struct display *display;
    struct loop_timer *tick;
    struct loop_signal *signals[2];
    int interrupts; // how often Ctrl-C was pressed
    bool begun;     // the run's row is being written, or is
    size_t writing; // run rows that are not on disk yet
    struct err err; // the first failure of the run itself
    struct summary summary;
    struct results *results; // that scripts collected
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
    display_note(run->display, note, purchase, text);
}

static bool on_key(void *arg, const char *origin, char **key, struct err *err)
{
    struct run *run = arg;
    return config_key(&run->loaded->config, origin, key, err);
}

static void on_cell_done(void *arg, const struct cell_report *report)
{
    struct run *run = arg;
    results_add(run->results, report);
    summary_cell(&run->summary, report);
    display_cell(run->display, report);
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

static int in_flight_of(const struct loaded *loaded)
{
    if (loaded->recipe->limits.in_flight > 0)
        return loaded->recipe->limits.in_flight;
    if (loaded->gateway.in_flight > 0)
        return loaded->gateway.in_flight;
    return IN_FLIGHT_DEFAULT;
}

static bool open_state(struct run *run, struct err *err)
{
    state_find(&run->state, run->loaded->dir);
    if (!state_make(&run->state, err) ||
        !run_lock_take(&run->lock, run->state.dir, err))
        return false;
    run->media = media_program(err);
    if (!run->media)
        return false;
    run->loop = loop_new();
    run->ledger = ledger_open(run->loop, run->state.dir, err);
    if (!run->ledger)
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
        .clock = &clock_system,
        .state_dir = run->state.dir,
        .run = run->lock.id,
        .recipe = recipe->name,
        .base_dir = run->loaded->dir,
        .media_program = run->media,
        .in_flight = recipe->limits.in_flight,
        .budget = recipe->limits.budget,
        .unknown_wait_ms = recipe->limits.unknown_wait_ms,
        .retry_failed = run->options->retry_failed,
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
        .lua_dir = run->options->lua_dir,
        .started_ms = clock_wall_ms(&clock_system),
        .context = loaded->context[0] ? loaded->context : NULL,
    };
    run->script = script_new(&config, err);
    return run->script &&
           script_load(run->script, loaded->script, loaded->script_len,
                       loaded->script_name, err);
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
        .in_flight = in_flight_of(run->loaded),
        .first = run->options->first,
        .root = run->state.here ? NULL : run->state.root,
        .done = on_cell_done,
        .arg = run,
    };
    run->results = results_new(run->loaded->recipe);
    run->cells = cells_new(&config);
    run->summary.cells = cells_total(run->cells);
}

static void open_display(struct run *run)
{
    const struct options *options = run->options;
    enum display_mode mode = display_choose(options->json, options->plain);
    run->display = display_new(mode, &clock_system, &run->summary);
    display_take_log(run->display);
    run->tick = loop_timer_new(run->loop, on_tick, run);
    if (mode == DISPLAY_LIVE)
        loop_timer_start(run->tick, TICK_MS);
    run->signals[0] = loop_signal_new(run->loop, SIGINT, on_interrupt, run);
    run->signals[1] = loop_signal_new(run->loop, SIGTERM, on_interrupt, run);
    if (mode != DISPLAY_JSON)
        log_info("%s, state in %s", run->loaded->recipe->name, run->state.dir);
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
    if (run->interrupts > 1 || run->err.kind != ERR_NONE)
        return true;
    if (more)
        return false;
    if (cells_done(run->cells))
        return true;
    return run->interrupts == 1 && engine_quiet(run->engine) &&
           !cells_placing(run->cells);
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

static void go(struct run *run)
{
    begin(run);
    while (run->writing > 0) // nothing is bought before the run is on disk
        loop_once(run->loop, true);
    run->begun = run->err.kind == ERR_NONE;
    if (run->begun)
        turn_until_finished(run);
    struct summary *summary = &run->summary;
    summary->unfinished = summary->cells - summary->delivered - summary->failed;
}

// Not of a run that was stopped: the table of the last one says more.
static void keep(struct run *run)
{
    struct summary *summary = &run->summary;
    struct problems none;
    struct err err;
    if (!run->begun || run->err.kind != ERR_NONE || summary->unfinished > 0 ||
        keep_results(run->results, run->loaded->recipe, &run->state,
                     run->options->json, &err))
        return;
    problems_init(&none, "");
    load_say(&none, &err, run->options->json);
    problems_free(&none);
    summary->codes[EXIT_DISK] = true;
}

static void add_next(struct err *err, const char *next)
{
    struct err plain = *err;
    err_set(err, plain.kind, "%s; %s", plain.text, next);
}

static void end(struct run *run, int code)
{
    if (!run->begun)
        return;
    run->writing++;
    ledger_run_end(run->ledger, run->lock.id, code,
                   clock_wall_ms(&clock_system), on_row, run);
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
    results_free(run->results);
    engine_free(run->engine);
    ledger_close(run->ledger);
    store_free(run->store);
    loop_timer_free(run->tick);
    for (size_t i = 0; i < 2; i++)
        if (run->signals[i])
            loop_signal_free(run->signals[i]);
    display_free(run->display);
    if (run->loop)
        loop_free(run->loop);
    run_lock_drop(&run->lock);
    state_free(&run->state);
    free(run->media);
}

int run_loaded(struct loaded *loaded, const struct options *options)
{
    struct run run = {.loaded = loaded, .options = options, .lock.fd = -1};
    struct problems none;
    problems_init(&none, "");
    int code = EXIT_DEFECT;
    struct err err = {0};
    if (open_state(&run, &err) && open_engine(&run, &err) &&
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
    if (err.kind != ERR_NONE)
        code = load_say(&none, &err, options->json);
    close_run(&run);
    problems_free(&none);
    return code;
}
