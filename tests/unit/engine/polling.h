// Tasks, and who asks for them: a stream of durations, and what each way of
// polling costs in requests and in the time until the end is known. Exact and
// without a clock: the same seed gives the same figures.

#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/forecast.h"

// --- chance
struct dice {
    uint64_t state;
};

static inline double dice_roll(struct dice *d) // [0, 1)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static inline double dice_normal(struct dice *d)
{
    double u = 1 - dice_roll(d), v = dice_roll(d);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

// --- durations
struct tasks {
    enum { LOGNORMAL, UNIFORM, BIMODAL, SLOWER, FASTER, ALIKE } kind;
    double median, sigma; // ms; of UNIFORM and BIMODAL too: its share of hits
};

// Of task i of n.
static inline double tasks_take(const struct tasks *t, struct dice *d, int i,
                                int n)
{
    double m = t->median;
    switch (t->kind) {
    case LOGNORMAL:
        return m * exp(t->sigma * dice_normal(d));
    case UNIFORM:
        return m * (1 + t->sigma * (2 * dice_roll(d) - 1));
    case BIMODAL:
        return dice_roll(d) < t->sigma ? 2000 + 4000 * dice_roll(d)
                                       : m * exp(0.15 * dice_normal(d));
    case SLOWER:
        return (i < n / 2 ? m : 2 * m) * exp(t->sigma * dice_normal(d));
    case FASTER:
        return (i < n / 2 ? m : m / 2) * exp(t->sigma * dice_normal(d));
    case ALIKE:
        return m;
    }
    return m;
}

// --- who asks
enum asker { FIXED, SDK, PLANNED };

#define POLLING_KEPT 20000
struct outcome {
    double polls, lag, p95; // of a task; ms
    int n;
    double lags[POLLING_KEPT];
};

struct polling {
    enum asker who;
    int64_t floor;
    struct forecast forecast;
    struct dice dice;
};

static inline double polling_wait(struct polling *p, double age, bool first)
{
    if (p->who == FIXED)
        return (double)p->floor;
    if (p->who == SDK)
        return 6000 - 1500 + 3000 * dice_roll(&p->dice);
    return (double)forecast_wait(&p->forecast, p->floor, (int64_t)ceil(age),
                                 first, dice_roll(&p->dice));
}

// One task, from its acceptance to the poll that finds it ended.
static inline void polling_task(struct polling *p, double takes, double *lag,
                                double *polls)
{
    double age = 0, ran = 0;
    *polls = 0;
    for (bool first = true;; first = false) {
        age += polling_wait(p, age, first);
        ++*polls;
        if (age >= takes)
            break;
        ran = age;
    }
    *lag = age - takes;
    if (p->who == PLANNED)
        forecast_learn(&p->forecast, ran, age);
}

static inline int polling_by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// `n` tasks one after the other, of which the first `skip` do not count.
static inline void polling_run(struct polling *p, const struct tasks *t,
                               uint64_t seed, int skip, int n,
                               struct outcome *out)
{
    struct dice d = {seed};
    p->dice.state = seed * 77 + 5;
    out->polls = out->lag = 0;
    out->n = 0;
    for (int i = 0; i < n; i++) {
        double lag, polls;
        polling_task(p, tasks_take(t, &d, i, n), &lag, &polls);
        if (i < skip)
            continue;
        out->lags[out->n++] = lag;
        out->lag += lag;
        out->polls += polls;
    }
    out->lag /= out->n;
    out->polls /= out->n;
    qsort(out->lags, (size_t)out->n, sizeof(double), polling_by_size);
    out->p95 = out->lags[(size_t)(out->n * 0.95)];
}
