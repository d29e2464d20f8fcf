#include "cli/locking.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/lock.h"
#include "report/events.h"
#include "report/locking.h"
#include "report/manifest.h"

#define SAID_MAX 10     // cells that are named
#define GIVEN_SHOWN 300 // bytes of what a run was given

// --- what was said on the command line
static const char *contradiction(const struct options *options)
{
    bool some = options->first > 0 || options->only;
    if (options->lock && options->locked)
        return "--lock writes the lock, --locked holds to it: say one of them";
    if (options->lock && some)
        return "--lock wants every cell: leave --first and --only out";
    if (options->locked && options->retry_failed)
        return "--locked buys nothing: leave --retry-failed out";
    if (options->n_words == 0 || options->from)
        return "--lock and --locked take the recipe's file: the lock is beside "
               "it";
    return NULL;
}

// Params and overrides, as they were typed; a lock is for others to read, too.
static struct value *given_of(const struct options *options,
                              const struct value *tree)
{
    struct value *given = value_list();
    for (size_t i = 0; i < options->n_params; i++) {
        char *text = xasprintf("%s=%s", options->params[i].name,
                               options->params[i].value);
        value_add(given, value_str(text));
        free(text);
    }
    for (size_t i = 1; i < options->n_words; i++)
        value_add(given, value_str(options->words[i]));
    struct value *secrets = manifest_secrets(tree);
    struct value *told = manifest_words(given, secrets);
    value_free(secrets);
    value_free(given);
    return told;
}

static void say_given(const struct locking *locking, const struct value *given)
{
    struct buf words;
    buf_init(&words, LOCK_BYTES_MAX);
    const struct value *was = lock_given(locking->held);
    for (size_t i = 0; i < value_count(was); i++)
        buf_printf(&words, " %s", value_text(value_at(was, i)));
    char *shown = text_printable(words.data, words.len, GIVEN_SHOWN);
    if (!value_equal(was, given))
        log_warn("%s was written by a run with%s, and this run is another",
                 locking->name, words.len > 0 ? shown : " no params");
    free(shown);
    buf_free(&words);
}

// Neutral requests are what is compared, so that this changes nothing.
static void say_dialect(const struct locking *locking,
                        const struct gateway *gateway)
{
    const struct lock *lock = locking->held;
    char *dialect = locking_dialect(gateway);
    bool said = false;
    for (size_t i = 0; i < lock_cells(lock) && !said; i++)
        for (size_t k = 0; k < lock_entries(lock, i) && !said; k++) {
            const struct lock_entry *e = lock_entry_at(lock, i, k);
            said = strcmp(e->gateway, gateway->identity) == 0 &&
                   strcmp(e->dialect, dialect) != 0;
            if (said)
                log_warn("%s was written with the dialect %s, this is %s; the "
                         "purchases are the same",
                         locking->name, e->dialect, dialect);
        }
    free(dialect);
}

int locking_begin(struct locking *locking, const struct options *options,
                  const struct loaded *loaded)
{
    if (!options->lock && !options->locked)
        return EXIT_ALL_DELIVERED;
    const char *wrong = contradiction(options);
    if (wrong) {
        log_error("%s", wrong);
        return EXIT_USAGE;
    }
    int code = EXIT_ALL_DELIVERED;
    struct value *given = given_of(options, loaded->tree);
    locking->options = options;
    locking->path = lock_path(options->words[0]);
    locking->name = path_base(locking->path);
    if (options->lock)
        locking->made = lock_new(loaded->recipe->name, given);
    else
        locking->held = lock_load(locking->path, options->json, &code);
    if (locking->held) {
        locking->seen =
            xcalloc(lock_cells(locking->held) + 1, sizeof(*locking->seen));
        say_given(locking, given);
        say_dialect(locking, &loaded->gateway);
    }
    value_free(given);
    return code;
}

void locking_free(struct locking *locking)
{
    for (size_t i = 0; i < locking->n_told; i++)
        free(locking->told[i]);
    free(locking->told);
    free(locking->seen);
    lock_free(locking->held);
    lock_free(locking->made);
    free(locking->path);
    *locking = (struct locking){0};
}

