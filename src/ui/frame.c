#include "ui/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/summary.h"
#include "ui/columns.h"

#define NAME_COLUMNS 28
#define STATE_COLUMNS 10
#define BAR_COLUMNS 20
#define SPIN_MS 80

static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                      "⠴", "⠦", "⠧", "⠇", "⠏"};

// `s` in exactly `columns`: padded, or its end kept behind "…", since names of
// one sweep differ at their ends.
static void put_column(struct buf *out, const char *s, int columns)
{
    int have = columns_of(s);
    if (have > columns) {
        for (size_t len; have > columns - 1; s += len)
            have -= columns_next(s, &len);
        buf_str(out, "…");
        have++;
    }
    buf_str(out, s);
    for (; have < columns; have++)
        buf_byte(out, ' ');
}

static void put_time(struct buf *out, int64_t ms)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;
    if (s >= 3600)
        buf_printf(out, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60),
                   (int)(s % 60));
    else
        buf_printf(out, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static void put_bar(struct buf *out, double progress)
{
    int full = (int)(progress * BAR_COLUMNS + 0.5);
    for (int i = 0; i < BAR_COLUMNS; i++)
        buf_str(out, i < full ? "━" : "─");
    buf_printf(out, " %3d%%", (int)(progress * 100 + 0.5));
}

static void put_head(const struct frame *frame, struct buf *out)
{
    struct buf line;
    buf_init(&line, 1024);
    buf_printf(&line, "%" PRIu64 "/%" PRIu64 " cells", frame->finished,
               frame->cells);
    if (frame->failed)
        buf_printf(&line, ", %" PRIu64 " failed", frame->failed);
    buf_str(&line, " · ");
    credits_text(frame->price, &line);
    buf_str(&line, " · ");
    put_time(&line, frame->now_ms - frame->started_ms);
    if (frame->color)
        buf_str(out, "\033[1m");
    if (columns_of(line.data) > frame->columns)
        put_column(out, line.data, frame->columns);
    else
        buf_str(out, line.data);
    buf_str(out, frame->color ? "\033[0m\n" : "\n");
    buf_free(&line);
}

static void put_row(const struct frame *frame, const struct frame_row *row,
                    struct buf *out)
{
    size_t turn = (size_t)(frame->now_ms / SPIN_MS) %
                  (sizeof(spinner) / sizeof(*spinner));
    buf_str(out, frame->color ? " \033[36m" : " ");
    buf_str(out, spinner[turn]);
    buf_str(out, frame->color ? "\033[0m " : " ");
    int left = frame->columns - 4;
    int name = left < NAME_COLUMNS ? left : NAME_COLUMNS;
    put_column(out, row->name, name);
    left -= name + 1 + STATE_COLUMNS;
    if (left >= 0) {
        buf_byte(out, ' ');
        put_column(out, row->state, STATE_COLUMNS);
    }
    left -= 1 + BAR_COLUMNS + 5;
    bool known = row->progress >= 0;
    if (left >= 0 && known) {
        buf_byte(out, ' ');
        put_bar(out, row->progress > 1 ? 1 : row->progress);
    } else if (left >= 0) {
        buf_byte(out, ' ');
        put_time(out, frame->now_ms - row->since_ms);
    }
    buf_byte(out, '\n');
}

int frame_draw(const struct frame *frame, struct buf *out)
{
    if (frame->columns < 8 || frame->lines < 3)
        return 0;
    put_head(frame, out);
    size_t room = (size_t)frame->lines - 2;
    size_t shown = frame->n;
    if (shown > room)
        shown = room - 1;
    for (size_t i = 0; i < shown; i++)
        put_row(frame, &frame->rows[i], out);
    if (shown == frame->n)
        return 1 + (int)shown;
    buf_str(out, "   ");
    char more[64];
    snprintf(more, sizeof(more), "and %zu more", frame->n - shown);
    put_column(out, more, frame->columns - 4 < 20 ? frame->columns - 4 : 20);
    buf_byte(out, '\n');
    return 2 + (int)shown;
}
