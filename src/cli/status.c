#include "cli/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/token.h"
#include "cli/again.h"
#include "cli/load.h"
#include "cli/recipe_name.h"
#include "cli/state.h"
#include "ledger/list.h"
#include "ledger/runs.h"
#include "report/events.h"
#include "report/listing.h"

#define RUNS_SHOWN 5
#define ROWS_SHOWN 10
#define ROW_BYTES_MAX (64u << 10)

struct status {
    const struct options *options;
    struct state state;
    struct ledger *ledger;
    const char *recipe; // name; NULL: all
    int64_t now_ms;
    char *next; // what to type about the rows that were just listed; or NULL
    int64_t rows;
    char asked[TOKEN_HEX]; // the run that `dead` is of
    bool dead;
};

static void put(struct buf *out)
{
    fputs(out->data, stdout);
    buf_free(out);
}

// --- runs

// Asked of the lock once for all rows in a line that one run left.
static bool is_dead(struct status *status, const char *run)
{
    if (strcmp(status->asked, run) != 0) {
        snprintf(status->asked, sizeof(status->asked), "%s", run);
        status->dead = run_is_dead(status->state.dir, run);
    }
    return status->dead;
}

static enum run_course course_of(struct status *status, const struct value *row)
{
    const char *run = value_get_text(row, "run");
    if (value_get(row, "ended_ms") || !run)
        return RUN_ENDED;
    return is_dead(status, run) ? RUN_DIED : RUN_GOES_ON;
}

static void on_run(void *arg, const struct value *row)
{
    struct status *status = arg;
    enum run_course course = course_of(status, row);
    if (status->options->json) {
        struct value *v = event_row("run", row);
        value_set(v, "state", value_str(run_course_name(course)));
        event_say(v);
        return;
    }
    struct buf out;
    buf_init(&out, ROW_BYTES_MAX);
    if (status->rows++ == 0)
        buf_str(&out, "runs:\n");
    char *again = again_of(row);
    listing_run(row, course, again, status->now_ms, &out);
    free(again);
    put(&out);
}

// --- attempts

static void say_next(struct status *status)
{
    if (status->next)
        printf("    -> %s\n", status->next);
    free(status->next);
    status->next = NULL;
}

// `next` is told once for all rows in a line that want the same.
static void say_attempt(struct status *status, const char *event,
                        const char *title, const struct value *row,
                        struct buf *next)
{
    if (status->options->json) {
        struct value *v = event_row(event, row);
        if (next->len > 0)
            value_set(v, "next", value_strn(next->data, next->len));
        event_say(v);
        buf_free(next);
        return;
    }
    struct buf out;
    buf_init(&out, ROW_BYTES_MAX);
    if (status->next && strcmp(status->next, next->data) != 0)
        say_next(status);
    if (status->rows++ == 0)
        buf_printf(&out, "%s:\n", title);
    listing_attempt(row, status->now_ms, &out);
    put(&out);
    free(status->next);
    status->next = next->len > 0 ? buf_take(next) : NULL;
    buf_free(next);
}

static void on_open(void *arg, const struct value *row)
{
    struct status *status = arg;
    const char *run = value_get_text(row, "run");
    struct buf next;
    buf_init(&next, ROW_BYTES_MAX);
    if (run && is_dead(status, run)) {
        char *again = again_of(row);
        listing_next("open", again, &next);
        free(again);
    }
    say_attempt(status, "open", "open", row, &next);
}

static void on_trouble(void *arg, const struct value *row)
{
    struct status *status = arg;
    const char *state = value_get_text(row, "state");
    struct buf next;
    buf_init(&next, ROW_BYTES_MAX);
    char *again = again_of(row);
    listing_next(state ? state : "", again, &next);
    free(again);
    say_attempt(status, "trouble", "these need you", row, &next);
}

static void say_more(const struct status *status, const char *of, int64_t all,
                     int64_t shown)
{
    if (shown < 0 || all <= shown)
        return;
    if (!status->options->json) {
        printf("  … and %" PRId64 " more (--all)\n", all - shown);
        return;
    }
    struct value *v = value_map();
    value_set(v, "event", value_str("more"));
    value_set(v, "of", value_str(of));
    value_set(v, "count", value_int(all - shown));
    event_say(v);
}

