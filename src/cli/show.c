#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/path.h"
#include "cli/named.h"
#include "cli/state.h"
#include "ledger/list.h"
#include "report/events.h"
#include "report/showing.h"
#include "store/store.h"

#define TEXT_BYTES_MAX (1u << 20)

struct show {
    const struct options *options;
    struct state state;
    struct named named;
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

static int show_one(struct show *show)
{
    struct err err;
    struct named *named = &show->named;
    if (!state_has_its_ledger(&show->state, &err))
        return named_fail(named, &err);
    if (!ledger_exists(show->state.dir))
        return named_mistake(named, "cannot be shown: nothing was bought here "
                                    "yet; begin with: tarmac run RECIPE");
    named->ledger = ledger_open_read(show->state.dir, &err);
    if (!named->ledger)
        return named_fail(named, &err);
    const struct value *row;
    int code = named_find(named, &row);
    return !row || say_purchase(show, row, &err) ? code
                                                 : named_fail(named, &err);
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
    return code;
}
