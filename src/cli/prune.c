#include "cli/prune.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/bare.h"
#include "cli/load.h"
#include "cli/reading.h"
#include "cli/upkeep.h"
#include "ledger/runs.h"
#include "ledger/upkeep.h"
#include "report/events.h"
#include "report/summary.h"
#include "report/upkeep.h"

#define LINE_BYTES_MAX (16u << 10)
#define ASSETS "gateway/assets"
#define ASSET_END ".mp4" // of the clip; its pictures may stand in requests

struct prune {
    const struct options *options;
    struct state state;
    struct ledger *ledger;
    struct reading reading;
    struct bare bare;
    struct prune_sum sum;
    int64_t before_ms; // what is younger stays
    int lock, gateway_lock;
    struct err err;
};

static bool failed(const struct prune *prune)
{
    return prune->err.kind != ERR_NONE;
}

// Whether to go on to the next file.
static bool goes_on(const struct prune *prune)
{
    return !failed(prune) && !reading_stopped();
}

// --- one file

static void say(struct prune *prune, enum prune_kind kind, const char *folder,
                const struct store_entry *entry, bool stays)
{
    const struct options *options = prune->options;
    struct buf out;
    if (!options->json && !options->all && !stays)
        return;
    buf_init(&out, LINE_BYTES_MAX);
    char *below = xasprintf(".tarmac/%s/%s", folder, entry->name);
    char *path = upkeep_shown(&prune->state, below);
    reading_clear(&prune->reading);
    if (options->json)
        event_say(
            prune_file_value(kind, path, entry->size, stays, options->delete));
    else
        prune_file_text(path, entry->size, stays, &out);
    fputs(out.data, stdout);
    free(path);
    free(below);
    buf_free(&out);
}

static void take(struct prune *prune, enum prune_kind kind, const char *folder,
                 const struct store_entry *entry)
{
    if (prune->options->delete &&!store_remove(prune->state.dir, folder,
                                               entry->name, &prune->err))
        return;
    prune->sum.of[kind].files++;
    prune->sum.of[kind].bytes += entry->size;
    say(prune, kind, folder, entry, false);
}

// --- is it whole in the store?

struct delivered {
    struct prune *prune;
    int64_t clips, whole;
    int64_t outputs; // clips that an output holds too
    const char *sha256;
    bool in_output;
};

static bool is_whole(struct prune *prune, const struct value *row)
{
    struct store_seen seen;
    return store_see_clip(prune->state.dir, value_get_text(row, "sha256"),
                          value_get_text(row, "ext"),
                          value_integer(value_get(row, "bytes"), -1),
                          &prune->reading.watch, &seen) == STORE_CLIP_WHOLE;
}

// The same of a file of which nothing but its name is known.
static bool stored_is_whole(struct prune *prune, const char *sha256,
                            const char *ext)
{
    struct store_seen seen;
    store_see_clip(prune->state.dir, sha256, ext, -1, &prune->reading.watch,
                   &seen);
    return seen.kind == STORE_FILE && strcmp(seen.sha256, sha256) == 0;
}

static void on_clip(void *arg, const struct value *row)
{
    struct delivered *delivered = arg;
    delivered->clips++;
    delivered->whole += is_whole(delivered->prune, row);
}

static bool attempt_is_whole(struct prune *prune, int64_t attempt,
                             int64_t written_ms)
{
    struct delivered delivered = {.prune = prune};
    return ledger_list_delivered(prune->ledger, attempt, written_ms, on_clip,
                                 &delivered, &prune->err) &&
           delivered.clips > 0 && delivered.whole == delivered.clips;
}

// Whether an output is the clip but for what it tells.
static bool is_bare(struct prune *prune, const char *path, const char *sha256)
{
    struct store_seen seen = {.kind = STORE_NOTHING};
    char *copy = bare_copy(&prune->bare, &prune->state, path);
    if (copy)
        store_see(prune->state.root, copy, &prune->reading.watch, &seen);
    bare_remove(&prune->state, copy);
    return seen.kind == STORE_FILE && strcmp(seen.sha256, sha256) == 0;
}

static void on_output(void *arg, const struct value *row)
{
    struct delivered *delivered = arg;
    struct prune *prune = delivered->prune;
    struct store_seen seen;
    if (delivered->in_output)
        return;
    const char *path = value_get_text(row, "path");
    store_see(prune->state.root, path, &prune->reading.watch, &seen);
    delivered->in_output = seen.kind == STORE_FILE &&
                           (strcmp(seen.sha256, delivered->sha256) == 0 ||
                            is_bare(prune, path, delivered->sha256));
}

