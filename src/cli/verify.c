#include "cli/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/about.h"
#include "cli/again.h"
#include "cli/bare.h"
#include "cli/load.h"
#include "cli/reading.h"
#include "cli/upkeep.h"
#include "ledger/runs.h"
#include "ledger/upkeep.h"
#include "report/events.h"
#include "report/summary.h"
#include "report/upkeep.h"

#define PAGE 256
#define LINE_BYTES_MAX (16u << 10)

struct verify {
    const struct options *options;
    struct state state;
    struct ledger *ledger;
    struct store *store; // with --fix
    struct bare bare;
    struct reading reading;
    struct kept_sum sum;
    enum kept last; // what the last file was told as
    char *next;     // what to type about the rows that were just told; or NULL
    struct value *copies; // outputs of the clip that is being mended
    int lock;
};

// --- telling

static void say_next(struct verify *verify)
{
    if (verify->next)
        printf("    -> %s\n", verify->next);
    free(verify->next);
    verify->next = NULL;
}

// `next` is told once for all rows in a line that want the same.
static void say(struct verify *verify, const struct kept_file *file)
{
    struct buf line, next;
    int64_t *of = file->output ? verify->sum.output : verify->sum.clip;
    of[file->kept]++;
    verify->last = file->kept;
    if (file->kept == KEPT_WHOLE)
        return;
    buf_init(&line, LINE_BYTES_MAX);
    buf_init(&next, LINE_BYTES_MAX);
    char *again = file->row ? again_of(file->row) : xstrdup("");
    kept_next(file, again, &next);
    reading_clear(&verify->reading);
    if (verify->options->json) {
        event_say(kept_value(file, next.data));
    } else {
        if (verify->next && strcmp(verify->next, next.data) != 0)
            say_next(verify);
        kept_text(file, &line);
        fputs(line.data, stdout);
        free(verify->next);
        verify->next = next.len > 0 ? xstrdup(next.data) : NULL;
    }
    free(again);
    buf_free(&next);
    buf_free(&line);
}

static const char *why_of(const struct store_seen *seen)
{
    switch (seen->kind) {
    case STORE_LINK:
        return "a symbolic link is in its way";
    case STORE_THING:
        return "not a regular file";
    case STORE_UNREADABLE:
        return strerror(seen->why);
    case STORE_FILE:
    case STORE_NOTHING:
    case STORE_STOPPED:
        break;
    }
    return NULL;
}

static void on_row(void *arg, const struct value *row)
{
    value_add(arg, value_copy(row));
}

// --- clips

// Of an output's own bytes, or of those without what it tells.
static bool remake_of(struct verify *verify, const char *path,
                      const char *sha256, const char *ext, bool *made,
                      struct err *err)
{
    const struct store_watch *watch = &verify->reading.watch;
    if (!store_remake(verify->store, path, sha256, ext, watch, made, err))
        return false;
    struct store_seen seen = {.kind = STORE_NOTHING};
    if (!*made)
        store_see(verify->state.root, path, watch, &seen);
    if (seen.kind != STORE_FILE)
        return true;
    char *copy = bare_copy(&verify->bare, &verify->state, path);
    bool ok = !copy ||
              store_remake(verify->store, copy, sha256, ext, watch, made, err);
    bare_remove(&verify->state, copy);
    return ok;
}

// Make it again of an output that is whole; *file tells of which one.
static bool remake(struct verify *verify, const char *sha256, const char *ext,
                   struct kept_file *file, struct err *err)
{
    bool made = false;
    verify->copies = value_list();
    bool ok =
        ledger_list_copies(verify->ledger, sha256, on_row, verify->copies, err);
    for (size_t i = 0; ok && !made && i < value_count(verify->copies); i++) {
        const char *path = value_get_text(value_at(verify->copies, i), "path");
        ok = remake_of(verify, path, sha256, ext, &made, err);
        if (made) {
            file->kept = KEPT_MENDED;
            file->more = path;
        }
    }
    return ok;
}

static bool fix(struct verify *verify, struct kept_file *file, char **aside,
                struct err *err)
{
    const char *sha256 = value_get_text(file->row, "sha256");
    const char *ext = value_get_text(file->row, "ext");
    if (file->kept == KEPT_DAMAGED) {
        char *bad;
        if (!store_set_aside(verify->store, sha256, ext, &bad, err))
            return false;
        *aside =
            upkeep_shown(&verify->state, bad + strlen(verify->state.root) + 1);
        free(bad);
        file->kept = KEPT_ASIDE;
        file->more = *aside;
    }
    return file->kept == KEPT_UNREADABLE || file->kept == KEPT_OTHER ||
           remake(verify, sha256, ext, file, err);
}

static enum kept kept_as(enum store_clip clip, const struct store_seen *seen)
{
    switch (clip) {
    case STORE_CLIP_MISSING:
        return KEPT_MISSING;
    case STORE_CLIP_DAMAGED:
        return KEPT_DAMAGED;
    case STORE_CLIP_UNREADABLE:
        return seen->kind == STORE_UNREADABLE ? KEPT_UNREADABLE : KEPT_OTHER;
    case STORE_CLIP_WHOLE:
    case STORE_CLIP_STOPPED:
        break;
    }
    return KEPT_WHOLE;
}

