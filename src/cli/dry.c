#include "cli/dry.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/seen.h"
#include "cli/state.h"
#include "report/summary.h"

#define LEAPS_MAX 1000000 // before a cell ends: a script goes round in circles

struct dry {
    struct dry_config config;
    struct state state;
    struct seen *seen; // NULL: with answers, which count
    struct dry_seen table;
    struct dry_hooks hooks;
    struct loop *loop;
    struct ledger *ledger; // NULL: there is none yet
    struct engine *engine;
    struct script *script;
    struct cells *cells;
    uint64_t leaps; // since a cell has ended
    struct summary summary;
    struct plan_totals totals;
};

// --- what a run would do

static void count(struct dry *dry, const struct purchase *purchase)
{
    struct plan_totals *totals = &dry->totals;
    uint64_t cells = purchase_cells(purchase);
    totals->shared += cells > 1;
    totals->shared_purchases += cells == 2;
    if (cells > 1)
        return;
    enum plan_course course = plan_course_of(purchase);
    totals->have += course == PLAN_HAVE;
    totals->open += course == PLAN_OPEN;
    totals->unknown += course == PLAN_UNKNOWN;
    int64_t price = purchase_price_asked(purchase);
    if (course == PLAN_HAVE && price > 0)
        totals->saved += price;
}

static void on_cell(void *arg, const struct cell_report *report)
{
    struct dry *dry = arg;
    dry->leaps = 0;
    summary_cell(&dry->summary, report);
    for (size_t i = 0; i < report->n_purchases; i++) {
        purchase_asked_by(report->purchases[i]);
        count(dry, report->purchases[i]);
    }
    if (dry->config.cell)
        dry->config.cell(dry->config.arg, report);
}

// --- what it would cost

static void on_accepted(struct dry *dry, const struct purchase *purchase)
{
    struct plan_totals *totals = &dry->totals;
    int64_t price = purchase_price_asked(purchase);
    int64_t least = purchase_price_least(purchase);
    totals->bought++;
    totals->price += price > 0 ? price : 0;
    totals->price_least += least > 0 ? least : 0;
    totals->price_unknown |= price < 0;
}

static void on_note(void *arg, enum engine_note note,
                    const struct purchase *purchase, const char *text)
{
    struct dry *dry = arg;
    if (note == ENGINE_WARNING && dry->config.warning)
        dry->config.warning(dry->config.arg, text);
    else if (note == ENGINE_WARNING)
        log_warn("%s", text);
    else if (note == ENGINE_CHANGED && !purchase_settled(purchase) &&
             purchase_was_bought_now(purchase) &&
             purchase_state(purchase) == ATTEMPT_ACCEPTED)
        on_accepted(dry, purchase);
}

static void on_order(void *arg, const struct dry_question *question,
                     struct dry_answer *answer)
{
    struct dry *dry = arg;
    dry->config.answer(dry->config.arg, question, answer);
}

// --- the parts of it

static bool open_ledger(struct dry *dry, struct err *err)
{
    const struct state *state = &dry->state;
    if (!dry->config.ledger)
        return true;
    if (!state_has_its_ledger(state, err))
        return false;
    if (!ledger_exists(state->dir))
        return true;
    dry->ledger = ledger_open_read(state->dir, err);
    return dry->ledger != NULL;
}

// An answer may depend on how often it was asked for: then nothing is let go
// of, and begun anew.
static bool open_hooks(struct dry *dry, struct err *err)
{
    dry->hooks.arg = dry;
    if (dry->config.answer) {
        dry->hooks.answer = on_order;
        return true;
    }
    dry->seen = seen_new(err);
    if (!dry->seen)
        return false;
    dry->table = seen_table(dry->seen);
    dry->hooks.seen = &dry->table;
    return true;
}

