#include "cli/count.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/events.h"
#include "report/summary.h"

int count_loaded(struct loaded *loaded, const struct options *options)
{
    struct recipe_choice choice = load_choice(options, loaded);
    struct err err;
    struct recipe_walk *walk = recipe_walk_new(loaded->recipe, &choice, &err);
    if (!walk)
        return load_say_err(&err, options->json);
    uint64_t cells = recipe_walk_cells(walk);
    recipe_walk_free(walk);
    if (options->json) {
        struct value *event = value_map();
        value_set(event, "event", value_str("count"));
        value_set(event, "cells", value_int((int64_t)cells));
        event_say(event);
    } else {
        printf("%" PRIu64 "\n", cells);
    }
    return EXIT_ALL_DELIVERED;
}
