#include "ui/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/log.h"
#include "base/mem.h"
#include "report/events.h"
#include "ui/frame.h"
#include "ui/screen.h"
#include "ui/standing.h"
#include "ui/terminal.h"

#define DRAW_MS 100   // a picture of what has changed
#define TURN_MS 250   // a picture, though nothing has
#define ANEW_MS 2000  // every line, whoever wrote on it
#define LINE_MS 60000 // a plain line
#define EVENT_MS 5000 // a "progress" event
#define CALM_MS 1000  // how often it is looked at the time without a picture
#define PICTURE_MAX (1 << 20)
#define ABOVE_MAX (64 << 20)
#define ABOVE_FULL (32 << 10) // is written at once

struct display {
    enum display_mode mode;
    const struct clock *clock;
    bool log_taken;
    bool over;            // its end was told
    bool ascii;           // what is written to the terminal
    bool paths_on_stdout; // so that they can be read by programs
    bool stdout_is_file;  // which nobody sees
    struct standing standing;
    bool dirty; // something has changed since the picture was drawn
    int64_t drawn_ms, anew_ms, told_ms;
    struct screen screen;
    struct buf above; // lines that are to scroll away above the picture
    char *failure;    // what was told of the cell that failed last
};

bool display_is_rich(int fd)
{
    const char *term = env_get("TERM");
    return isatty(fd) && term && strcmp(term, "dumb") != 0 &&
           !env_get("NO_COLOR");
}

static bool is_ci(void)
{
    const char *ci = env_get("CI");
    return ci && strcmp(ci, "false") != 0 && strcmp(ci, "0") != 0;
}

enum display_mode display_choose(bool json, bool plain)
{
    if (json)
        return DISPLAY_JSON;
    return !plain && !is_ci() && display_is_rich(STDERR_FILENO) ? DISPLAY_LIVE
                                                                : DISPLAY_PLAIN;
}

struct display *display_new(enum display_mode mode, const struct clock *clock,
                            const struct summary *summary)
{
    struct display *display = xcalloc(1, sizeof(*display));
    struct stat out;
    display->mode = mode;
    display->clock = clock;
    display->paths_on_stdout = mode != DISPLAY_JSON && !isatty(STDOUT_FILENO);
    display->stdout_is_file =
        fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(out.st_mode);
    display->ascii = isatty(STDERR_FILENO) && !terminal_is_unicode();
    display->told_ms = clock_mono_ms(clock);
    standing_begin(&display->standing, summary, display->told_ms);
    buf_init(&display->above, ABOVE_MAX);
    if (mode == DISPLAY_LIVE)
        terminal_watch();
    return display;
}

void display_about(struct display *display, const struct display_about *about)
{
    display->standing.ledger = about->ledger;
    display->standing.recipe = about->recipe;
    display->standing.budget = about->budget;
    display->standing.in_flight = about->in_flight;
}

struct progress display_progress(const struct display *display)
{
    return standing_progress(&display->standing, clock_mono_ms(display->clock));
}

// --- the picture

static const char *row_state(const struct task *task)
{
    return task->state == ATTEMPT_INTENT ? "waiting" // for its turn
                                         : attempt_state_name(task->state);
}

static void add_picture(struct display *display, struct terminal_size size,
                        struct buf *out)
{
    const struct under_way *all = &display->standing.under_way;
    size_t most = frame_rows(size.lines), n = 0;
    struct frame_row *rows = xcalloc(most + 1, sizeof(*rows));
    for (const struct task *task = under_way_first(all); task && n < most;
         task = under_way_next(all, task), n++)
        rows[n] = (struct frame_row){
            .name = purchase_cell(task->purchase),
            .state = row_state(task),
            .progress = purchase_progress(task->purchase),
            .since_ms = task->since_ms,
        };
    int64_t now_ms = clock_mono_ms(display->clock);
    struct progress progress = standing_progress(&display->standing, now_ms);
    struct frame frame = {
        .progress = &progress,
        .rows = rows,
        .n = n,
        .all = all->n,
        .now_ms = now_ms,
        .columns = size.columns,
        .lines = size.lines,
        .color = true,
        .ascii = display->ascii,
    };
    frame_draw(&frame, out);
    free(rows);
}

