#include "cli/test_recipe.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/dry.h"
#include "data/json.h"
#include "report/summary.h"

#define CELLS_MAX 10000 // all of them are held
#define PROBLEMS_BYTES_MAX (64u << 10)

struct running {
    struct test_recipe *how;
    struct loaded loaded;
    struct problems problems;
    struct options options;
    struct value *cells, *warnings;
    struct value *answer; // the last one: its texts are borrowed
};

// --- what the test asks for

static char *text_of(const struct value *v)
{
    const char *text = value_text(v);
    return text ? xstrdup(text) : json_text(v);
}

static void take_params(struct options *options, const struct value *params)
{
    size_t n = value_count(params);
    options->params = xcalloc(n + 1, sizeof(*options->params));
    options->n_params = n;
    for (size_t i = 0; i < n; i++)
        options->params[i] = (struct recipe_param){
            .name = params->map.members[i].key,
            .value = text_of(params->map.members[i].value)};
}

static void take_words(struct options *options, const char *file,
                       const struct value *overrides)
{
    size_t n = value_count(overrides);
    options->words = xcalloc(n + 2, sizeof(*options->words));
    options->words[0] = xstrdup(file);
    for (size_t i = 0; i < n; i++)
        options->words[i + 1] = text_of(value_at(overrides, i));
    options->n_words = n + 1;
}

static void take_order(struct running *run, const struct value *order)
{
    struct options *options = &run->options;
    const char *gateway = value_get_text(order, "gateway");
    const char *only = value_get_text(order, "only");
    *options = *run->how->options;
    options->json = false;
    options->first = (uint64_t)value_integer(value_get(order, "first"), 0);
    options->only = only;
    if (gateway)
        options->gateway = gateway;
    take_params(options, value_get(order, "params"));
    take_words(options, run->how->file, value_get(order, "overrides"));
}

static void drop_order(struct options *options)
{
    for (size_t i = 0; i < options->n_params; i++)
        free((char *)options->params[i].value);
    free(options->params);
    for (size_t i = 0; i < options->n_words; i++)
        free(options->words[i]);
    free(options->words);
}

// --- what came of it

static void set_credits(struct value *map, const char *key, int64_t thousandths)
{
    value_set(map, key,
              thousandths % 1000 == 0 ? value_int(thousandths / 1000)
                                      : credits_value(thousandths));
}

static struct value *request_of(const struct purchase *purchase)
{
    const struct value *request = purchase_request(purchase);
    return request ? value_copy(request) : value_map();
}

static struct value *order_value(const struct purchase *purchase)
{
    struct value *v = value_map();
    value_set(v, "request", request_of(purchase));
    value_set_text(v, "route", purchase_route(purchase));
    value_set_text(v, "gateway", purchase_gateway(purchase)->name);
    value_set(v, "take", value_int(purchase_take(purchase)));
    if (purchase_price(purchase) >= 0)
        set_credits(v, "credits", purchase_price(purchase));
    return v;
}

// "orbit/x4_r0" of "out/orbit/x4_r0.mp4".
static char *output_name(const struct running *run, const char *path)
{
    size_t dir = strlen(run->loaded.recipe->out_dir) + 1;
    const char *name = strlen(path) > dir ? path + dir : path;
    const char *dot = strrchr(name, '.');
    return xstrndup(name, dot ? (size_t)(dot - name) : strlen(name));
}

static struct value *purchase_value(const struct cell_report *report,
                                    const struct value *outputs,
                                    const struct purchase *purchase)
{
    struct value *v = order_value(purchase);
    value_set(v, "shared", value_bool(plan_course_of(purchase) == PLAN_SHARED));
    value_set_text(v, "fail", purchase_failure_kind(purchase));
    for (size_t i = 0; i < report->n; i++) {
        if (report->outputs[i].purchase == purchase && !value_get(v, "output"))
            value_set(v, "output", value_copy(value_at(outputs, i)));
    }
    return v;
}

static void on_cell(void *arg, const struct cell_report *report)
{
    struct running *run = arg;
    struct value *cell = value_map();
    value_add(run->cells, cell);
    value_set(cell, "index", value_int((int64_t)report->index));
    value_set_text(cell, "name", report->name);
    value_set(cell, "ok", value_bool(report->ok));
    struct value *outputs = value_set(cell, "outputs", value_list());
    for (size_t i = 0; i < report->n; i++) {
        char *name = output_name(run, report->outputs[i].path);
        value_add(outputs, value_str(name));
        free(name);
    }
    struct value *purchases = value_set(cell, "purchases", value_list());
    for (size_t i = 0; i < report->n_purchases; i++)
        value_add(purchases,
                  purchase_value(report, outputs, report->purchases[i]));
    value_set(cell, "rows",
              report->rows ? value_copy(report->rows) : value_list());
    if (report->ok)
        return;
    struct value *error = value_set(cell, "error", value_map());
    value_set_text(error, "kind", report->kind);
    value_set_text(error, "message", report->message);
}

static void on_warning(void *arg, const char *text)
{
    struct running *run = arg;
    value_add(run->warnings, value_str(text));
}

// --- what the test answers

