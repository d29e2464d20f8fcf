#include "ui/frame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/summary.h"
#include "ui/columns.h"

#define NAME_COLUMNS 28
#define NAME_COLUMNS_MOST 72
#define NAME_BYTES 1000 // more than anybody sees
#define STATE_COLUMNS 10
#define BAR_COLUMNS 20
#define PART_COLUMNS 5 // " 100%"
#define TIME_COLUMNS 9 // " 99:59:59"
#define MARGIN 2
#define SPIN_MS 250
#define PARTS_MAX 8

static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                      "⠴", "⠦", "⠧", "⠇", "⠏"};

// --- what a terminal shows

static const char *ascii_of(uint32_t code)
{
    switch (code) {
    case 0x2026: // …
        return "...";
    case 0x2713: // ✓
        return "+";
    case 0x2717: // ✗
        return "x";
    case 0x00b7: // ·
    case 0x2013: // –
    case 0x2014: // —
        return "-";
    case 0x00d7: // ×
        return "x";
    default:
        return "?";
    }
}

static void put_clean(const char *text, size_t len, bool ascii, struct buf *out)
{
    char *clean = text_printable(text, len, len);
    uint32_t code;
    for (const char *s = clean; *s;) {
        size_t step = text_utf8(s, strlen(s), &code);
        if (ascii && step > 1)
            buf_str(out, ascii_of(code));
        else
            buf_add(out, s, step);
        s += step;
    }
    free(clean);
}

void frame_clean(const char *text, bool ascii, struct buf *out)
{
    while (*text) {
        size_t len = strcspn(text, "\n\t");
        put_clean(text, len, ascii, out);
        text += len;
        if (*text)
            buf_byte(out, *text++);
    }
}

// --- pieces of a line

// `s` in exactly `columns`: padded, or its end kept behind "…", since names of
// one sweep differ at their ends.
static void put_column(const struct frame *frame, const char *s, int columns,
                       struct buf *out)
{
    int have = columns_of(s);
    if (have > columns) {
        int dots = columns < 1 ? 0 : frame->ascii && columns > 2 ? 2 : 1;
        for (size_t len; *s && have > columns - dots; s += len)
            have -= columns_next(s, &len);
        buf_str(out, !frame->ascii ? "…" : dots == 2 ? ".." : ".");
        have += dots;
    }
    buf_str(out, s);
    for (; have < columns; have++)
        buf_byte(out, ' ');
}

static void put_time(int64_t ms, struct buf *out)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s >= 360000)
        buf_printf(out, "%" PRId64 " days", s / 86400);
    else if (s >= 3600)
        buf_printf(out, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60),
                   (int)(s % 60));
    else
        buf_printf(out, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static void put_bar(const struct frame *frame, double progress, struct buf *out)
{
    int full = (int)(progress * BAR_COLUMNS + 0.5);
    if (frame->ascii)
        buf_byte(out, '[');
    int columns = frame->ascii ? BAR_COLUMNS - 2 : BAR_COLUMNS;
    full = frame->ascii ? (int)(progress * columns + 0.5) : full;
    for (int i = 0; i < columns; i++)
        buf_str(out,
                frame->ascii ? (i < full ? "#" : "-") : (i < full ? "━" : "─"));
    if (frame->ascii)
        buf_byte(out, ']');
}

// --- a line of parts, of which those that say least are left out first

struct part {
    char text[96];
    int rank; // 0: never left out
};

struct parts {
    struct part items[PARTS_MAX];
    size_t n;
};

static void add_part(struct parts *parts, int rank, const struct buf *text)
{
    struct part *part = &parts->items[parts->n++];
    snprintf(part->text, sizeof(part->text), "%s", text->data);
    part->rank = rank;
}

__attribute__((format(printf, 3, 4))) static void
part(struct parts *parts, int rank, const char *fmt, ...)
{
    va_list args;
    struct part *item = &parts->items[parts->n++];
    va_start(args, fmt);
    vsnprintf(item->text, sizeof(item->text), fmt, args);
    va_end(args);
    item->rank = rank;
}

static void join(const struct frame *frame, const struct parts *parts, int most,
                 struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < parts->n; i++) {
        if (parts->items[i].rank > most)
            continue;
        if (out->len > 0)
            buf_str(out, frame->ascii ? ", " : " · ");
        buf_str(out, parts->items[i].text);
    }
}

