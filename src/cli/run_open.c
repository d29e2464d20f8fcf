// Opening a run: what it needs, and who hears of what it does.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/run_inside.h"
#include "ledger/sent.h"

struct change {
    const struct run_watch *watch;
    const struct purchase *purchase;
};

static void tell_watch(void *arg, uint64_t nth)
{
    const struct change *change = arg;
    change->watch->changed(change->watch->arg, nth, change->purchase);
}

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
    struct change change = {run->watch, purchase};
    if (note == ENGINE_CHANGED && run->watch && run->cells)
        cells_asking(run->cells, purchase, tell_watch, &change);
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
    if (!summary_is_open(&run->summary, report))
        record_cell_ended(run->record, report);
    summary_cell(&run->summary, report);
    display_cell(run->display, report);
}

static void on_cell_began(void *arg, uint64_t nth)
{
    struct run *run = arg;
    record_cell_began(run->record, nth);
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

bool run_open_state(struct run *run, struct err *err)
{
    state_find(&run->state, run->loaded->dir);
    if (!state_make(&run->state, err) ||
        !has_what_was_sent(run->state.dir, err))
        return false;
    run->media = media_program(err);
    if (!run->media)
        return false;
    run->loop = run->watch ? run->watch->loop : loop_new();
    // Before the lock: where a killed run has left its own, there was a ledger.
    run->ledger = ledger_open(run->loop, run->state.dir, err);
    if (!run->ledger || !run_lock_take(&run->lock, run->state.dir, err) ||
        !sent_check(run->state.dir, run->ledger, err))
        return false;
    run->store = store_open(run->state.root, run->state.dir, err);
    return run->store != NULL;
}

bool run_open_engine(struct run *run, struct err *err)
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
        .lets_go = true,
        .key = on_key,
        .note = on_note,
        .arg = run,
    };
    run->engine = engine_new(&config, err);
    return run->engine != NULL;
}

bool run_open_script(struct run *run, struct err *err)
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
        .asking = run->watch != NULL,
    };
    run->script = script_new(&config, err);
    return run->script &&
           script_load(run->script, loaded->script, loaded->script_len,
                       loaded->script_name, err);
}

// Before anything is opened: there may be no cell to run.
bool run_choose_cells(struct run *run, struct err *err)
{
    struct recipe_choice choice = load_choice(run->options, run->loaded);
    run->walk = recipe_walk_new(run->loaded->recipe, &choice, err);
    return run->walk != NULL;
}

void run_open_cells(struct run *run)
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
        .began = on_cell_began,
        .done = on_cell_done,
        .arg = run,
    };
    run->embedding = (struct embedding){.ledger = run->ledger,
                                        .recipe = run->loaded->recipe};
    struct record_config record = {.loaded = run->loaded,
                                   .options = run->options,
                                   .state = &run->state,
                                   .ledger = run->ledger,
                                   .run = run->lock.id,
                                   .walk = run->walk};
    run->record = record_new(&record);
    run->manifest = manifest_new(&run->state);
    run->results = results_new(run->loaded->recipe);
    run->cells = cells_new(&config);
    run->walk = NULL; // theirs
    run->summary.cells = cells_total(run->cells);
}
