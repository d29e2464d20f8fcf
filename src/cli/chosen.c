#include "cli/chosen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/again.h"
#include "cli/load.h"
#include "cli/lock.h"
#include "cli/recipe_name.h"
#include "report/listing.h"
#include "report/summary.h"

#define WORD_MIN 4     // characters of a run's id
#define RUNS_MAX 10    // that one word may mean, told in an error
#define LOOK_BACK 1000 // runs, for one that has cells
#define AGAIN_MAX 300
#define TEXT_MAX 4096

const char *chosen_id(const struct chosen *chosen)
{
    return value_get_text(chosen->run, "run");
}

const char *chosen_recipe(const struct chosen *chosen)
{
    return value_get_text(chosen->run, "recipe");
}

void chosen_free(struct chosen *chosen)
{
    value_free(chosen->run);
    ledger_close(chosen->ledger);
    state_free(&chosen->state);
}

static bool has_cells(const struct value *run)
{
    return value_integer(value_get(run, "cells"), 0) > 0;
}

// --- no cells

static bool say_no_cells(const struct value *run, struct err *err)
{
    char *again = again_of(run);
    struct buf out;
    buf_init(&out, TEXT_MAX);
    shown_text(again, strlen(again), AGAIN_MAX, &out);
    const struct value *about = value_get(run, "about");
    if (about && value_integer(value_get(about, "cells"), 1) == 0)
        err_set(err, ERR_USAGE,
                "run %.8s had no cells: there is nothing to see",
                value_get_text(run, "run"));
    else
        err_set(
            err, ERR_USAGE,
            "the cells of run %.8s are not kept%s; run it again, which buys "
            "nothing that is there: %s",
            value_get_text(run, "run"),
            about ? ", only those of a recipe's newest runs are"
                  : ", an earlier tarmac made it",
            out.data);
    buf_free(&out);
    free(again);
    return false;
}

// --- the newest

static void on_run(void *arg, const struct value *row)
{
    value_add(arg, value_str(value_get_text(row, "run")));
}

// One that did not come to its cells is passed over, unless none did.
static bool take_newest(struct chosen *chosen, const char *recipe,
                        struct err *err)
{
    struct value *ids = value_list();
    bool ok =
        ledger_list_runs(chosen->ledger, recipe, LOOK_BACK, on_run, ids, err);
    struct value *first = NULL;
    for (size_t i = 0; ok && !chosen->run && i < value_count(ids); i++) {
        struct value *run =
            ledger_run(chosen->ledger, value_text(value_at(ids, i)), err);
        ok = run != NULL;
        if (run && has_cells(run))
            chosen->run = run;
        else if (!first)
            first = run;
        else
            value_free(run);
    }
    if (ok && !chosen->run && first)
        ok = say_no_cells(first, err);
    else if (ok && !chosen->run)
        ok = err_set(err, ERR_USAGE,
                     "%s was not run here yet; begin with: tarmac run RECIPE",
                     recipe ? recipe : "no recipe");
    value_free(first);
    value_free(ids);
    return ok;
}

// --- a word

static bool take_run(struct chosen *chosen, const char *id, struct err *err)
{
    struct value *run = ledger_run(chosen->ledger, id, err);
    if (!run)
        return false;
    if (!has_cells(run)) {
        say_no_cells(run, err);
        value_free(run);
        return false;
    }
    chosen->run = run;
    return true;
}

static bool say_several(const char *word, const struct value *ids,
                        struct err *err)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < value_count(ids) && i < RUNS_MAX; i++)
        buf_printf(&out, "%s%s", i ? ", " : "", value_text(value_at(ids, i)));
    err_set(err, ERR_USAGE, "%s may be run %s%s: give more of its id", word,
            out.data, value_count(ids) > RUNS_MAX ? " …" : "");
    buf_free(&out);
    return false;
}

// The name of a recipe before a run's id: a name is whole.
static bool take_word(struct chosen *chosen, const char *word, struct err *err)
{
    struct err unknown = {0};
    if (recipe_is_known(chosen->ledger, word, &unknown))
        return take_newest(chosen, word, err);
    struct value *ids = value_list();
    bool ok =
        strlen(word) < WORD_MIN ||
        ledger_match_run(chosen->ledger, word, RUNS_MAX + 1, on_run, ids, err);
    size_t n = value_count(ids);
    if (ok && n == 1)
        ok = take_run(chosen, value_text(value_at(ids, 0)), err);
    else if (ok && n > 1)
        ok = say_several(word, ids, err);
    else if (ok)
        ok = err_set(err, unknown.kind,
                     "%s; the ids of runs are told by: tarmac log",
                     unknown.text);
    value_free(ids);
    return ok;
}

// --- where

static bool open_ledger(struct chosen *chosen, struct err *err)
{
    if (!state_has_its_ledger(&chosen->state, err))
        return false;
    if (!ledger_exists(chosen->state.dir))
        return err_set(err, ERR_USAGE,
                       "nothing was run here yet: there is no ledger in %s; "
                       "begin with: tarmac run RECIPE",
                       chosen->state.dir);
    chosen->ledger = ledger_open_read(chosen->state.dir, err);
    return chosen->ledger != NULL;
}

int chosen_read(struct chosen *chosen, const struct options *options,
                const char *word)
{
    *chosen = (struct chosen){.options = options};
    struct recipe_named named = {0};
    struct err err = {0};
    if (word && lock_is_named_so(word)) {
        err_set(&err, ERR_USAGE,
                "%s is a lock: name the recipe that it stands beside", word);
        return load_say_err(&err, options->json);
    }
    int code = recipe_name_read(word, options, &named);
    if (code == EXIT_ALL_DELIVERED) {
        state_find(&chosen->state, named.dir);
        bool ok =
            open_ledger(chosen, &err) &&
            (named.is_file || !word ? take_newest(chosen, named.name, &err)
                                    : take_word(chosen, word, &err));
        if (!ok)
            code = load_say_err(&err, options->json);
    }
    recipe_named_free(&named);
    return code;
}
