// Two locks, or runs, held against each other.

#include "cli/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/lock.h"
#include "cli/state.h"
#include "data/json.h"
#include "ledger/list.h"
#include "report/differing.h"
#include "report/events.h"
#include "report/summary.h"

#define RUNS_SHOWN 5
#define WORD_MIN 4 // characters of a run's id

struct diff {
    const struct options *options;
    struct state state;
    struct ledger *ledger; // NULL: there is none
    struct lock *sides[2];
};

// --- a run, as a lock
static void on_run(void *arg, const struct value *row)
{
    value_add(arg, value_str(value_get_text(row, "run")));
}

struct making {
    struct lock *lock;
    char *cell; // of the last row
};

static void on_made(void *arg, const struct value *row)
{
    struct making *making = arg;
    const char *cell = value_get_text(row, "cell");
    struct lock_entry e = {
        .gateway = value_get_text(row, "gateway"),
        .dialect = "",
        .fingerprint = value_get_text(row, "fingerprint"),
        .task_id = value_get_text(row, "task_id"),
        .file = (int)value_integer(value_get(row, "file"), 1),
        .sha256 = value_get_text(row, "sha256"),
    };
    if (!making->cell || strcmp(making->cell, cell) != 0) {
        lock_add_cell(making->lock, cell);
        free(making->cell);
        making->cell = xstrdup(cell);
    }
    lock_add(making->lock, &e);
}

static struct lock *made_by(struct diff *diff, const char *run, struct err *err)
{
    struct making making = {.lock = lock_new("", NULL)};
    bool ok = ledger_list_made(diff->ledger, run, on_made, &making, err);
    free(making.cell);
    if (ok)
        return making.lock;
    lock_free(making.lock);
    return NULL;
}

static struct lock *no_run(const char *word, struct err *err)
{
    err_set(err, ERR_USAGE,
            "%s is no lock, recipe or run; tarmac log --json tells the runs",
            word);
    return NULL;
}

static struct lock *of_run(struct diff *diff, const char *word, struct err *err)
{
    if (!diff->ledger || strlen(word) < WORD_MIN)
        return no_run(word, err);
    struct value *runs = value_list();
    struct lock *lock = NULL;
    if (!ledger_match_run(diff->ledger, word, RUNS_SHOWN, on_run, runs, err))
        lock = NULL;
    else if (value_count(runs) == 0)
        no_run(word, err);
    else if (value_count(runs) > 1)
        err_set(err, ERR_USAGE, "%s may be run %s or %s: give more of its id",
                word, value_text(value_at(runs, 0)),
                value_text(value_at(runs, 1)));
    else
        lock = made_by(diff, value_text(value_at(runs, 0)), err);
    value_free(runs);
    return lock;
}

// --- sides
static bool holds_a_lock(const char *file)
{
    size_t len;
    char *text = file_read(file, LOCK_BYTES_MAX, &len, NULL);
    bool holds = text && (text_starts(text, "tarmac_lock:") ||
                          strstr(text, "\ntarmac_lock:"));
    free(text);
    return holds;
}

static struct lock *read_side(struct diff *diff, const char *word, int *code)
{
    const struct options *options = diff->options;
    struct err err = {0};
    if (!path_exists(word)) {
        struct lock *lock = of_run(diff, word, &err);
        if (!lock)
            *code = load_say_err(&err, options->json);
        return lock;
    }
    bool is_lock = lock_is_named_so(word) || holds_a_lock(word);
    char *path = is_lock ? xstrdup(word) : lock_path(word);
    struct lock *lock = lock_load(path, options->json, code);
    free(path);
    return lock;
}

// --- what is told
static struct value *on_request(void *arg, const char *fingerprint)
{
    struct diff *diff = arg;
    struct purchase_row row;
    bool found = false;
    struct value *request = NULL;
    if (!diff->ledger ||
        !ledger_find(diff->ledger, fingerprint, &row, &found, NULL))
        return NULL;
    if (found)
        request =
            json_read(row.request, strlen(row.request), JSON_LENIENT, NULL);
    purchase_row_free(&row);
    return request;
}

static void on_cell(void *arg, const char *cell, bool in_a, bool in_b,
                    const char *how)
{
    struct diff *diff = arg;
    char **words = diff->options->words;
    if (diff->options->json) {
        struct value *event = value_map();
        value_set(event, "event", value_str("diff"));
        value_set(event, "cell", value_str(cell));
        value_set(event, "in",
                  value_str(in_a && in_b ? "both"
                            : in_a       ? "a"
                                         : "b"));
        value_set_text(event, "how", how);
        event_say(event);
        return;
    }
    char *shown = text_printable(cell, strlen(cell), strlen(cell));
    if (how)
        printf("%s: %s\n", shown, how);
    else
        printf("%s: only in %s\n", shown, words[in_b]);
    free(shown);
}

static int tell(struct diff *diff)
{
    struct differing differing = {
        .request = on_request, .cell = on_cell, .arg = diff};
    size_t n = differing_tell(&differing, diff->sides[0], diff->sides[1]);
    int code = n > 0 ? EXIT_CELLS_FAILED : EXIT_ALL_DELIVERED;
    if (diff->options->json) {
        struct value *event = value_map();
        value_set(event, "event", value_str("end"));
        value_set(event, "exit", value_int(code));
        value_set(event, "differ", value_int((int64_t)n));
        event_say(event);
    } else if (n == 0) {
        printf("the same: %zu cell%s\n", lock_cells(diff->sides[0]),
               lock_cells(diff->sides[0]) == 1 ? "" : "s");
    }
    return code;
}

// What the ledger tells is more than there was; without one it is less.
static int open_ledger(struct diff *diff)
{
    const char *word = diff->options->words[0];
    char *dir = folder_of(path_exists(word) ? word : ".");
    struct err err;
    int code = EXIT_ALL_DELIVERED;
    state_find(&diff->state, dir);
    if (ledger_exists(diff->state.dir)) {
        diff->ledger = ledger_open_read(diff->state.dir, &err);
        if (!diff->ledger)
            code = load_say_err(&err, diff->options->json);
    }
    free(dir);
    return code;
}

int diff_command(const struct options *options)
{
    if (options->n_words != 2) {
        log_error("diff takes two of locks, recipes and runs, for example: "
                  "tarmac diff orbit.yaml old/orbit.lock.yaml");
        return EXIT_USAGE;
    }
    struct diff diff = {.options = options};
    int code = open_ledger(&diff);
    for (size_t i = 0; i < 2 && code == EXIT_ALL_DELIVERED; i++)
        diff.sides[i] = read_side(&diff, options->words[i], &code);
    if (code == EXIT_ALL_DELIVERED)
        code = tell(&diff);
    lock_free(diff.sides[0]);
    lock_free(diff.sides[1]);
    ledger_close(diff.ledger);
    state_free(&diff.state);
    return code;
}
