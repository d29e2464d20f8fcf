#include "cli/session.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/run.h"
#include "cli/stops.h"
#include "cli/ui.h"
#include "report/summary.h"
#include "ui/live.h"

#define TELL_MS 1000
#define LEFT_MAX 64
#define BIT(action) (1u << (action))

struct session {
    const struct options *options;
    struct loop *loop;
    struct live *live; // from the first round on
    struct stops stops;
    struct run *run; // of the round that goes on; NULL: none does
    bool waits;      // for the first word to buy
    bool again, retry, ends;
    bool begun; // the last round did begin
    int code;
    enum err_kind failed; // why there is no page
    int64_t told_ms;      // when the page was told how it stands
};

// --- what the page may ask for

static void tell_page(struct session *session)
{
    struct live_can can = {.actions = BIT(LIVE_END)};
    bool paused = session->run && run_is_paused(session->run);
    can.busy = session->run;
    can.paused = paused;
    if (!session->run)
        can.actions |= BIT(LIVE_RUN) | BIT(LIVE_RETRY);
    else if (!session->ends)
        can.actions |= BIT(LIVE_CANCEL) | (session->waits ? BIT(LIVE_RUN)
                                           : paused       ? BIT(LIVE_RESUME)
                                                          : BIT(LIVE_PAUSE));
    if (session->waits && session->run)
        can.told = "nothing is bought until you press Run";
    else if (session->run && session->ends)
        can.told = "stopping: what is ready is still fetched";
    else if (!session->run && !session->begun)
        can.told = "the round did not begin: see what the terminal says; "
                   "nothing was bought";
    struct buf left;
    buf_init(&left, LEFT_MAX);
    if (session->run)
        run_left(session->run, &left);
    can.left = left.len > 0 ? left.data : NULL;
    live_may(session->live, &can);
    buf_free(&left);
    session->told_ms = clock_mono_ms(&clock_system);
}

static void end(struct session *session)
{
    session->ends = true;
    if (session->run)
        run_interrupt(session->run);
}

static void set_pause(struct session *session, bool on)
{
    if (!on)
        session->waits = false;
    run_pause(session->run, on);
}

static bool between(struct session *session, bool retry, struct err *err)
{
    if (session->run)
        return err_set(err, ERR_USAGE,
                       "a round is going on; when it has ended, ask again");
    session->again = true;
    session->waits = false;
    session->retry = retry;
    return true;
}

static bool act(struct session *session, enum live_action action, uint64_t nth,
                struct err *err)
{
    bool paused = session->run && run_is_paused(session->run);
    switch (action) {
    case LIVE_END: // clicked twice, it still fetches what is ready
        if (!session->ends)
            end(session);
        return true;
    case LIVE_RETRY:
        return between(session, true, err);
    case LIVE_RUN:
        if (!paused)
            return between(session, false, err);
        set_pause(session, false);
        return true;
    case LIVE_RESUME:
    case LIVE_PAUSE:
        if (!session->run || paused == (action == LIVE_PAUSE))
            return err_set(err, ERR_USAGE, "%s",
                           !session->run ? "no round goes on"
                           : paused      ? "it is paused already"
                                         : "it is not paused");
        set_pause(session, action == LIVE_PAUSE);
        return true;
    case LIVE_CANCEL:
        if (session->run && run_cancel(session->run, nth))
            return true;
        return err_set(err, ERR_USAGE,
                       "it is too late to cancel this cell: it has ended, or "
                       "its clip is here");
    case LIVE_ACTIONS:
        break;
    }
    return err_set(err, ERR_DEFECT, "unknown action");
}

static bool on_control(void *arg, enum live_action action, uint64_t nth,
                       struct err *err)
{
    struct session *session = arg;
    bool ok = act(session, action, nth, err);
    tell_page(session);
    return ok;
}

// --- one round

static bool open_page(struct session *session, const struct run *run,
                      struct err *err)
{
    struct live_config config = {
        .loop = session->loop,
        .state_dir = run_state_dir(run),
        .media_program = run_media_program(run),
        .control = on_control,
        .arg = session,
    };
    session->live = live_new(&config, err);
    return session->live != NULL;
}

static void on_began(void *arg, struct run *run)
{
    struct session *session = arg;
    struct err err;
    bool first = !session->live;
    if ((first && !open_page(session, run, &err)) ||
        !live_show(session->live, run_id(run), run_cells(run), !first, &err)) {
        log_error("there is no page, so this stops: %s", err.text);
        session->failed = err.kind;
        session->ends = true;
        run_interrupt(run);
        return;
    }
    session->run = run;
    session->begun = true;
    if (session->waits)
        run_pause(run, true);
    if (session->ends) // asked for while it was being opened
        run_interrupt(run);
    tell_page(session);
    if (!first)
        return;
    char *url = live_url(session->live);
    ui_say(url, session->options->json);
    free(url);
}

static void on_step(void *arg)
{
    struct session *session = arg;
    if (!session->live)
        return;
    live_step(session->live);
    if (clock_mono_ms(&clock_system) - session->told_ms >= TELL_MS)
        tell_page(session);
}

static void on_changed(void *arg, uint64_t nth, const struct purchase *purchase)
{
    struct session *session = arg;
    if (session->live)
        live_purchase(session->live, nth, purchase);
}

static void on_ends(void *arg)
{
    struct session *session = arg;
    session->run = NULL;
    if (session->live)
        live_forget(session->live);
}

static void play_round(struct session *session, struct loaded *loaded)
{
    struct options options = *session->options;
    struct run_watch watch = {.loop = session->loop,
                              .began = on_began,
                              .step = on_step,
                              .changed = on_changed,
                              .ends = on_ends,
                              .arg = session};
    options.retry_failed = options.retry_failed || session->retry;
    session->again = session->retry = session->begun = false;
    session->code = run_watched(loaded, &options, &watch);
}

// --- between rounds

static void on_interrupt(void *arg)
{
    end(arg);
}

// The terminal is gone. A shell says so, and then the system does: as one.
static void on_hangup(void *arg)
{
    struct session *session = arg;
    if (!session->ends)
        end(session);
}

static void wait_for_word(struct session *session)
{
    tell_page(session);
    if (!session->options->json)
        log_info("the page stays; End there, or Ctrl-C here, leaves");
    while (!session->again && !session->ends) {
        live_step(session->live);
        if (!session->again && !session->ends)
            loop_once(session->loop, true);
    }
}

static int play(struct session *session, struct loaded *loaded)
{
    session->loop = loop_new();
    stops_take(&session->stops, session->loop, on_interrupt, on_hangup,
               session);
    do {
        play_round(session, loaded);
        if (session->live && !session->ends)
            wait_for_word(session);
    } while (session->live && !session->ends);
    live_leave(session->live);
    live_free(session->live);
    stops_drop(&session->stops);
    loop_free(session->loop);
    if (session->failed != ERR_NONE)
        return exit_code_of(session->failed);
    // It was only looked at.
    return session->waits && session->code == EXIT_INTERRUPTED
               ? EXIT_ALL_DELIVERED
               : session->code;
}

int session_running(struct loaded *loaded, const struct options *options)
{
    struct session session = {.options = options};
    return play(&session, loaded);
}

int session_waiting(struct loaded *loaded, const struct options *options)
{
    struct session session = {.options = options, .waits = true};
    return play(&session, loaded);
}
