#include "ui/eta.h"

#include <stdlib.h>

#include "base/mem.h"

#define LEARNED_WEIGHT 3
// One that takes longer than usual is not expected to end at once.
#define LATE_PART 10
#define PROGRESS_LEAST 0.05
#define PLACES_MOST 100000

int64_t eta_took(const struct eta_kind *kind)
{
    if (kind->learned_ms < 0)
        return kind->n ? kind->sum_ms / (int64_t)kind->n : -1;
    return (kind->learned_ms * LEARNED_WEIGHT + kind->sum_ms) /
           (LEARNED_WEIGHT + (int64_t)kind->n);
}

uint64_t eta_orders(const struct eta_cells *cells)
{
    double each = cells->paid ? (double)cells->orders / (double)cells->paid : 1;
    double most = (double)cells->left * (each < 1 ? 1 : each);
    double made = (double)cells->ended + (double)cells->tasks;
    uint64_t orders = most > made ? (uint64_t)(most - made + 0.5) : 0;
    return orders > cells->waiting ? orders : cells->waiting;
}

static int64_t left_of(const struct eta_task *task)
{
    int64_t took = task->took_ms;
    if (took < 0 && task->progress >= PROGRESS_LEAST)
        took = (int64_t)((double)task->age_ms / task->progress);
    if (took < 0)
        return -1;
    int64_t left = took - task->age_ms, least = took / LATE_PART;
    return left > least ? left : least;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// Each order takes the place that is free first. As all take the same time,
// the places are taken in turn.
static int64_t fill(const int64_t *free_ms, uint64_t places,
                    const struct eta *eta)
{
    uint64_t rounds = eta->orders / places, rest = eta->orders % places;
    int64_t usual = eta->usual_ms > 0 ? eta->usual_ms : 0;
    int64_t most = free_ms[places - 1];
    if (rounds > 0)
        most += (int64_t)rounds * usual;
    if (rest > 0) {
        int64_t last = free_ms[rest - 1] + ((int64_t)rounds + 1) * usual;
        most = last > most ? last : most;
    }
    return most;
}

int64_t eta_left(const struct eta *eta)
{
    if ((eta->n == 0 && eta->orders == 0) ||
        (eta->orders > 0 && eta->usual_ms < 0))
        return -1;
    // More than there are places go on: those of an earlier run.
    uint64_t places = eta->places < 1             ? 1
                      : eta->places > PLACES_MOST ? PLACES_MOST
                                                  : (uint64_t)eta->places;
    uint64_t all = eta->n > places ? eta->n : places;
    int64_t *free_ms = xcalloc(all, sizeof(*free_ms));
    int64_t left = 0;
    for (size_t i = 0; i < eta->n && left >= 0; i++) {
        left = left_of(&eta->tasks[i]);
        free_ms[all - 1 - i] = left;
    }
    if (left >= 0) {
        qsort(free_ms, all, sizeof(*free_ms), by_time);
        left = fill(free_ms + (all - places), places, eta);
    }
    free(free_ms);
    return left < 0 ? -1 : left > 0 ? left : 1;
}