static bool verify_clip(struct verify *verify, const struct value *row,
                        struct err *err)
{
    const char *sha256 = value_get_text(row, "sha256");
    const char *ext = value_get_text(row, "ext");
    struct store_seen seen;
    enum store_clip clip =
        store_see_clip(verify->state.dir, sha256, ext,
                       value_integer(value_get(row, "bytes"), -1),
                       &verify->reading.watch, &seen);
    if (clip == STORE_CLIP_STOPPED)
        return true;
    verify->sum.clips++;
    char *below = xasprintf(".tarmac/store/%.2s/%s.%s", sha256, sha256, ext);
    char *path = upkeep_shown(&verify->state, below);
    struct kept_file file = {.kept = kept_as(clip, &seen),
                             .path = path,
                             .more = why_of(&seen),
                             .row = row};
    char *aside = NULL;
    bool ok = file.kept == KEPT_WHOLE || !verify->options->fix ||
              fix(verify, &file, &aside, err);
    if (ok)
        say(verify, &file);
    value_free(verify->copies);
    verify->copies = NULL;
    free(aside);
    free(path);
    free(below);
    return ok;
}

static bool is_same_file(const struct value *a, const struct value *b)
{
    return a &&
           strcmp(value_get_text(a, "sha256"), value_get_text(b, "sha256")) ==
               0 &&
           strcmp(value_get_text(a, "ext"), value_get_text(b, "ext")) == 0;
}

// Another purchase that came to the same bytes shares the file.
static void count_again(struct verify *verify)
{
    verify->sum.clips++;
    verify->sum.clip[verify->last]++;
}

static bool verify_clips(struct verify *verify,
                         const struct ledger_scope *scope, struct err *err)
{
    struct value *last = NULL;
    size_t n = PAGE;
    bool ok = true;
    while (ok && n == PAGE && !reading_stopped()) {
        struct value *rows = value_list();
        ok = ledger_list_clips(
            verify->ledger, scope, last ? value_get_text(last, "sha256") : "",
            value_integer(value_get(last, "clip"), 0), PAGE, on_row, rows, err);
        n = value_count(rows);
        for (size_t i = 0; ok && i < n && !reading_stopped(); i++) {
            const struct value *row = value_at(rows, i);
            if (is_same_file(last, row))
                count_again(verify);
            else
                ok = verify_clip(verify, row, err);
            value_free(last);
            last = value_copy(row);
        }
        value_free(rows);
    }
    value_free(last);
    return ok;
}

// --- outputs

static enum kept output_as(const struct value *row,
                           const struct store_seen *seen)
{
    switch (seen->kind) {
    case STORE_NOTHING:
        return KEPT_MISSING;
    case STORE_LINK:
    case STORE_THING:
        return KEPT_OTHER;
    case STORE_UNREADABLE:
        return KEPT_UNREADABLE;
    case STORE_FILE:
    case STORE_STOPPED:
        break;
    }
    if (strcmp(seen->sha256, value_get_text(row, "sha256")) == 0 ||
        strcmp(seen->sha256, value_get_text(row, "clip_sha256")) == 0)
        return KEPT_WHOLE;
    bool untouched =
        seen->size == value_integer(value_get(row, "bytes"), -1) &&
        seen->mtime_ns == value_integer(value_get(row, "mtime_ns"), -1);
    return untouched ? KEPT_DAMAGED : KEPT_EDITED;
}

static void verify_output(struct verify *verify, const struct value *row)
{
    struct store_seen seen;
    const char *below = value_get_text(row, "path");
    store_see(verify->state.root, below, &verify->reading.watch, &seen);
    if (seen.kind == STORE_STOPPED)
        return;
    verify->sum.outputs++;
    char *path = upkeep_shown(&verify->state, below);
    struct kept_file file = {.kept = output_as(row, &seen),
                             .output = true,
                             .path = path,
                             .more = why_of(&seen),
                             .row = row};
    say(verify, &file);
    free(path);
}

static bool verify_outputs(struct verify *verify,
                           const struct ledger_scope *scope, struct err *err)
{
    char *after = xstrdup("");
    size_t n = PAGE;
    bool ok = true;
    while (ok && n == PAGE && !reading_stopped()) {
        struct value *rows = value_list();
        ok = ledger_list_outputs(verify->ledger, scope, after, PAGE, on_row,
                                 rows, err);
        n = value_count(rows);
        for (size_t i = 0; ok && i < n && !reading_stopped(); i++)
            verify_output(verify, value_at(rows, i));
        if (ok && n > 0) {
            free(after);
            after = xstrdup(value_get_text(value_at(rows, n - 1), "path"));
        }
        value_free(rows);
    }
    free(after);
    return ok;
}

// --- files of the store that no row names

struct strays {
    struct verify *verify;
    struct err *err;
    bool ok;
};