static bool open_engine(struct dry *dry, struct err *err)
{
    const struct loaded *loaded = dry->config.loaded;
    dry->loop = loop_new_virtual();
    struct engine_config config = {
        .loop = dry->loop,
        .ledger = dry->ledger,
        .clock = loop_clock(dry->loop),
        .state_dir = dry->state.dir,
        .run = "",
        .recipe = loaded->recipe->name,
        .base_dir = loaded->dir,
        .files = (const char *const *)loaded->sources.files,
        .in_flight = loaded->recipe->limits.in_flight,
        .budget = loaded->recipe->limits.budget, // wants prices, as of a run
        .retry_failed = dry->config.options->retry_failed,
        .retry = &loaded->recipe->retry,
        .dry = true,
        .hooks = &dry->hooks,
        .note = on_note,
        .arg = dry,
    };
    dry->engine = engine_new(&config, err);
    return dry->engine != NULL;
}

static bool open_script(struct dry *dry, struct err *err)
{
    const struct loaded *loaded = dry->config.loaded;
    struct script_config config = {
        .loop = dry->loop,
        .clock = loop_clock(dry->loop),
        .engine = dry->engine,
        .recipe = loaded->recipe,
        .gateway = &loaded->gateway,
        .recipe_dir = loaded->dir,
        .files = (const char *const *)loaded->sources.files,
        .lua_dir = dry->config.options->lua_dir,
        .started_ms = clock_wall_ms(&clock_system),
        .context = loaded->context[0] ? loaded->context : NULL,
    };
    dry->script = script_new(&config, err);
    return dry->script &&
           script_load(dry->script, loaded->script, loaded->script_len,
                       loaded->script_name, err);
}

static bool open_cells(struct dry *dry, struct err *err)
{
    const struct loaded *loaded = dry->config.loaded;
    struct recipe_choice choice = load_choice(dry->config.options, loaded);
    struct recipe_walk *walk = recipe_walk_new(loaded->recipe, &choice, err);
    if (!walk)
        return false;
    struct cells_config config = {
        .loop = dry->loop,
        .script = dry->script,
        .recipe = loaded->recipe,
        .run = "",
        .in_flight = loaded_in_flight(loaded),
        .walk = walk,
        .root = dry->state.here ? NULL : dry->state.root,
        .dry = true,
        .done = on_cell,
        .arg = dry,
    };
    dry->cells = cells_new(&config);
    dry->totals.cells = dry->summary.cells = cells_total(dry->cells);
    dry->totals.in_flight = config.in_flight;
    return true;
}

struct dry *dry_new(const struct dry_config *config, struct err *err)
{
    struct dry *dry = xcalloc(1, sizeof(*dry));
    dry->config = *config;
    state_find(&dry->state, config->loaded->dir);
    if (open_ledger(dry, err) && open_hooks(dry, err) &&
        open_engine(dry, err) && open_script(dry, err) && open_cells(dry, err))
        return dry;
    dry_free(dry);
    return NULL;
}

// --- to its end

bool dry_go(struct dry *dry, struct err *err)
{
    bool moves = true;
    while (moves && !cells_done(dry->cells)) {
        do {
            engine_step(dry->engine);
            cells_step(dry->cells);
        } while (script_run_ready(dry->script));
        moves = cells_done(dry->cells) ||
                (++dry->leaps <= LEAPS_MAX && loop_leap(dry->loop));
    }
    dry->totals.elapsed_ms = clock_mono_ms(loop_clock(dry->loop));
    dry->totals.time_unknown = engine_time_unknown(dry->engine);
    dry->totals.failed = dry->summary.failed;
    dry->totals.exit = summary_exit(&dry->summary);
    return moves || err_set(err, ERR_RECIPE,
                            "a cell waits for something that never comes");
}

const struct plan_totals *dry_totals(const struct dry *dry)
{
    return &dry->totals;
}

struct ledger *dry_ledger(const struct dry *dry)
{
    return dry->ledger;
}

void dry_free(struct dry *dry)
{
    if (!dry)
        return;
    script_free(dry->script);
    cells_free(dry->cells);
    engine_free(dry->engine);
    ledger_close(dry->ledger);
    loop_free(dry->loop);
    seen_free(dry->seen);
    state_free(&dry->state);
    free(dry);
}
