#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "cli/named.h"
#include "cli/state.h"
#include "cli/told.h"
#include "ledger/list.h"
#include "report/events.h"
#include "report/showing.h"
#include "store/store.h"

#define TEXT_BYTES_MAX (1u << 20)

struct show {
    const struct options *options;
    struct state state;
    struct named named;
    struct value *told; // by the file that is named, of itself; or NULL
};

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

static bool say_purchase(const struct show *show, const struct value *row,
                         struct err *err)
{
    struct value *tree = ledger_describe(
        show->named.ledger, value_integer(value_get(row, "purchase"), 0), err);
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

// What the ledger has of it is shown already.
static bool is_the_same(const struct value *row, const struct value *told)
{
    const char *here = value_get_text(row, "fingerprint");
    const char *there = value_get_text(told, "fingerprint");
    return here && there && strcmp(here, there) == 0;
}

static void say_told(const struct show *show, const struct value *row)
{
    if (!show->told || is_the_same(row, show->told))
        return;
    if (show->options->json) {
        event_say(event_row("told", show->told));
        return;
    }
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    if (row)
        buf_str(&out, "\nthe file tells of itself that it is another:\n");
    showing_told(show->told, &out);
    fputs(out.data, stdout);
    buf_free(&out);
}

static bool open_ledger(struct show *show, struct err *err)
{
    if (!state_has_its_ledger(&show->state, err))
        return false;
    if (!ledger_exists(show->state.dir))
        return err_set(err, ERR_NONE, "%s", "");
    show->named.ledger = ledger_open_read(show->state.dir, err);
    return show->named.ledger;
}

static int show_row(struct show *show)
{
    struct err err;
    const struct value *row;
    int code = named_find(&show->named, &row);
    if (!row)
        return code;
    if (!say_purchase(show, row, &err))
        return named_fail(&show->named, &err);
    say_told(show, row);
    return code;
}

// A file that tells of itself needs no ledger; one that was moved or cut is
// still found by what it tells.
static int show_file(struct show *show)
{
    struct named *named = &show->named;
    struct err err, why;
    show->told = told_of(named->word, &why);
    if (open_ledger(show, &err)) {
        bool ok = named_look(named, &err);
        if (ok && show->told && value_count(named->matches) == 0) {
            named->word = value_get_text(show->told, "fingerprint");
            ok = named_look(named, &err);
        }
        if (!ok)
            return named_fail(named, &err);
        if (value_count(named->matches) > 0)
            return show_row(show);
    } else if (!show->told && err.kind != ERR_NONE) {
        return named_fail(named, &err);
    }
    if (show->told) {
        say_told(show, NULL);
        return EXIT_ALL_DELIVERED;
    }
    if (why.kind != ERR_FORMAT)
        return named_fail(named, &why);
    return named_mistake(named, "is no clip that was bought here, and tells "
                                "nothing of what made it");
}

static int show_one(struct show *show)
{
    struct err err;
    struct named *named = &show->named;
    if (path_exists(named->word) && !path_is_dir(named->word))
        return show_file(show);
    if (open_ledger(show, &err))
        return show_row(show);
    if (err.kind != ERR_NONE)
        return named_fail(named, &err);
    return named_mistake(named, "cannot be shown: nothing was bought here "
                                "yet; begin with: tarmac run RECIPE");
}

int show_command(const struct options *options)
{
    if (options->n_words != 1 || !options->words[0][0]) {
        log_error("show takes one task_id, fingerprint, sha256 or output, for "
                  "example: tarmac show out/orbit/x4_r0.mp4");
        return EXIT_USAGE;
    }
    struct show show = {.options = options};
    show.named = (struct named){.options = options,
                                .word = options->words[0],
                                .state = &show.state,
                                .matches = value_list()};
    const char *word = show.named.word;
    char *dir = path_exists(word) ? folder_of(word) : NULL;
    state_find(&show.state, dir);
    free(dir);
    int code = show_one(&show);
    ledger_close(show.named.ledger);
    state_free(&show.state);
    value_free(show.named.matches);
    value_free(show.told);
    return code;
}
