#include "cli/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/path.h"
#include "cli/chosen.h"
#include "cli/session.h"
#include "cli/state.h"
#include "cli/stops.h"
#include "cli/with_recipe.h"
#include "ledger/follow.h"
#include "report/events.h"
#include "report/summary.h"
#include "ui/live.h"

#define NEWER_MS 1000

void ui_say(const char *url, bool json)
{
    if (json) {
        struct value *event = value_map();
        value_set_text(event, "event", "ui");
        value_set_text(event, "url", url);
        event_say(event);
    } else {
        log_info("look at %s", url);
    }
}

// A run of another process, or one that is over.
struct following {
    struct chosen *chosen;
    struct loop *loop;
    struct live *live;
    struct loop_timer *timer;
    struct stops stops;
    char run[TOKEN_HEX]; // that is shown
    bool newest;         // whichever began last
    bool looks, ends;
};

static void on_stop(void *arg)
{
    struct following *following = arg;
    following->ends = true;
}

static void on_timer(void *arg)
{
    struct following *following = arg;
    following->looks = true;
    loop_timer_start(following->timer, NEWER_MS);
}

// Another one has begun: the page goes over to it once it has cells.
static void look_for_newer(struct following *following)
{
    char run[TOKEN_HEX];
    struct err err;
    following->looks = false;
    if (!ledger_newest_run(following->chosen->ledger, run, &err) ||
        strcmp(run, following->run) == 0)
        return;
    struct value *row = ledger_run(following->chosen->ledger, run, &err);
    bool has = value_integer(value_get(row, "cells"), 0) > 0;
    value_free(row);
    if (has && live_show(following->live, run, 0, false, &err))
        memcpy(following->run, run, sizeof(run));
}

static bool open_page(struct following *following, const char *media,
                      struct err *err)
{
    struct live_config config = {
        .loop = following->loop,
        .state_dir = following->chosen->state.dir,
        .media_program = media,
        .from_afar = true,
    };
    following->live = live_new(&config, err);
    return following->live &&
           live_show(following->live, following->run, 0, false, err);
}

static void follow(struct following *following, bool json)
{
    // Before anybody knows that it is there: whoever reads it may end it.
    stops_take(&following->stops, following->loop, on_stop, on_stop, following);
    char *url = live_url(following->live);
    ui_say(url, json);
    free(url);
    live_may(following->live, &(struct live_can){.told = NULL});
    following->timer = loop_timer_new(following->loop, on_timer, following);
    loop_timer_start(following->timer, NEWER_MS);
    while (!following->ends) {
        loop_once(following->loop, true);
        if (following->looks && following->newest)
            look_for_newer(following);
        live_step(following->live);
    }
    stops_drop(&following->stops);
}

static int follow_run(const struct options *options, const char *word)
{
    struct chosen chosen;
    struct err err = {0};
    int code = chosen_read(&chosen, options, word);
    if (code == EXIT_ALL_DELIVERED) {
        struct following following = {
            .chosen = &chosen, .loop = loop_new(), .newest = !word};
        char *media = media_program(&err); // without it there are no posters
        snprintf(following.run, TOKEN_HEX, "%s", chosen_id(&chosen));
        if (open_page(&following, media, &err))
            follow(&following, options->json);
        else
            code = load_say_err(&err, options->json);
        live_leave(following.live);
        live_free(following.live);
        loop_timer_free(following.timer);
        loop_free(following.loop);
        free(media);
    }
    chosen_free(&chosen);
    return code;
}

// A file, or what can only be meant as one.
static bool names_a_recipe(const char *word)
{
    const char *dot = strrchr(word, '.');
    return path_exists(word) || strchr(word, '/') ||
           (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0));
}

int ui_command(const struct options *options)
{
    if (options->n_words > 0 &&
        (options->n_words > 1 || names_a_recipe(options->words[0])))
        return with_recipe(options, session_waiting);
    return follow_run(options, options->n_words ? options->words[0] : NULL);
}