// As much as there is room for: numbers stand first.
static void put_start(const struct frame *frame, const char *s, int columns,
                      struct buf *out)
{
    size_t len;
    for (int at = columns_next(s, &len); *s && at < columns;
         at += columns_next(s, &len)) {
        buf_add(out, s, len);
        s += len;
    }
    buf_str(out, frame->ascii ? "." : "…");
}

static void put_parts(const struct frame *frame, const struct parts *parts,
                      int columns, struct buf *out)
{
    struct buf line;
    buf_init(&line, PARTS_MAX * sizeof(struct part));
    int most = PARTS_MAX;
    do {
        join(frame, parts, most, &line);
    } while (most-- > 0 && columns_of(line.data) > columns);
    if (columns_of(line.data) > columns)
        put_start(frame, line.data, columns, out);
    else
        buf_str(out, line.data);
    buf_free(&line);
}

// --- the head

static void put_counts(const struct progress *p, struct parts *parts)
{
    part(parts, 0, "%" PRIu64 "/%" PRIu64 " cells", p->delivered, p->cells);
    if (p->paused)
        part(parts, 0, "paused");
    if (p->failed)
        part(parts, 1, "%" PRIu64 " failed", p->failed);
    if (p->running)
        part(parts, 3, "%" PRIu64 " running", p->running);
    if (p->queued)
        part(parts, 5, "%" PRIu64 " queued", p->queued);
}

static void put_times(const struct progress *p, struct parts *parts)
{
    struct buf text;
    buf_init(&text, 96);
    if (p->rate >= 0)
        part(parts, 6, "%.*f a minute", p->rate < 9.95 ? 1 : 0, p->rate);
    put_time(p->elapsed_ms, &text);
    add_part(parts, 4, &text);
    buf_clear(&text);
    if (progress_left(p, &text))
        add_part(parts, 2, &text);
    buf_free(&text);
}

static void put_head(const struct frame *frame, struct buf *out)
{
    size_t turn = (size_t)(frame->now_ms / SPIN_MS) %
                  (sizeof(spinner) / sizeof(*spinner));
    struct parts parts = {.n = 0};
    int columns = frame->columns;
    put_counts(frame->progress, &parts);
    put_times(frame->progress, &parts);
    if (!frame->ascii) {
        if (frame->color)
            buf_str(out, "\033[36m");
        buf_str(out, frame->progress->paused ? "‖" : spinner[turn]);
        buf_byte(out, ' ');
        columns -= 2;
    }
    if (frame->color)
        buf_str(out, frame->ascii ? "\033[1m" : "\033[0;1m");
    put_parts(frame, &parts, columns, out);
    buf_str(out, frame->color ? "\033[0m\n" : "\n");
}

static void put_money(const struct frame *frame, struct buf *out)
{
    const struct progress *p = frame->progress;
    struct parts parts = {.n = 0};
    struct buf text;
    buf_init(&text, 96);
    credits_text(p->spent, &text);
    buf_str(&text, " spent");
    add_part(&parts, 0, &text);
    struct {
        int rank;
        int64_t credits;
        const char *what;
    } others[] = {{2, p->reserved, "reserved"}, {1, p->unknown, "unknown"}};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (others[i].credits > 0)
            part(&parts, others[i].rank, "%.10g %s",
                 (double)others[i].credits / 1000, others[i].what);
    }
    if (p->unpriced > 0)
        part(&parts, 4, "%" PRId64 " without a price", p->unpriced);
    if (p->budget >= 0)
        part(&parts, 3, "budget %.10g", (double)p->budget / 1000);
    if (!frame->ascii)
        buf_str(out, "  ");
    put_parts(frame, &parts, frame->columns - (frame->ascii ? 0 : 2), out);
    buf_byte(out, '\n');
    buf_free(&text);
}

// --- rows

struct layout {
    int name;
    bool state, bar, time; // and these
};