// What waits above it, and the picture, or none: in one write, so that nobody
// sees the screen half drawn.
static void show(struct display *display, bool picture)
{
    struct terminal_size size = terminal_size();
    struct buf frame, out;
    int64_t now_ms = clock_mono_ms(display->clock);
    bool anew = now_ms - display->anew_ms >= ANEW_MS;
    buf_init(&frame, PICTURE_MAX);
    buf_init(&out, PICTURE_MAX + ABOVE_MAX);
    if (terminal_was_left())
        screen_forget(&display->screen);
    if (picture)
        add_picture(display, size, &frame);
    screen_draw(&display->screen, display->above.data, frame.data, size.columns,
                size.lines, anew, &out);
    terminal_write(out.data, out.len);
    buf_free(&frame);
    buf_free(&out);
    buf_free(&display->above);
    buf_init(&display->above, ABOVE_MAX);
    display->drawn_ms = now_ms;
    display->anew_ms = anew ? now_ms : display->anew_ms;
    display->dirty = false;
}

static void erase(struct display *display)
{
    if (display->mode == DISPLAY_LIVE)
        show(display, false);
}

static void draw_in_time(struct display *display)
{
    int64_t age = clock_mono_ms(display->clock) - display->drawn_ms;
    bool lines = display->above.len > 0;
    if (age < (display->dirty || lines ? DRAW_MS : TURN_MS))
        return;
    bool ours = terminal_is_ours();
    if (ours || lines)
        show(display, ours);
}

// --- lines

static void say(struct display *display, const char *line)
{
    struct buf clean;
    buf_init(&clean, 1 << 20);
    frame_clean(line, display->ascii, &clean);
    buf_byte(&clean, '\n');
    if (display->mode == DISPLAY_LIVE)
        buf_add(&display->above, clean.data, clean.len);
    else
        fputs(clean.data, stderr);
    buf_free(&clean);
    if (display->above.len >= ABOVE_FULL)
        show(display, terminal_is_ours());
}

static void on_log(void *ctx, enum log_level level, const char *line)
{
    struct display *display = ctx;
    char *text = log_line(level, line);
    say(display, text);
    free(text);
}

void display_take_log(struct display *display)
{
    log_set_sink(on_log, display);
    display->log_taken = true;
}

void display_free(struct display *display)
{
    if (!display)
        return;
    erase(display);
    fflush(stderr);
    if (display->log_taken)
        log_set_sink(NULL, NULL);
    if (display->mode == DISPLAY_LIVE)
        terminal_drop();
    screen_forget(&display->screen);
    standing_free(&display->standing);
    buf_free(&display->above);
    free(display->failure);
    free(display);
}

static void say_state(struct display *display, const struct purchase *purchase)
{
    enum attempt_state state = purchase_state(purchase);
    if (display->mode != DISPLAY_PLAIN ||
        (state != ATTEMPT_ACCEPTED && state != ATTEMPT_UNKNOWN))
        return;
    const char *task = purchase_task_id(purchase);
    char *line =
        xasprintf("  %s: %s%s%s", purchase_cell(purchase),
                  attempt_state_name(state), task ? " " : "", task ? task : "");
    say(display, line);
    free(line);
}

static void on_changed(struct display *display, const struct purchase *purchase)
{
    enum under_way_news news = under_way_note(
        &display->standing.under_way, purchase, clock_mono_ms(display->clock));
    display->dirty |= news != NEWS_NONE;
    if (news == NEWS_MOVED) {
        display->standing.stale = true;
        say_state(display, purchase);
    }
    if (display->mode == DISPLAY_JSON && news != NEWS_NONE)
        event_say(event_purchase(purchase));
}

__attribute__((format(printf, 2, 3))) static void
warn(const struct display *display, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = xvasprintf(fmt, args);
    va_end(args);
    if (display->mode == DISPLAY_JSON)
        event_say(event_message("warning", text));
    else
        log_warn("%s", text);
    free(text);
}

static void say_account(struct display *display, const char *text)
{
    if (display->mode == DISPLAY_JSON)
        event_say(event_message("account", text));
    else
        log_info("%s", text);
}

void display_note(struct display *display, enum engine_note note,
                  const struct purchase *purchase, const char *text)
{
    switch (note) {
    case ENGINE_CHANGED:
        on_changed(display, purchase);
        break;
    case ENGINE_SHARED:
        warn(display,
             "%s shares its purchase with cells that ask for the "
             "same; another take buys it again",
             purchase_cell(purchase));
        break;
    case ENGINE_WARNING:
        warn(display, "%s", text);
        break;
    case ENGINE_ACCOUNT:
        say_account(display, text);
        break;
    case ENGINE_GATEWAY_STARTED:
        if (display->mode != DISPLAY_JSON)
            log_info("the built-in gateway renders previz at %s", text);
        break;
    }
}

