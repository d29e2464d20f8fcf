#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/value.h"
#include "fake_engine.h"

#define TURN_MS 10000

static void fill_recipe(struct recipe *recipe)
{
    recipe->name = xstrdup("orbit");
    recipe->limits.timeout_ms = 60000;
    recipe->params = value_map();
    value_set(recipe->params, "style", value_str("noir"));
    struct value *list = value_list();
    value_add(list, value_int(1));
    value_set(recipe->params, "list", list);
}

void rig_open(struct rig *rig, const struct rig_options *options)
{
    memset(rig, 0, sizeof(*rig));
    if (options)
        rig->options = *options;
    rig->loop = rig->options.dry ? loop_new_virtual() : loop_new();
    rig->engine = fake_engine_new(rig->options.dry);
    fill_recipe(&rig->recipe);
    rig->gateway.name = xstrdup("local");
    const char *dir = rig->options.recipe_dir;
    struct script_config config = {
        .loop = rig->loop,
        .clock = &clock_system,
        .engine = rig->engine,
        .recipe = &rig->recipe,
        .gateway = &rig->gateway,
        .store = rig->options.store,
        .recipe_dir = dir ? dir : "/nonexistent",
        .lua_dir = rig->options.lua_dir,
        .started_ms = 1700000000000,
        .context = rig->options.context,
    };
    rig->script = script_new_with(&config, rig->options.machine, &rig->err);
}

static void forget(struct rig *rig)
{
    free(rig->kind);
    free(rig->message);
    free(rig->task_id);
    free(rig->traceback);
    value_free(rig->rows);
    rig->rows = NULL;
    rig->kind = rig->message = rig->task_id = rig->traceback = NULL;
    rig->ended = rig->ok = false;
    rig->outputs[0] = '\0';
    rig->n = 0;
    rig->failure = ERR_NONE;
}

void rig_close(struct rig *rig)
{
    script_free(rig->script);
    if (fake_engine_watches(rig->engine) != 0)
        abort(); // an operation outlived its cell
    engine_free(rig->engine);
    loop_free(rig->loop); // waits for ever when a timer was left
    forget(rig);
    value_free(rig->recipe.params);
    free(rig->recipe.name);
    free(rig->gateway.name);
}

static void on_done(void *arg, const struct script_result *result)
{
    struct rig *rig = arg;
    if (rig->ended)
        abort(); // twice
    rig->ended = true;
    rig->ok = result->ok;
    rig->kind = xstrdup(result->kind);
    rig->message = xstrdup(result->message);
    rig->task_id = xstrdup(result->task_id);
    rig->traceback = xstrdup(result->traceback);
    rig->failure = result->err;
    rig->n = result->n;
    rig->rows = result->rows ? value_copy(result->rows) : NULL;
    size_t at = 0;
    for (size_t i = 0; i < result->n && at < sizeof(rig->outputs); i++) {
        const struct script_output *output = &result->outputs[i];
        const char *prompt =
            value_get_text(purchase_request(output->purchase), "prompt");
        int n = snprintf(rig->outputs + at, sizeof(rig->outputs) - at,
                         "%s%s:%s:%zu", i ? " " : "", output->suffix,
                         prompt ? prompt : "", output->clip);
        at += (size_t)n;
    }
}

static void fill_cell(struct cell *cell, const char *prompt)
{
    memset(cell, 0, sizeof(*cell));
    cell->index = 1;
    cell->take = 1;
    cell->name = xstrdup("orbit/x");
    cell->request = value_map();
    value_set(cell->request, "prompt", value_str(prompt ? prompt : "a pier"));
    value_set_path(cell->request, "motion.x", value_int(1));
    cell->vars = value_map();
    value_set(cell->vars, "index", value_int(1));
    value_set(cell->vars, "name", value_str("orbit/x"));
    value_set(cell->vars, "prompt", value_str("a pier"));
    value_set_path(cell->vars, "motion.x", value_int(1));
    value_set(cell->vars, "nothing", value_null());
}

bool rig_start(struct rig *rig, const char *source)
{
    forget(rig);
    if (!script_load(rig->script, source, source ? strlen(source) : 0,
                     "orbit.lua", &rig->err))
        return false;
    struct cell cell;
    fill_cell(&cell, rig->options.prompt);
    bool ok = script_start(rig->script, &cell, on_done, rig, &rig->err);
    free(cell.name);
    value_free(cell.request);
    value_free(cell.vars);
    if (ok && source && rig->options.steps)
        rig->script->cells->life->budget.left =
            rig->script->cells->life->budget.max = rig->options.steps;
    return ok;
}

void rig_turn(struct rig *rig)
{
    script_run_ready(rig->script);
    engine_step(rig->engine);
    if (rig->options.dry)
        loop_leap(rig->loop);
    else
        loop_once(rig->loop, false);
}

bool rig_run(struct rig *rig, const char *source)
{
    if (!rig_start(rig, source))
        return false;
    int64_t end = clock_mono_ms(&clock_system) + TURN_MS;
    while (!rig->ended && clock_mono_ms(&clock_system) < end)
        rig_turn(rig);
    if (!rig->ended)
        abort(); // it waits for ever
    return true;
}

void rig_check(struct rig *rig, const char *source, const char *outputs,
               const char *message, const char *kind)
{
    const char *shown = source ? source : "(default)";
    if (!rig_run(rig, source))
        fail_msg("%s: %s", shown, rig->err.text);
    if (outputs && !rig->ok)
        fail_msg("%s: %s", shown, rig->message);
    if (outputs) {
        assert_string_equal(rig->outputs, outputs);
        return;
    }
    if (rig->ok || !strstr(rig->message, message))
        fail_msg("%s: '%s' is not in '%s'", shown, message,
                 rig->ok ? "" : rig->message);
    if (kind)
        assert_string_equal(rig->kind, kind);
}

void rig_leave(const char *source)
{
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_start(&rig, source));
    for (int turn = 0; turn < 10; turn++)
        rig_turn(&rig);
    assert_false(rig.ended);
    rig_close(&rig);
    assert_false(rig.ended);
}