// --- all of it

static int64_t count(const struct ledger_totals *totals, bool open)
{
    static const bool needs_you[LEDGER_STATES] = {
        [ATTEMPT_UNKNOWN] = true,
        [ATTEMPT_REFUSED] = true,
        [ATTEMPT_FAILED] = true,
        [ATTEMPT_FORGOTTEN] = true,
    };
    int64_t sum = 0;
    for (size_t i = 0; i < LEDGER_STATES; i++) {
        bool is_open = attempt_state_is_open((enum attempt_state)i);
        if (open ? is_open && !needs_you[i] : needs_you[i])
            sum += totals->purchases[i];
    }
    return sum;
}

static void say_totals(const struct status *status,
                       const struct ledger_totals *totals)
{
    if (status->options->json) {
        event_say(listing_totals_value(totals));
        return;
    }
    struct buf out;
    buf_init(&out, ROW_BYTES_MAX);
    listing_totals(totals, &out);
    put(&out);
}

static bool say_all(struct status *status, struct err *err)
{
    bool all = status->options->all;
    int64_t rows = all ? -1 : ROWS_SHOWN;
    struct ledger *l = status->ledger;
    struct ledger_totals totals;
    if (!ledger_list_runs(l, status->recipe, all ? -1 : RUNS_SHOWN, on_run,
                          status, err) ||
        !ledger_totals(l, status->recipe, &totals, err))
        return false;
    say_totals(status, &totals);
    status->rows = 0;
    if (!ledger_list_open(l, status->recipe, rows, on_open, status, err))
        return false;
    say_next(status);
    say_more(status, "open", count(&totals, true), rows);
    status->rows = 0;
    bool ok =
        ledger_list_troubles(l, status->recipe, rows, on_trouble, status, err);
    say_next(status);
    if (ok)
        say_more(status, "trouble", count(&totals, false), rows);
    return ok;
}

// --- which state, which recipe

static void say_state(const struct status *status, bool exists)
{
    if (status->options->json) {
        struct value *v = value_map();
        value_set(v, "event", value_str("state"));
        value_set(v, "path", value_str(status->state.dir));
        value_set(v, "ledger", value_bool(exists));
        event_say(v);
    } else if (exists) {
        printf("state in %s\n", status->state.dir);
    } else {
        printf("nothing was bought here yet: there is no ledger in %s; begin "
               "with: tarmac run RECIPE\n",
               status->state.dir);
    }
}

static int status_of(struct status *status, bool is_file)
{
    struct err err = {0};
    bool ok = state_has_its_ledger(&status->state, &err);
    bool exists = ledger_exists(status->state.dir);
    if (ok && exists) {
        status->ledger = ledger_open_read(status->state.dir, &err);
        ok = status->ledger != NULL;
    }
    if (ok && exists && status->recipe && !is_file)
        ok = recipe_is_known(status->ledger, status->recipe, &err);
    if (ok)
        say_state(status, exists);
    if (ok && exists)
        ok = say_all(status, &err);
    if (ok)
        return EXIT_ALL_DELIVERED;
    return load_say_err(&err, status->options->json);
}

int status_command(const struct options *options)
{
    if (options->n_words > 1) {
        log_error("status takes one recipe or none, for example: tarmac "
                  "status recipes/orbit.yaml");
        return EXIT_USAGE;
    }
    struct status status = {.options = options,
                            .now_ms = clock_wall_ms(&clock_system)};
    struct recipe_named named;
    int code = recipe_name_read(options->n_words ? options->words[0] : NULL,
                                options, &named);
    if (code == EXIT_ALL_DELIVERED) {
        status.recipe = named.name;
        state_find(&status.state, named.dir);
        code = status_of(&status, named.is_file);
    }
    ledger_close(status.ledger);
    state_free(&status.state);
    recipe_named_free(&named);
    return code;
}
