#include "cli/settle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/again.h"
#include "cli/named.h"
#include "cli/state.h"
#include "ledger/list.h"
#include "ledger/runs.h"
#include "ledger/settle.h"
#include "report/events.h"
#include "report/settling.h"

#define TEXT_BYTES_MAX (1u << 20)
#define TASK_ID_MAX 512 // as dialects have it

struct settle {
    const struct options *options;
    struct state state;
    struct ledger *ledger; // for reading
    struct value *unknown; // rows of ledger_list_unknown()
};

// The ledger's word on one purchase that is to be settled.
struct one {
    struct purchase_row row;
    char *noted; // a task that its run noted for it; or NULL
    bool alive;  // its run
};

static void one_free(struct one *one)
{
    purchase_row_free(&one->row);
    free(one->noted);
}

static bool look(struct ledger *ledger, const struct state *state,
                 const char *fingerprint, struct one *one, struct err *err)
{
    bool found = false;
    *one = (struct one){0};
    if (!ledger_find(ledger, fingerprint, &one->row, &found, err))
        return false;
    if (!found)
        return err_set(err, ERR_DISK, "the ledger lost purchase %.12s",
                       fingerprint);
    one->noted = run_noted(state->dir, one->row.attempt.token);
    one->alive = !run_is_dead(state->dir, one->row.attempt.owner);
    return true;
}

static bool is_unknown(const struct one *one)
{
    enum attempt_state state = one->row.attempt.state;
    return one->row.attempt.id &&
           (state == ATTEMPT_UNKNOWN ||
            (state == ATTEMPT_SUBMITTING && !one->alive));
}

// --- what there is to settle

static void on_unknown(void *arg, const struct value *row)
{
    struct settle *settle = arg;
    const char *state = value_get_text(row, "state");
    const char *fingerprint = value_get_text(row, "fingerprint");
    struct one one = {0};
    // One whose POST is under way has a run that waits for its answer.
    bool sent = strcmp(state, attempt_state_name(ATTEMPT_UNKNOWN)) != 0;
    bool ok = !sent ||
              (look(settle->ledger, &settle->state, fingerprint, &one, NULL) &&
               is_unknown(&one));
    if (ok)
        value_add(settle->unknown, value_copy(row));
    one_free(&one);
}

// The command line of the run that has `tree`'s newest attempt; owned. `other`,
// a row, tells it where there is none.
static char *newest_again(const struct value *tree, const struct value *other)
{
    const struct value *attempts = value_get(tree, "attempts");
    size_t n = value_count(attempts);
    return again_of(n ? value_at(attempts, n - 1) : other);
}

static void say_tree(const struct settle *settle, const struct value *tree,
                     const struct one *one)
{
    char *again = newest_again(tree, tree);
    struct settling settling = {.fingerprint = one->row.fingerprint,
                                .again = again,
                                .noted = one->noted,
                                .port = one->row.attempt.callback_port,
                                .run_is_alive = one->alive};
    if (settle->options->json) {
        struct value *v = event_row("unknown", tree);
        settling_add(&settling, v);
        event_say(v);
    } else {
        struct buf out;
        buf_init(&out, TEXT_BYTES_MAX);
        settling_text(tree, &settling, &out);
        fputs(out.data, stdout);
        buf_free(&out);
    }
    free(again);
}

static bool say_unknown(const struct settle *settle, const struct value *row,
                        struct err *err)
{
    struct one one;
    bool ok = look(settle->ledger, &settle->state,
                   value_get_text(row, "fingerprint"), &one, err);
    struct value *tree =
        ok ? ledger_describe(settle->ledger, one.row.id, err) : NULL;
    if (tree)
        say_tree(settle, tree, &one);
    value_free(tree);
    one_free(&one);
    return tree != NULL;
}

static int say_all(const struct settle *settle, struct named *named)
{
    struct err err;
    size_t n = value_count(settle->unknown);
    for (size_t i = 0; i < n; i++)
        if (!say_unknown(settle, value_at(settle->unknown, i), &err))
            return named_fail(named, &err);
    int code = n ? EXIT_UNKNOWN : EXIT_ALL_DELIVERED;
    if (settle->options->json) {
        struct value *end = value_map();
        value_set(end, "event", value_str("end"));
        value_set(end, "unknown", value_int((int64_t)n));
        value_set(end, "exit", value_int(code));
        event_say(end);
    } else if (n == 0) {
        puts("nothing to settle: of every purchase it is known whether it was "
             "made");
    }
    return code;
}

// --- which one

