#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/state.h"
#include "ledger/list.h"
#include "report/events.h"
#include "report/showing.h"
#include "store/store.h"

#define PREFIX_MIN 6 // fewer characters name nothing
#define NEAR_PREFIX 4
#define MATCHES_MAX 10
#define WORD_MAX_SHOWN 200
#define TEXT_BYTES_MAX (1u << 20)

struct show {
    const struct options *options;
    const char *word;
    struct state state;
    struct ledger *ledger;
    struct value *matches; // rows of ledger_match()
};

static void on_match(void *arg, const struct value *row)
{
    struct show *show = arg;
    value_add(show->matches, value_copy(row));
}

static bool match(struct show *show, const char *word, bool prefix,
                  struct err *err)
{
    return ledger_match(show->ledger, word, prefix, MATCHES_MAX + 1, on_match,
                        show, err);
}

static bool any(const struct show *show)
{
    return value_count(show->matches) > 0;
}

// --- the purchase that a word names

static bool match_file(struct show *show, struct err *err)
{
    char *path = path_absolute(show->word);
    size_t len = strlen(show->state.root);
    bool ok = true;
    if (strncmp(path, show->state.root, len) == 0 && path[len] == '/')
        ok = ledger_match_output(show->ledger, path + len + 1, on_match, show,
                                 err);
    char sha256[HASH_HEX];
    if (ok && !any(show) && path_exists(path) && !path_is_dir(path))
        ok = hash_file(path, sha256, NULL, err) &&
             match(show, sha256, false, err);
    free(path);
    return ok;
}

static bool find(struct show *show, struct err *err)
{
    if (!match(show, show->word, false, err))
        return false;
    if (!any(show) && !match_file(show, err))
        return false;
    return any(show) || strlen(show->word) < PREFIX_MIN ||
           path_exists(show->word) || match(show, show->word, true, err);
}

// --- no purchase, or several

static void say_matches(const struct show *show)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    size_t n = value_count(show->matches);
    for (size_t i = 0; i < n && i < MATCHES_MAX; i++) {
        const struct value *row = value_at(show->matches, i);
        if (show->options->json) {
            struct value *v = event_row("match", row);
            value_remove(v, "purchase"); // means nothing outside
            event_say(v);
        } else {
            showing_match(row, &out);
        }
    }
    if (n > MATCHES_MAX && !show->options->json)
        buf_str(&out, "  … and more\n");
    fputs(out.data, stderr);
    buf_free(&out);
}

static int say_mistake(struct show *show, const char *format)
{
    struct problems none;
    struct err err;
    char *word = text_printable(show->word, strlen(show->word), WORD_MAX_SHOWN);
    err_set(&err, ERR_USAGE, "%s %s", word, format);
    free(word);
    problems_init(&none, "");
    int code = load_say(&none, &err, show->options->json);
    problems_free(&none);
    say_matches(show);
    return code;
}

static int say_none(struct show *show)
{
    struct err err;
    if (path_exists(show->word))
        return say_mistake(show, "is no clip that was bought here; nothing in "
                                 "the ledger has its content");
    size_t len = strlen(show->word);
    if (len > NEAR_PREFIX) {
        char *start = xstrndup(show->word, text_cut(show->word, NEAR_PREFIX));
        if (*start) // it is cut where a character begins
            match(show, start, true, &err);
        free(start);
    }
    if (any(show))
        return say_mistake(show, "is no task_id, fingerprint, sha256 or output "
                                 "that the ledger knows; these begin alike:");
    return say_mistake(
        show, len < PREFIX_MIN
                  ? "names nothing: give a task_id, a fingerprint or a sha256 "
                    "(6 characters or more of it), or an output's path"
                  : "is no task_id, fingerprint, sha256 or output that the "
                    "ledger knows; see: tarmac status");
}

// --- the one

// Where the files of its clips lie, and whether they do.
static void add_paths(const struct show *show, const struct value *tree)
{
    const struct value *attempts = value_get(tree, "attempts");
    for (size_t i = 0; i < value_count(attempts); i++) {
        const struct value *clips = value_get(value_at(attempts, i), "clips");
        for (size_t j = 0; j < value_count(clips); j++) {
            struct value *clip = clips->list.items[j];
            char *path =
                store_file_path(show->state.dir, value_get_text(clip, "sha256"),
                                value_get_text(clip, "ext"));
            value_set(clip, "path", value_str(path));
            value_set(clip, "present", value_bool(path_exists(path)));
            free(path);
        }
    }
}

static bool say_purchase(struct show *show, struct err *err)
{
    const struct value *row = value_at(show->matches, 0);
    struct value *tree = ledger_describe(
        show->ledger, value_integer(value_get(row, "purchase"), 0), err);
    if (!tree)
        return false;
    add_paths(show, tree);
    if (show->options->json) {
        event_say(event_row("purchase", tree));
        value_free(tree);
        return true;
    }
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    showing_purchase(tree, &out);
    fputs(out.data, stdout);
    buf_free(&out);
    value_free(tree);
    return true;
}

static int show_one(struct show *show)
{
    struct err err;
    if (!ledger_exists(show->state.dir))
        return say_mistake(show, "cannot be shown: nothing was bought here "
                                 "yet; begin with: tarmac run RECIPE");
    show->ledger = ledger_open_read(show->state.dir, &err);
    bool ok = show->ledger && find(show, &err);
    size_t n = value_count(show->matches);
    if (ok && n == 0)
        return say_none(show);
    if (ok && n > 1)
        return say_mistake(show, "is not one purchase but several; name one by "
                                 "its fingerprint:");
    if (ok && say_purchase(show, &err))
        return EXIT_ALL_DELIVERED;
    struct problems none;
    problems_init(&none, "");
    int code = load_say(&none, &err, show->options->json);
    problems_free(&none);
    return code;
}

int show_command(const struct options *options)
{
    if (options->n_words != 1 || !options->words[0][0]) {
        log_error("show takes one task_id, fingerprint, sha256 or output, for "
                  "example: tarmac show out/orbit/x4_r0.mp4");
        return EXIT_USAGE;
    }
    struct show show = {
        .options = options, .word = options->words[0], .matches = value_list()};
    char *dir = NULL;
    if (path_exists(show.word)) {
        char *absolute = path_absolute(show.word);
        dir = path_dir(absolute);
        free(absolute);
    }
    state_find(&show.state, dir);
    free(dir);
    int code = show_one(&show);
    ledger_close(show.ledger);
    state_free(&show.state);
    value_free(show.matches);
    return code;
}
