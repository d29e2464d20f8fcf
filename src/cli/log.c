#include "cli/log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/load.h"
#include "cli/recipe_name.h"
#include "cli/state.h"
#include "ledger/list.h"
#include "report/events.h"
#include "report/listing.h"

#define ROWS_SHOWN 50
#define LINE_BYTES_MAX (16u << 10)

static void on_event(void *arg, const struct value *row)
{
    const struct options *options = arg;
    if (options->json) {
        event_say(event_row("log", row));
        return;
    }
    struct buf out;
    buf_init(&out, LINE_BYTES_MAX);
    listing_event(row, &out);
    fputs(out.data, stdout);
    buf_free(&out);
}

static int say_log(const struct options *options, const struct state *state,
                   const char *recipe, bool is_file)
{
    struct err err = {0};
    if (!state_has_its_ledger(state, &err))
        return load_say_err(&err, options->json);
    if (!ledger_exists(state->dir)) {
        if (!options->json)
            state_say_new(state);
        return EXIT_ALL_DELIVERED;
    }
    struct ledger *l = ledger_open_read(state->dir, &err);
    bool ok = l && (!recipe || is_file || recipe_is_known(l, recipe, &err)) &&
              ledger_list_events(l, recipe, options->all ? -1 : ROWS_SHOWN,
                                 on_event, (void *)options, &err);
    ledger_close(l);
    if (ok)
        return EXIT_ALL_DELIVERED;
    return load_say_err(&err, options->json);
}

int log_command(const struct options *options)
{
    if (options->n_words > 1) {
        log_error("log takes one recipe or none, for example: tarmac log "
                  "recipes/orbit.yaml");
        return EXIT_USAGE;
    }
    struct recipe_named named;
    int code = recipe_name_read(options->n_words ? options->words[0] : NULL,
                                options, &named);
    if (code == EXIT_ALL_DELIVERED) {
        struct state state;
        state_find(&state, named.dir);
        code = say_log(options, &state, named.name, named.is_file);
        state_free(&state);
    }
    recipe_named_free(&named);
    return code;
}