// --- for the engine
static const struct engine_locked *on_find(void *arg, const struct purchase *p,
                                           char **why)
{
    struct locking *locking = arg;
    const struct lock_entry *e =
        lock_find(locking->held, purchase_fingerprint(p));
    if (!e) {
        *why = lock_why(locking->held, locking->ledger, purchase_cell(p), p);
        return NULL;
    }
    struct engine_locked *locked = xcalloc(1, sizeof(*locked));
    *locked =
        (struct engine_locked){.task_id = e->task_id, .failed = e->failed};
    locking->told = xreallocarray(locking->told, locking->n_told + 1,
                                  sizeof(*locking->told));
    locking->told[locking->n_told++] = locked;
    return locked;
}

const struct engine_lock *locking_engine(struct locking *locking,
                                         struct ledger *ledger)
{
    if (!locking->held)
        return NULL;
    locking->ledger = ledger;
    locking->engine = (struct engine_lock){
        .name = locking->name, .find = on_find, .arg = locking};
    return &locking->engine;
}

// --- cells
bool locking_check(struct locking *locking, const struct cell_report *report,
                   struct err *err)
{
    return !locking->held ||
           locking_same(locking->held, locking->name, report, err);
}

void locking_cell(struct locking *locking, const struct cell_report *report)
{
    size_t i;
    if (locking->held && lock_find_cell(locking->held, report->name, &i))
        locking->seen[i] = true;
    struct err err;
    if (locking->made && report->ok && locking->unfit.text[0] == '\0' &&
        !locking_add(locking->made, report, &err))
        locking->unfit = err;
}

// --- the end
static void say_gone(const struct locking *locking, struct summary *summary)
{
    size_t gone = 0;
    for (size_t i = 0; i < lock_cells(locking->held); i++) {
        if (locking->seen[i] || ++gone > SAID_MAX)
            continue;
        log_error("%s is in %s, and the recipe has no such cell; nothing was "
                  "spent; run with --lock to lock what it has",
                  lock_cell_name(locking->held, i), locking->name);
    }
    if (gone > SAID_MAX)
        log_error("and %zu cells more", gone - SAID_MAX);
    if (gone > 0)
        summary->codes[EXIT_CELLS_FAILED] = true;
}

static void say_written(const struct locking *locking, bool changed)
{
    size_t n = lock_cells(locking->made);
    if (!locking->options->json) {
        log_info("%s: %zu cell%s locked%s", locking->path, n, n == 1 ? "" : "s",
                 changed ? "" : ", as before");
        return;
    }
    struct value *event = value_map();
    value_set(event, "event", value_str("lock"));
    value_set(event, "file", value_str(locking->path));
    value_set(event, "cells", value_int((int64_t)n));
    value_set(event, "changed", value_bool(changed));
    event_say(event);
}

static bool is_there(const char *path, const struct buf *text)
{
    size_t len;
    char *there = file_read(path, LOCK_BYTES_MAX, &len, NULL);
    bool same = there && len == text->len && !memcmp(there, text->data, len);
    free(there);
    return same;
}

static bool write_lock(const struct locking *locking, struct err *err)
{
    struct buf text;
    buf_init(&text, LOCK_BYTES_MAX);
    bool ok = lock_write(locking->made, &text, err);
    bool changed = ok && !is_there(locking->path, &text);
    if (changed)
        ok = file_write(locking->path, text.data, text.len, 0666, err);
    buf_free(&text);
    if (ok)
        say_written(locking, changed);
    return ok;
}

static void end_lock(const struct locking *locking, struct summary *summary)
{
    struct err err;
    if (summary->delivered != summary->cells) {
        log_error("%s is not written: %" PRIu64 " of %" PRIu64
                  " cells are not delivered",
                  locking->path, summary->cells - summary->delivered,
                  summary->cells);
    } else if (locking->unfit.text[0]) {
        log_error("%s is not written: %s", locking->path, locking->unfit.text);
        summary->codes[EXIT_CELLS_FAILED] = true;
    } else if (!write_lock(locking, &err)) {
        log_error("%s is not written: %s; all clips are delivered",
                  locking->path, err.text);
        summary->codes[EXIT_DISK] = true;
    }
}

void locking_end(struct locking *locking, struct summary *summary)
{
    bool whole = summary->unfinished == 0 && !summary->interrupted;
    const struct options *options = locking->options;
    if (locking->held && whole && options->first == 0 && !options->only)
        say_gone(locking, summary);
    if (locking->made)
        end_lock(locking, summary);
}