static bool on_stored(void *arg, const char *folder,
                      const struct store_entry *entry)
{
    struct strays *strays = arg;
    struct verify *verify = strays->verify;
    char sha256[HASH_HEX], ext[STORE_EXT];
    bool aside, knows = true;
    if (!store_name_read(entry->name, sha256, ext, &aside) || aside)
        return true;
    strays->ok =
        ledger_knows_file(verify->ledger, sha256, ext, &knows, strays->err);
    if (strays->ok && !knows) {
        char *below = xasprintf(".tarmac/%s/%s", folder, entry->name);
        char *path = upkeep_shown(&verify->state, below);
        say(verify, &(struct kept_file){.kept = KEPT_UNLISTED, .path = path});
        free(path);
        free(below);
    }
    return strays->ok && !reading_stopped();
}

// A run that is alive names a file first and records it then.
static bool verify_strays(struct verify *verify, struct err *err)
{
    struct strays strays = {.verify = verify, .err = err, .ok = true};
    char *alive = run_alive(verify->state.dir);
    bool ok = alive || store_each(verify->state.dir, on_stored, &strays, err);
    free(alive);
    return ok && strays.ok;
}

// --- what is asked for

static int fail(struct verify *verify, const struct err *err)
{
    reading_clear(&verify->reading);
    return load_say_err(err, verify->options->json);
}

static int verify_scope(struct verify *verify, const struct ledger_scope *scope)
{
    struct err err;
    struct ledger_kept kept;
    if (!ledger_sum_kept(verify->ledger, scope, &kept, &err))
        return fail(verify, &err);
    verify->reading.total = verify->reading.bytes + kept.bytes;
    bool ok = verify_clips(verify, scope, &err) &&
              verify_outputs(verify, scope, &err);
    return ok ? EXIT_ALL_DELIVERED : fail(verify, &err);
}

static int verify_word(struct verify *verify, char *word)
{
    struct about about;
    reading_clear(&verify->reading);
    int code = about_read(verify->options, &verify->state, verify->ledger, word,
                          &about);
    if (code == EXIT_ALL_DELIVERED)
        code = verify_scope(verify, &about.scope);
    about_free(&about);
    return code;
}

static int verify_words(struct verify *verify)
{
    const struct options *options = verify->options;
    struct err err = {0};
    int code = EXIT_ALL_DELIVERED;
    for (size_t i = 0; i < options->n_words && code == EXIT_ALL_DELIVERED; i++)
        code = verify_word(verify, options->words[i]);
    if (options->n_words == 0) {
        code = verify_scope(verify, &(struct ledger_scope){0});
        if (code == EXIT_ALL_DELIVERED && !reading_stopped() &&
            !verify_strays(verify, &err))
            code = fail(verify, &err);
    }
    return code;
}

// --- all of it

static int end(struct verify *verify)
{
    struct kept_sum *sum = &verify->sum;
    sum->interrupted = reading_stopped();
    sum->bytes = verify->reading.bytes;
    if (verify->options->json) {
        event_say(kept_end_value(sum));
        return kept_exit(sum);
    }
    struct buf out;
    buf_init(&out, LINE_BYTES_MAX);
    say_next(verify);
    kept_end_text(sum, &out);
    fputs(out.data, stdout);
    buf_free(&out);
    return kept_exit(sum);
}

static int verify_all(struct verify *verify)
{
    const struct options *options = verify->options;
    struct err err = {0};
    if (!state_has_its_ledger(&verify->state, &err))
        return fail(verify, &err);
    if (!ledger_exists(verify->state.dir)) {
        if (options->n_words > 0)
            err_set(&err, ERR_USAGE,
                    "nothing to verify: nothing was bought here");
        else if (!options->json)
            state_say_new(&verify->state);
        return options->n_words > 0 ? fail(verify, &err) : EXIT_ALL_DELIVERED;
    }
    bool ok = !options->fix ||
              upkeep_begin(&verify->state, "verify --fix", &verify->lock, &err);
    bool mended = false;
    if (ok && options->fix)
        ok = ledger_mend_sums(verify->state.dir, &mended, &err);
    if (mended)
        log_info("what was spent is summed anew");
    if (ok)
        verify->ledger = ledger_open_read(verify->state.dir, &err);
    ok = ok && verify->ledger;
    if (ok && options->fix) {
        verify->store = store_open(verify->state.root, verify->state.dir, &err);
        ok = verify->store != NULL;
    }
    if (!ok)
        return fail(verify, &err);
    reading_begin(&verify->reading, options->json);
    int code = verify_words(verify);
    reading_end(&verify->reading);
    return code == EXIT_ALL_DELIVERED ? end(verify) : code;
}

int verify_command(const struct options *options)
{
    struct verify verify = {.options = options, .lock = -1};
    const char *first = options->n_words ? options->words[0] : NULL;
    char *dir = first && path_exists(first) ? folder_of(first) : NULL;
    state_find(&verify.state, dir);
    int code = verify_all(&verify);
    free(dir);
    free(verify.next);
    bare_end(&verify.bare);
    store_free(verify.store);
    ledger_close(verify.ledger);
    if (verify.lock >= 0)
        close(verify.lock);
    state_free(&verify.state);
    return code;
}