// A name of its usual width, then what there is room for.
static struct layout layout_of(int columns)
{
    int full = MARGIN + 1 + STATE_COLUMNS + 1 + BAR_COLUMNS + PART_COLUMNS +
               TIME_COLUMNS;
    struct layout layout = {.state = true, .bar = true, .time = true};
    layout.name = columns - full;
    if (layout.name < NAME_COLUMNS - 4) {
        layout.time = false;
        layout.name = columns - (full - TIME_COLUMNS);
    }
    if (layout.name < NAME_COLUMNS - 4) {
        layout.bar = false;
        layout.name = columns - MARGIN - 1 - STATE_COLUMNS - TIME_COLUMNS;
    }
    if (layout.name < NAME_COLUMNS / 2) {
        layout.state = false;
        layout.name = columns - MARGIN - PART_COLUMNS - 1;
    }
    if (layout.name < NAME_COLUMNS / 4)
        layout.name = columns - MARGIN;
    else if (layout.name > NAME_COLUMNS_MOST)
        layout.name = NAME_COLUMNS_MOST;
    return layout;
}

static void put_name(const struct frame *frame, const char *name, int columns,
                     struct buf *out)
{
    struct buf clean;
    size_t len = strlen(name);
    size_t from = len > NAME_BYTES ? len - NAME_BYTES : 0;
    buf_init(&clean, 4 * NAME_BYTES);
    put_clean(name + from, len - from, frame->ascii, &clean);
    put_column(frame, clean.data, columns, out);
    buf_free(&clean);
}

static void put_row(const struct frame *frame, const struct layout *layout,
                    const struct frame_row *row, struct buf *out)
{
    double progress = row->progress > 1 ? 1 : row->progress;
    bool known = progress >= 0;
    buf_printf(out, "%*s", MARGIN, "");
    put_name(frame, row->name, layout->name, out);
    if (layout->state) {
        buf_byte(out, ' ');
        put_column(frame, row->state, STATE_COLUMNS, out);
    }
    if (layout->bar && known) {
        buf_byte(out, ' ');
        put_bar(frame, progress, out);
    }
    int left = frame->columns - MARGIN - layout->name -
               (layout->state ? 1 + STATE_COLUMNS : 0) -
               (layout->bar && known ? 1 + BAR_COLUMNS : 0);
    if (known && left >= PART_COLUMNS) {
        buf_printf(out, " %3d%%", (int)(progress * 100 + 0.5));
        left -= PART_COLUMNS;
    }
    struct buf time;
    buf_init(&time, 64);
    // Of whole seconds, so that the rows change together.
    put_time((frame->now_ms / 1000 - row->since_ms / 1000) * 1000, &time);
    if ((!known || layout->time) && (int)time.len < left)
        buf_printf(out, " %s", time.data);
    buf_free(&time);
    buf_byte(out, '\n');
}

static void put_more(const struct frame *frame, size_t more, struct buf *out)
{
    char text[64];
    snprintf(text, sizeof(text), "and %zu more", more);
    buf_printf(out, "%*s", MARGIN, "");
    if (columns_of(text) > frame->columns - MARGIN)
        put_column(frame, text, frame->columns - MARGIN, out);
    else
        buf_str(out, text);
    buf_byte(out, '\n');
}

size_t frame_rows(int lines)
{
    return lines > 2 ? (size_t)lines - 2 : 0;
}

int frame_draw(const struct frame *frame, struct buf *out)
{
    if (frame->columns < 8 || frame->lines < 3)
        return 0;
    // The cursor rests on the line below.
    size_t room = frame_rows(frame->lines);
    bool money = frame->progress->has_money && room > 1;
    struct layout layout = layout_of(frame->columns);
    put_head(frame, out);
    if (money) {
        put_money(frame, out);
        room--;
    }
    size_t shown = frame->all > room ? room - 1 : frame->all;
    for (size_t i = 0; i < shown; i++)
        put_row(frame, &layout, &frame->rows[i], out);
    bool more = shown < frame->all;
    if (more)
        put_more(frame, frame->all - shown, out);
    return 1 + money + (int)shown + more;
}