static void on_answer(void *arg, const struct dry_question *question,
                      struct dry_answer *answer)
{
    struct running *run = arg;
    struct value *asked = order_value(question->purchase);
    value_set(asked, "n", value_int(question->n));
    value_set_text(asked, "cell", purchase_cell(question->purchase));
    value_free(run->answer);
    run->answer = testing_answer(run->how->testing, asked);
    value_free(asked);
    if (!run->answer)
        return;
    double took;
    answer->kind = value_get_text(run->answer, "fail");
    answer->message = value_get_text(run->answer, "message");
    value_number(value_get(run->answer, "seconds"), &answer->seconds);
    answer->width =
        (int)value_integer(value_get(run->answer, "width"), answer->width);
    answer->height =
        (int)value_integer(value_get(run->answer, "height"), answer->height);
    if (value_number(value_get(run->answer, "took"), &took))
        answer->took_ms = (int64_t)llround(took * 1000);
}

// --- the whole

static int by_index(const void *a, const void *b)
{
    const struct value *const *left = a, *const *right = b;
    int64_t l = value_integer(value_get(*left, "index"), 0);
    int64_t r = value_integer(value_get(*right, "index"), 0);
    return (l > r) - (l < r);
}

// All names, and all rows with the name of their cell, in the order of cells.
static void gather(struct value *result, const struct value *cells)
{
    struct value *names = value_set(result, "names", value_list());
    struct value *rows = value_set(result, "rows", value_list());
    for (size_t i = 0; i < value_count(cells); i++) {
        const struct value *cell = value_at(cells, i);
        const struct value *outputs = value_get(cell, "outputs");
        const struct value *collected = value_get(cell, "rows");
        for (size_t n = 0; n < value_count(outputs); n++)
            value_add(names, value_copy(value_at(outputs, n)));
        for (size_t n = 0; n < value_count(collected); n++) {
            struct value *row = value_copy(value_at(collected, n));
            value_set_text(row, "cell", value_get_text(cell, "name"));
            value_add(rows, row);
        }
    }
}

static struct value *result_of(struct running *run, const struct dry *dry)
{
    const struct plan_totals *totals = dry_totals(dry);
    struct value *v = value_map();
    value_set(v, "ok", value_bool(totals->failed == 0));
    value_set(v, "bought", value_int((int64_t)totals->bought));
    value_set(v, "shared", value_int((int64_t)totals->shared));
    value_set(v, "failed", value_int((int64_t)totals->failed));
    if (!totals->price_unknown) {
        set_credits(v, "credits", totals->price);
        set_credits(v, "credits_least", totals->price_least);
    }
    set_credits(v, "seconds", totals->elapsed_ms);
    if (run->cells->list.n > 0)
        qsort(run->cells->list.items, run->cells->list.n,
              sizeof(*run->cells->list.items), by_index);
    gather(v, run->cells);
    value_set(v, "cells", run->cells);
    value_set(v, "warnings", run->warnings);
    value_set(v, "log", run->how->log);
    run->cells = run->warnings = run->how->log = NULL;
    return v;
}

static struct value *run_dry(struct running *run, struct err *err)
{
    struct dry_config config = {
        .loaded = &run->loaded,
        .options = &run->options,
        .cell = on_cell,
        .answer = on_answer,
        .warning = on_warning,
        .arg = run,
    };
    struct value *result = NULL;
    struct dry *dry = dry_new(&config, err);
    if (dry && dry_go(dry, err))
        result = result_of(run, dry);
    dry_free(dry);
    return result;
}

// The first of what is wrong, and how much more there is.
static bool say_problems(const struct problems *problems, struct err *err)
{
    if (problems->errors == 0)
        return false;
    struct buf all;
    buf_init(&all, PROBLEMS_BYTES_MAX);
    problems_write(problems, &all);
    const char *line = strstr(all.data, ": error: ");
    while (line && line > all.data && line[-1] != '\n')
        line--;
    if (!line)
        line = all.data;
    char *first = xstrndup(line, strcspn(line, "\n"));
    if (problems->errors > 1)
        err_set(err, ERR_RECIPE, "%s (and %zu more)", first,
                problems->errors - 1);
    else
        err_set(err, ERR_RECIPE, "%s", first);
    free(first);
    buf_free(&all);
    return true;
}

static bool fits(const struct running *run, struct err *err)
{
    uint64_t n = recipe_cells(run->loaded.recipe);
    if (n <= CELLS_MAX ||
        (run->options.first > 0 && run->options.first <= CELLS_MAX))
        return true;
    return err_set(err, ERR_RECIPE,
                   "%" PRIu64 " cells are too many for a test, which holds %d: "
                   "say first = 100",
                   n, CELLS_MAX);
}

struct value *test_recipe_run(struct test_recipe *how,
                              const struct value *order, struct err *err)
{
    struct running run = {
        .how = how, .cells = value_list(), .warnings = value_list()};
    struct value *result = NULL;
    how->log = value_list();
    take_order(&run, order);
    problems_init(&run.problems, how->file);
    if (load_recipe(how->file, &run.options, &run.loaded, &run.problems, err)) {
        if (fits(&run, err))
            result = run_dry(&run, err);
    } else {
        say_problems(&run.problems, err);
    }
    loaded_free(&run.loaded);
    problems_free(&run.problems);
    drop_order(&run.options);
    value_free(run.cells);
    value_free(run.warnings);
    value_free(run.answer);
    value_free(how->log);
    how->log = NULL;
    return result;
}
