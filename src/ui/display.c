#include "ui/display.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/env.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/json.h"
#include "report/events.h"
#include "ui/columns.h"
#include "ui/frame.h"

#define DRAW_MS 80

struct entry {
    const struct purchase *purchase;
    enum attempt_state state;
    int64_t since_ms;
};

struct display {
    enum display_mode mode;
    const struct clock *clock;
    bool log_taken, paths_on_stdout;
    struct entry *entries; // purchases under way, in order of appearance
    size_t n, cap;
    const struct summary *summary;
    int64_t started_ms, drawn_ms;
    char *drawn;   // the picture that is on the screen; NULL: none
    char *failure; // what was told of the cell that failed last
};

bool display_is_rich(int fd)
{
    const char *term = env_get("TERM");
    return isatty(fd) && term && strcmp(term, "dumb") != 0 &&
           !env_get("NO_COLOR");
}

enum display_mode display_choose(bool json, bool plain)
{
    if (json)
        return DISPLAY_JSON;
    return !plain && display_is_rich(STDERR_FILENO) ? DISPLAY_LIVE
                                                    : DISPLAY_PLAIN;
}

struct display *display_new(enum display_mode mode, const struct clock *clock,
                            const struct summary *summary)
{
    struct display *display = xcalloc(1, sizeof(*display));
    display->mode = mode;
    display->clock = clock;
    display->summary = summary;
    display->paths_on_stdout = mode != DISPLAY_JSON && !isatty(STDOUT_FILENO);
    display->started_ms = clock_mono_ms(clock);
    return display;
}

static void screen_size(struct winsize *size)
{
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, size) != 0 || size->ws_col == 0) {
        size->ws_col = 80;
        size->ws_row = 24;
    }
}

// What takes the picture off the screen. A terminal that was made narrower
// since has wrapped its lines; a key that was echoed has moved the cursor.
static void add_erase(struct display *display, struct buf *out)
{
    if (!display->drawn)
        return;
    struct winsize size = {0};
    screen_size(&size);
    buf_printf(out, "\r\033[%dA\033[J",
               columns_lines(display->drawn, size.ws_col));
    free(display->drawn);
    display->drawn = NULL;
}

static void add_picture(struct display *display, struct buf *out)
{
    const struct summary *summary = display->summary;
    struct winsize size = {0};
    screen_size(&size);
    struct frame_row *rows = xcalloc(display->n + 1, sizeof(*rows));
    for (size_t i = 0; i < display->n; i++) {
        const struct entry *entry = &display->entries[i];
        rows[i].name = purchase_cell(entry->purchase);
        rows[i].state = entry->state == ATTEMPT_INTENT
                            ? "waiting" // for its turn
                            : attempt_state_name(entry->state);
        rows[i].progress = purchase_progress(entry->purchase);
        rows[i].since_ms = entry->since_ms;
    }
    struct frame frame = {
        .cells = summary->cells,
        .finished = summary->delivered + summary->failed,
        .failed = summary->failed,
        .price = summary->price,
        .rows = rows,
        .n = display->n,
        .started_ms = display->started_ms,
        .now_ms = clock_mono_ms(display->clock),
        .columns = size.ws_col,
        .lines = size.ws_row,
        .color = true,
    };
    struct buf picture;
    buf_init(&picture, 256 << 10);
    bool any = frame_draw(&frame, &picture) > 0;
    free(rows);
    display->drawn_ms = frame.now_ms;
    buf_str(out, picture.data);
    display->drawn = any ? buf_take(&picture) : NULL;
    buf_free(&picture);
}

// In one write, so that nobody sees the screen half drawn.
static void put(struct buf *out)
{
    fputs(out->data, stderr);
    fflush(stderr);
    buf_free(out);
}

static void erase(struct display *display)
{
    struct buf out;
    buf_init(&out, 64);
    add_erase(display, &out);
    put(&out);
}

static void draw(struct display *display)
{
    struct buf out;
    buf_init(&out, 512 << 10);
    add_erase(display, &out);
    add_picture(display, &out);
    put(&out);
}

static void say(struct display *display, const char *line)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    add_erase(display, &out);
    buf_printf(&out, "%s\n", line);
    if (display->mode == DISPLAY_LIVE)
        add_picture(display, &out);
    put(&out);
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
    free(display->entries);
    free(display->failure);
    free(display);
}

static struct entry *entry_of(struct display *display,
                              const struct purchase *purchase)
{
    for (size_t i = 0; i < display->n; i++)
        if (display->entries[i].purchase == purchase)
            return &display->entries[i];
    return NULL;
}

static struct entry *entry_add(struct display *display,
                               const struct purchase *purchase)
{
    if (display->n == display->cap) {
        display->cap = display->cap ? display->cap * 2 : 16;
        display->entries = xreallocarray(display->entries, display->cap,
                                         sizeof(*display->entries));
    }
    struct entry *entry = &display->entries[display->n++];
    *entry = (struct entry){.purchase = purchase, .state = ATTEMPT_INTENT};
    entry->since_ms = clock_mono_ms(display->clock);
    return entry;
}

static void entry_remove(struct display *display, struct entry *entry)
{
    size_t i = (size_t)(entry - display->entries);
    memmove(entry, entry + 1, (display->n - i - 1) * sizeof(*entry));
    display->n--;
}

static void say_state(struct display *display, const struct purchase *purchase)
{
    enum attempt_state state = purchase_state(purchase);
    if (display->mode != DISPLAY_PLAIN ||
        (state != ATTEMPT_ACCEPTED && state != ATTEMPT_UNKNOWN))
        return;
    const char *task = purchase_task_id(purchase);
    fprintf(stderr, "  %s: %s%s%s\n", purchase_cell(purchase),
            attempt_state_name(state), task ? " " : "", task ? task : "");
}

static void on_changed(struct display *display, const struct purchase *purchase)
{
    struct entry *entry = entry_of(display, purchase);
    if (!entry && !purchase_settled(purchase))
        entry = entry_add(display, purchase);
    if (!entry)
        return;
    bool moved = entry->state != purchase_state(purchase);
    if (moved) {
        entry->state = purchase_state(purchase);
        entry->since_ms = clock_mono_ms(display->clock);
        say_state(display, purchase);
    }
    if (display->mode == DISPLAY_JSON)
        event_say(event_purchase(purchase));
    if (purchase_settled(purchase))
        entry_remove(display, entry);
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

static void say_output(struct display *display,
                       const struct cell_output *output)
{
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    bool edited = output->placed == STORE_EDITED;
    if (display->paths_on_stdout) {
        erase(display);
        printf("%s\n", output->shown);
        fflush(stdout);
    }
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
    if (display->mode == DISPLAY_JSON) {
        event_say(event_cell(report));
        return;
    }
    for (size_t i = 0; i < report->n; i++)
        say_output(display, &report->outputs[i]);
    if (!report->ok && !summary_is_open(display->summary, report))
        say_failure(display, report);
}

void display_tick(struct display *display)
{
    if (display->mode == DISPLAY_LIVE &&
        clock_mono_ms(display->clock) - display->drawn_ms >= DRAW_MS)
        draw(display);
}

void display_end(struct display *display, const char *again)
{
    const struct summary *summary = display->summary;
    if (display->mode == DISPLAY_JSON) {
        event_say(event_end(summary));
        return;
    }
    struct buf out;
    buf_init(&out, 8192);
    summary_text(summary, again, &out);
    erase(display);
    display->mode = DISPLAY_PLAIN; // the picture is over
    fputs(out.data, stderr);
    fflush(stderr);
    buf_free(&out);
}
