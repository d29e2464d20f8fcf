#include "ui/standing.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ledger/list.h"

#define LOOK_MS 1000
#define LOOK_PART 200 // of the time, at most one
#define RATE_MS 10000 // before that it says nothing

void standing_begin(struct standing *standing, const struct summary *summary,
                    int64_t now_ms)
{
    *standing = (struct standing){.summary = summary,
                                  .started_ms = now_ms,
                                  .look_ms = now_ms,
                                  .left_ms = -1,
                                  .budget = -1,
                                  .in_flight = 1,
                                  .stale = true};
    standing->under_way.seen.learned_ms = -1;
}

void standing_free(struct standing *standing)
{
    under_way_free(&standing->under_way);
    free(standing->money);
    standing->money = NULL;
}

void standing_cell(struct standing *standing, const struct cell_report *report)
{
    uint64_t orders = 0;
    for (size_t i = 0; i < report->n_purchases; i++)
        orders += purchase_was_bought_now(report->purchases[i]);
    standing->ended.orders += orders;
    standing->ended.paid += orders > 0;
    standing->stale = true;
}

static uint64_t ended_of(const struct summary *summary)
{
    return summary->delivered + summary->failed;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static int64_t think(const struct standing *standing, int64_t now_ms)
{
    const struct under_way *all = &standing->under_way;
    struct eta eta = {.places = standing->in_flight};
    under_way_eta(all, now_ms, &eta);
    struct eta_cells cells = standing->ended;
    cells.left = less(standing->summary->cells, ended_of(standing->summary));
    cells.ended = less(all->ended, cells.orders);
    cells.tasks = eta.n;
    cells.waiting = all->n - eta.n;
    eta.orders = eta_orders(&cells);
    int64_t left = eta_left(&eta);
    free((struct eta_task *)eta.tasks);
    return left;
}

static void read_money(struct standing *standing)
{
    struct err err;
    struct ledger_totals totals;
    if (!ledger_totals(standing->ledger, standing->recipe, &totals, &err)) {
        log_debug("%s", err.text);
        return;
    }
    if (!standing->money)
        standing->money = xcalloc(1, sizeof(*standing->money));
    *standing->money = totals;
}

void standing_look(struct standing *standing, const struct clock *clock)
{
    int64_t now_ms = clock_mono_ms(clock);
    if (now_ms < standing->look_ms)
        return;
    if (standing->ledger && standing->stale) {
        standing->stale = false;
        read_money(standing);
        under_way_learn(&standing->under_way, standing->ledger);
    }
    standing->left_ms = think(standing, now_ms);
    standing->eta_ms = now_ms;
    int64_t end_ms = clock_mono_ms(clock),
            pause = (end_ms - now_ms) * LOOK_PART;
    standing->look_ms = end_ms + (pause > LOOK_MS ? pause : LOOK_MS);
}

static int64_t left_at(const struct standing *standing, int64_t now_ms)
{
    int64_t left = standing->left_ms - (now_ms - standing->eta_ms);
    return standing->left_ms < 0 ? -1 : left > 1 ? left : 1;
}

struct progress standing_progress(const struct standing *standing,
                                  int64_t now_ms)
{
    const struct summary *summary = standing->summary;
    const struct ledger_totals *money = standing->money;
    // Of whole seconds, which the picture's rows begin with it.
    int64_t elapsed = (now_ms / 1000 - standing->started_ms / 1000) * 1000;
    uint64_t rest = less(summary->cells, ended_of(summary));
    uint64_t running = standing->under_way.running;
    uint64_t worked = less(ended_of(summary), summary->current);
    struct progress progress = {
        .cells = summary->cells,
        .delivered = summary->delivered,
        .failed = summary->failed,
        .running = running < rest ? running : rest,
        .paused = standing->paused,
        .elapsed_ms = elapsed,
        .left_ms = left_at(standing, now_ms),
        .rate = -1,
        .price = summary->price,
        .budget = standing->budget,
        .has_money = money != NULL,
    };
    progress.queued = rest - progress.running;
    if (worked > 0 && elapsed >= RATE_MS)
        progress.rate = (double)worked * 60000 / (double)elapsed;
    if (money) {
        progress.spent = money->spent;
        progress.reserved = money->reserved;
        progress.unknown = money->unknown;
        progress.unpriced = money->unpriced;
    }
    return progress;
}