static void on_local_clip(void *arg, const struct value *row)
{
    struct delivered *delivered = arg;
    struct prune *prune = delivered->prune;
    on_clip(arg, row);
    delivered->sha256 = value_get_text(row, "sha256");
    delivered->in_output = false;
    if (ledger_list_copies(prune->ledger, delivered->sha256, on_output,
                           delivered, &prune->err))
        delivered->outputs += delivered->in_output;
}

// Without the gateway's copy a lost clip cannot be fetched again: an output has
// to hold it too, of which the store's file could be made.
static bool task_is_whole(struct prune *prune, const char *task_id)
{
    struct delivered delivered = {.prune = prune};
    return ledger_list_delivered_local(prune->ledger, task_id, on_local_clip,
                                       &delivered, &prune->err) &&
           !failed(prune) && delivered.clips > 0 &&
           delivered.whole == delivered.clips &&
           delivered.outputs == delivered.clips;
}

// --- the folders

// The files of one folder that are old enough, each to `each`.
static void each_file(struct prune *prune, const char *folder,
                      void (*each)(struct prune *prune, const char *folder,
                                   const struct store_entry *entry))
{
    struct store_entries files;
    if (!goes_on(prune) ||
        !store_list(prune->state.dir, folder, &files, &prune->err))
        return;
    for (size_t i = 0; i < files.n && goes_on(prune); i++)
        if (files.list[i].is_file && files.list[i].mtime_ms <= prune->before_ms)
            each(prune, folder, &files.list[i]);
    store_entries_free(&files);
}

static void on_frame(struct prune *prune, const char *folder,
                     const struct store_entry *entry)
{
    take(prune, PRUNE_FRAMES, folder, entry);
}

// "17-1.part", "17-1.part.json", "17-1.bad", "17-1.2.bad": of attempt 17.
static bool attempt_of(const char *name, int64_t *attempt, bool *bad)
{
    char *end;
    errno = 0;
    long long id = strtoll(name, &end, 10);
    size_t digits = *end == '-' ? strspn(end + 1, "0123456789") : 0;
    *attempt = id;
    *bad = text_stem(name, ".bad") > 0;
    return name[0] >= '1' && name[0] <= '9' && errno == 0 && digits > 0 &&
           (*bad || strcmp(end + 1 + digits, ".part") == 0 ||
            strcmp(end + 1 + digits, ".part.json") == 0);
}

// Its output may be gone by now: it stays while the store has no whole one. And
// one that is being made belongs to who holds the lock.
static void on_remake(struct prune *prune, const char *folder,
                      const struct store_entry *entry)
{
    char sha256[HASH_HEX], ext[STORE_EXT];
    bool aside;
    if (prune->options->delete &&store_name_read(
            entry->name + strlen(STORE_REMAKE), sha256, ext, &aside) &&
        stored_is_whole(prune, sha256, ext) && goes_on(prune))
        take(prune, PRUNE_PARTS, folder, entry);
}

// Only of an attempt that has delivered: another one's may be all that there is
// of a clip that was paid.
static void on_part(struct prune *prune, const char *folder,
                    const struct store_entry *entry)
{
    int64_t attempt;
    bool bad;
    if (text_starts(entry->name, STORE_MADE)) {
        take(prune, PRUNE_PARTS, folder, entry); // of a whole clip
    } else if (text_starts(entry->name, STORE_REMAKE)) {
        on_remake(prune, folder, entry);
    } else if (attempt_of(entry->name, &attempt, &bad) &&
               attempt_is_whole(prune, attempt, entry->mtime_ms) &&
               goes_on(prune)) {
        take(prune, bad ? PRUNE_BAD : PRUNE_PARTS, folder, entry);
    }
}

static void on_lock(struct prune *prune, const char *folder,
                    const struct store_entry *entry)
{
    bool may;
    size_t stem = text_stem(entry->name, ".lock");
    if (stem == 0)
        return;
    char *id = xstrndup(entry->name, stem);
    if (run_file_may_go(prune->state.dir, id, prune->ledger, &may,
                        &prune->err) &&
        may)
        take(prune, PRUNE_RUNS, folder, entry);
    free(id);
}