// The one that `word` names, or NULL after saying why it cannot be settled.
static const struct value *pick_named(struct settle *settle,
                                      struct named *named, int *code)
{
    const struct value *row;
    struct one one;
    struct err err;
    *code = named_find(named, &row);
    if (!row)
        return NULL;
    if (!look(settle->ledger, &settle->state,
              value_get_text(row, "fingerprint"), &one, &err)) {
        *code = named_fail(named, &err);
        return NULL;
    }
    if (!is_unknown(&one)) {
        err_set(&err, ERR_USAGE,
                "purchase %.12s is %s%s, not unknown: there is nothing to "
                "settle; see: tarmac show %.12s",
                one.row.fingerprint,
                one.row.attempt.id ? attempt_state_name(one.row.attempt.state)
                                   : "not tried",
                one.row.attempt.state == ATTEMPT_SUBMITTING
                    ? " by a run that is alive"
                    : "",
                one.row.fingerprint);
        *code = named_fail(named, &err);
        row = NULL;
    }
    one_free(&one);
    return row;
}

// Without a word it is the only one there is.
static const struct value *pick(struct settle *settle, struct named *named,
                                int *code)
{
    struct err err;
    size_t n = value_count(settle->unknown);
    if (named->word)
        return pick_named(settle, named, code);
    if (n == 1)
        return value_at(settle->unknown, 0);
    if (n == 0)
        err_set(&err, ERR_USAGE,
                "nothing to settle: of every purchase it is known whether it "
                "was made");
    else
        err_set(&err, ERR_USAGE,
                "%zu purchases are to be settled, each by itself: name one by "
                "its ID, as tarmac settle tells them",
                n);
    *code = named_fail(named, &err);
    return NULL;
}

// --- the choice

struct deed {
    const struct state *state;
    struct loop *loop;
    struct ledger *ledger; // for writing
    struct run_lock lock;
    struct ledger_settle settle;
    bool come;
    struct err err;
};

static void on_done(void *arg, const struct err *err)
{
    struct deed *deed = arg;
    deed->come = true;
    deed->err = err ? *err : (struct err){.kind = ERR_NONE};
}

static bool await(struct deed *deed, struct err *err)
{
    while (!deed->come)
        loop_once(deed->loop, true);
    deed->come = false;
    if (deed->err.kind != ERR_NONE)
        *err = deed->err;
    return deed->err.kind == ERR_NONE;
}

static bool task_is_free(struct deed *deed, const char *gateway,
                         struct err *err)
{
    struct purchase_row other = {0};
    bool found;
    const char *task_id = deed->settle.task_id;
    if (!task_id)
        return true;
    if (!ledger_find_task(deed->ledger, gateway, task_id, &other, &found, err))
        return false;
    if (found)
        err_set(err, ERR_USAGE,
                "this task is known already: it is of purchase %.12s, which is "
                "%s; nothing was changed; see: tarmac show %.12s",
                other.fingerprint, attempt_state_name(other.attempt.state),
                other.fingerprint);
    purchase_row_free(&other);
    return !found;
}

static bool may_settle(struct deed *deed, const struct one *one,
                       struct err *err)
{
    if (!is_unknown(one))
        return err_set(err, ERR_USAGE,
                       "purchase %.12s has become %s meanwhile; nothing was "
                       "changed",
                       one->row.fingerprint,
                       attempt_state_name(one->row.attempt.state));
    if (one->alive)
        return err_set(err, ERR_USAGE,
                       "run %s is alive and listens for the answer of purchase "
                       "%.12s; nothing was changed: stop that run first, or "
                       "let it end",
                       one->row.attempt.owner, one->row.fingerprint);
    if (one->noted)
        return err_set(err, ERR_USAGE,
                       "purchase %.12s was bought: its run noted its task "
                       "when the ledger could not be written; nothing was "
                       "changed; run its recipe again to fetch the clip",
                       one->row.fingerprint);
    return task_is_free(deed, one->row.gateway, err);
}

// We own it first, as a run would: no run can begin to listen for its answer
// while its state changes, and what its owner did last is seen.
static bool own(struct deed *deed, const struct one *one, struct err *err)
{
    const struct attempt_row *a = &one->row.attempt;
    ledger_adopt(deed->ledger, a->id, a->owner, deed->lock.id, 0, on_done,
                 deed);
    if (!await(deed, err))
        return false;
    struct one now;
    bool ok = look(deed->ledger, deed->state, one->row.fingerprint, &now, err);
    bool same = ok && now.row.attempt.state == a->state;
    if (ok && !same)
        err_set(err, ERR_DISK,
                "purchase %.12s was changed meanwhile; run tarmac settle again",
                one->row.fingerprint);
    one_free(&now);
    return same;
}

// The run that sent it stays its owner in the ledger: that names the command
// line that goes on with it.
static bool settle_it(struct deed *deed, const struct one *one, struct err *err)
{
    const struct attempt_row *a = &one->row.attempt;
    if (!may_settle(deed, one, err) || !own(deed, one, err))
        return false;
    deed->settle.attempt = a->id;
    deed->settle.from = a->state;
    deed->settle.owner = a->owner;
    deed->settle.now_ms = clock_wall_ms(&clock_system);
    ledger_settle(deed->ledger, &deed->settle, on_done, deed);
    return await(deed, err);
}