// --- cells

// What reads the paths may write them on the same terminal.
static void say_path(struct display *display, const char *path)
{
    if (!display->stdout_is_file)
        erase(display);
    printf("%s\n", path);
    fflush(stdout);
}

static void say_output(struct display *display,
                       const struct cell_output *output)
{
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    bool edited = output->placed == STORE_EDITED;
    if (display->paths_on_stdout)
        say_path(display, output->shown);
    char *line = NULL;
    if (edited)
        line = xasprintf("! %s was changed since; left alone", output->shown);
    else if (output->placed == STORE_PLACED)
        line = xasprintf("✓ %s  %.1f s  %dx%d", output->shown, clip->seconds,
                         clip->width, clip->height);
    if (line &&
        (!display->paths_on_stdout || edited || display->mode == DISPLAY_LIVE))
        say(display, line);
    free(line);
}

static void say_traceback(struct display *display, const char *lines)
{
    struct buf out;
    buf_init(&out, 8192);
    traceback_text(lines, &out);
    if (out.len > 0)
        out.data[--out.len] = '\0'; // say() ends the last line
    say(display, out.data);
    buf_free(&out);
}

// What befalls many cells alike, a gateway that is down, is told once.
static void say_failure(struct display *display,
                        const struct cell_report *report)
{
    const char *task = report->task_id;
    if (task && strstr(report->message, task))
        task = NULL; // told already
    bool again = !task && display->failure &&
                 strcmp(display->failure, report->message) == 0;
    char *line = again ? xasprintf("✗ %s: the same", report->name)
                       : xasprintf("✗ %s: %s%s%s%s", report->name,
                                   report->message, task ? " (task " : "",
                                   task ? task : "", task ? ")" : "");
    say(display, line);
    free(line);
    if (report->traceback && !again)
        say_traceback(display, report->traceback);
    free(display->failure);
    display->failure = xstrdup(report->message);
}

void display_cell(struct display *display, const struct cell_report *report)
{
    standing_cell(&display->standing, report);
    display->dirty = true;
    if (display->mode == DISPLAY_JSON) {
        event_say(event_cell(report));
        return;
    }
    for (size_t i = 0; i < report->n; i++)
        say_output(display, &report->outputs[i]);
    if (!report->ok && !summary_is_open(display->standing.summary, report))
        say_failure(display, report);
}

void display_pause(struct display *display, bool on)
{
    display->standing.paused = on;
    display->dirty = true;
}

// --- in time

static void tell(struct display *display)
{
    struct progress progress = display_progress(display);
    if (display->mode == DISPLAY_JSON) {
        event_say(progress_event(&progress));
        return;
    }
    struct buf line;
    buf_init(&line, 1024);
    progress_text(&progress, &line);
    log_info("%s", line.data);
    buf_free(&line);
}

int64_t display_tick(struct display *display)
{
    int64_t now_ms = clock_mono_ms(display->clock);
    if (display->over)
        return CALM_MS;
    if (display->mode == DISPLAY_LIVE) {
        standing_look(&display->standing, display->clock);
        draw_in_time(display);
        if (terminal_is_ours()) {
            display->told_ms = now_ms;
            return DRAW_MS;
        }
    }
    int64_t every = display->mode == DISPLAY_JSON ? EVENT_MS : LINE_MS;
    if (now_ms - display->told_ms >= every) {
        display->told_ms = now_ms;
        standing_look(&display->standing, display->clock);
        tell(display);
    }
    return CALM_MS;
}

void display_end(struct display *display, const char *again)
{
    const struct summary *summary = display->standing.summary;
    display->over = true;
    if (display->mode == DISPLAY_JSON) {
        event_say(event_end(summary));
        return;
    }
    struct buf out, clean;
    buf_init(&out, 8192);
    buf_init(&clean, 3 * 8192);
    summary_text(summary, again, &out);
    frame_clean(out.data, display->ascii, &clean);
    erase(display);
    if (display->mode == DISPLAY_LIVE)
        terminal_drop();
    display->mode = DISPLAY_PLAIN; // the picture is over
    fputs(clean.data, stderr);
    fflush(stderr);
    buf_free(&out);
    buf_free(&clean);
}