static void on_asset(struct prune *prune, const char *folder,
                     const struct store_entry *entry)
{
    size_t stem = text_stem(entry->name, ASSET_END);
    if (stem == 0)
        return;
    char *task_id = xstrndup(entry->name, stem);
    if (task_is_whole(prune, task_id) && goes_on(prune))
        take(prune, PRUNE_GATEWAY, folder, entry);
    free(task_id);
}

// A gateway that runs may be sending them. Only who deletes keeps it from
// beginning.
static void prune_gateway(struct prune *prune)
{
    char *dir = path_join(prune->state.dir, "gateway");
    char *lock = path_join(dir, "data.lock");
    if (goes_on(prune) && path_exists(lock)) {
        int fd = file_lock(lock, FILE_TRY, &prune->err);
        if (prune->options->delete)
            prune->gateway_lock = fd;
        else if (fd >= 0)
            close(fd);
        if (fd >= 0)
            each_file(prune, ASSETS, on_asset);
    }
    free(lock);
    free(dir);
}

// --- among the clips

// A damaged copy goes when its clip is whole. A file that no row names may have
// been paid for, by a run that was killed before it recorded it: it stays.
static bool on_stored(void *arg, const char *folder,
                      const struct store_entry *entry)
{
    struct prune *prune = arg;
    char sha256[HASH_HEX], ext[STORE_EXT];
    bool aside, knows = true;
    if (!store_name_read(entry->name, sha256, ext, &aside))
        return true;
    if (aside && entry->mtime_ms <= prune->before_ms) {
        if (stored_is_whole(prune, sha256, ext) && goes_on(prune))
            take(prune, PRUNE_BAD, folder, entry);
    } else if (!aside && ledger_knows_file(prune->ledger, sha256, ext, &knows,
                                           &prune->err)) {
        if (!knows) {
            prune->sum.stay++;
            say(prune, PRUNE_BAD, folder, entry, true);
        }
    }
    return goes_on(prune);
}

// --- all of it

static void end(struct prune *prune)
{
    prune->sum.deleted = prune->options->delete;
    prune->sum.older = prune->options->older;
    prune->sum.interrupted = reading_stopped();
    if (prune->options->json) {
        event_say(prune_end_value(&prune->sum));
        return;
    }
    struct buf out;
    buf_init(&out, LINE_BYTES_MAX);
    prune_text(&prune->sum, &out);
    fputs(out.data, stdout);
    buf_free(&out);
}

static void prune_folders(struct prune *prune)
{
    reading_begin(&prune->reading, prune->options->json);
    each_file(prune, "frames", on_frame);
    each_file(prune, "posters", on_frame);
    each_file(prune, "parts", on_part);
    each_file(prune, "runs", on_lock);
    prune_gateway(prune);
    if (goes_on(prune))
        store_each(prune->state.dir, on_stored, prune, &prune->err);
    reading_end(&prune->reading);
    end(prune);
}

static int prune_all(struct prune *prune)
{
    const struct options *options = prune->options;
    if (!state_has_its_ledger(&prune->state, &prune->err))
        return load_say_err(&prune->err, options->json);
    if (!ledger_exists(prune->state.dir)) {
        if (!options->json)
            state_say_new(&prune->state);
        return EXIT_ALL_DELIVERED;
    }
    if (!options->delete || upkeep_begin(&prune->state, "prune --delete",
                                         &prune->lock, &prune->err))
        prune->ledger = ledger_open_read(prune->state.dir, &prune->err);
    if (prune->ledger)
        prune_folders(prune);
    if (failed(prune))
        return load_say_err(&prune->err, options->json);
    return prune->sum.interrupted ? EXIT_INTERRUPTED : EXIT_ALL_DELIVERED;
}

int prune_command(const struct options *options)
{
    if (options->n_words > 0) {
        log_error("prune takes no words: it looks at the .tarmac of this "
                  "folder");
        return EXIT_USAGE;
    }
    struct prune prune = {
        .options = options,
        .before_ms = clock_wall_ms(&clock_system) - options->older_ms,
        .lock = -1,
        .gateway_lock = -1,
    };
    if (options->older_ms == 0)
        prune.before_ms = INT64_MAX; // whatever the clock says
    state_find(&prune.state, NULL);
    int code = prune_all(&prune);
    bare_end(&prune.bare);
    ledger_close(prune.ledger);
    if (prune.gateway_lock >= 0)
        close(prune.gateway_lock);
    if (prune.lock >= 0)
        close(prune.lock);
    state_free(&prune.state);
    return code;
}