static bool write_choice(struct deed *deed, const char *fingerprint,
                         struct err *err)
{
    struct one one = {0};
    deed->ledger = ledger_open(deed->loop, deed->state->dir, err);
    bool ok = deed->ledger &&
              run_lock_take(&deed->lock, deed->state->dir, err) &&
              look(deed->ledger, deed->state, fingerprint, &one, err) &&
              settle_it(deed, &one, err);
    one_free(&one);
    ledger_close(deed->ledger);
    run_lock_drop(&deed->lock);
    return ok;
}

static bool read_choice(const struct options *options,
                        struct ledger_settle *settle, struct err *err)
{
    settle->task_id = options->adopt;
    settle->choice = options->adopt        ? SETTLE_ADOPT
                     : options->not_bought ? SETTLE_NOT_BOUGHT
                                           : SETTLE_BUY_AGAIN;
    if (!options->adopt)
        return true;
    size_t len = strlen(options->adopt);
    char *printable = text_printable(options->adopt, len, TASK_ID_MAX);
    bool sane = len > 0 && strcmp(printable, options->adopt) == 0;
    free(printable);
    return sane || err_set(err, ERR_USAGE,
                           "--adopt takes a task_id as the service's own list "
                           "shows it: 1 to 512 printable bytes; nothing was "
                           "changed");
}

static void say_settled(const struct settle *settle, const struct value *row,
                        enum settle_choice choice)
{
    struct err err;
    struct value *tree = ledger_describe(
        settle->ledger, value_integer(value_get(row, "purchase"), 0), &err);
    char *again = newest_again(tree, row);
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    settling_done(row, choice, again, &text);
    if (settle->options->json) {
        struct value *v = event_row("settled", row);
        value_remove(v, "purchase"); // means nothing outside
        value_set(v, "state", value_str(settling_state(choice)));
        value_set(v, "message", value_strn(text.data, text.len));
        value_set(v, "next", value_str(again));
        event_say(v);
    } else {
        puts(text.data);
    }
    buf_free(&text);
    free(again);
    value_free(tree);
}

static int choose(struct settle *settle, struct named *named)
{
    int code = EXIT_USAGE;
    struct err err;
    struct deed deed = {.state = &settle->state, .lock.fd = -1};
    if (!read_choice(settle->options, &deed.settle, &err))
        return named_fail(named, &err);
    const struct value *row = pick(settle, named, &code);
    if (!row)
        return code;
    deed.loop = loop_new();
    bool ok = write_choice(&deed, value_get_text(row, "fingerprint"), &err);
    loop_free(deed.loop);
    if (!ok)
        return named_fail(named, &err);
    say_settled(settle, row, deed.settle.choice);
    return EXIT_ALL_DELIVERED;
}

// --- the command

// Each word is one that is unknown; they are all that is told then.
static bool keep_named(struct settle *settle, struct named *named, int *code)
{
    if (settle->options->n_words == 0)
        return true;
    struct value *kept = value_list();
    bool ok = true;
    for (size_t i = 0; i < settle->options->n_words && ok; i++) {
        value_free(named->matches);
        named->matches = value_list();
        named->word = settle->options->words[i];
        const struct value *row = pick_named(settle, named, code);
        ok = row != NULL;
        if (ok)
            value_add(kept, value_copy(row));
    }
    value_free(settle->unknown);
    settle->unknown = kept;
    return ok;
}

static int settle_all(struct settle *settle, struct named *named)
{
    const struct options *o = settle->options;
    bool choice = o->adopt || o->not_bought || o->buy_again;
    struct err err;
    int code;
    if (!state_has_its_ledger(&settle->state, &err))
        return named_fail(named, &err);
    bool exists = ledger_exists(settle->state.dir);
    if (!exists && (choice || o->n_words > 0)) {
        err_set(&err, ERR_USAGE, "nothing to settle: nothing was bought here");
        return named_fail(named, &err);
    }
    if (!exists)
        return say_all(settle, named);
    settle->ledger = named->ledger = ledger_open_read(settle->state.dir, &err);
    if (!settle->ledger ||
        !ledger_list_unknown(settle->ledger, on_unknown, settle, &err))
        return named_fail(named, &err);
    if (choice)
        return choose(settle, named);
    return keep_named(settle, named, &code) ? say_all(settle, named) : code;
}

int settle_command(const struct options *options)
{
    int choices =
        (options->adopt != NULL) + options->not_bought + options->buy_again;
    if (choices > 1 || (choices && options->n_words > 1)) {
        log_error("settle takes one purchase and one choice: --adopt TASK_ID, "
                  "--not-bought or --buy-again; nothing was changed");
        return EXIT_USAGE;
    }
    struct settle settle = {.options = options, .unknown = value_list()};
    struct named named = {.options = options,
                          .word = options->n_words ? options->words[0] : NULL,
                          .state = &settle.state,
                          .matches = value_list()};
    state_find(&settle.state, NULL);
    int code = settle_all(&settle, &named);
    ledger_close(settle.ledger);
    value_free(settle.unknown);
    value_free(named.matches);
    state_free(&settle.state);
    return code;
}
