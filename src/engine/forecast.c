#include "engine/forecast.h"

#include <math.h>
#include <stdlib.h>

#define NEEDED 5 // fewer say nothing of the next
#define LONGEST (30.0 * 24 * 3600 * 1000)
#define ROUNDS 24 // of expectation and maximisation
#define PARTS (2 * FORECAST_KNOWN)
#define GRAINS 16 // in the time between two polls: no finer
#define ALMOST_NONE 1e-6
#define GRAIN_LEAST 10

#define HUMPS_APART 2.0
#define HUMPS_FEW 30.0 // more, divided by how many are known
#define WIDEN 1.0      // of the spread of its hump
#define WIDEN_FEW 4.0  // divided by how many are in it
#define WIDEN_MOST 3.0

#define SCAN_STEPS 64
#define PHASES 8
#define POLL_PRICE 0.05 // of the time between two polls, in lag
#define SWEEP_STEPS 48
#define GAP_STEPS 4
#define GAP_MASS 0.005
#define GAP_SHARE 0.25 // of FORECAST_SHARE
#define REST_LEAST 0.01

#define TAIL 0.02 // of what is known: beyond it is a surprise
#define CALM 0.25
#define SURPRISED 3
#define KEPT 3

#define PROBED 8     // one in so many
#define PROBE_PART 4 // of its time, earlier at most
#define HANG_UNKNOWN (30.0 * 60 * 1000)
#define HANG_TIMES 3.0 // the largest that is known
#define HANG_FEW 30.0  // more, divided by how many are known
#define HANG_GROWTH 0.05
#define HANG_MOST 60000
#define WAIT_MOST (10 * 60 * 1000)
#define LATE_TIMES 1.5 // the same, for one that would have called back
#define LATE_FEW 4.0
#define LATE_GROWTH 0.25

// A distribution: each part is even.
struct part {
    double from, to, mass;
};
struct parts {
    struct part at[PARTS];
    int n;
};

static double clamp(double x, double least, double most)
{
    return x < least ? least : x > most ? most : x;
}

// --- what is learned
static void forget_old(struct forecast *f)
{
    struct forecast_range kept[KEPT];
    for (int i = 0; i < KEPT; i++)
        kept[i] =
            f->known[(f->next - KEPT + i + FORECAST_KNOWN) % FORECAST_KNOWN];
    for (int i = 0; i < KEPT; i++)
        f->known[i] = kept[i];
    f->n = f->next = KEPT;
    f->unseen = f->n;
    f->early = f->late = f->high = 0;
}

static void score(double *of, bool surprise)
{
    *of = surprise ? *of + 1 : *of > CALM ? *of - CALM : 0;
}

void forecast_learn(struct forecast *f, double least, double most)
{
    if (!(most >= 0) || !(least <= most) || most > LONGEST)
        return;
    f->known[f->next] = (struct forecast_range){least > 0 ? least : 0, most};
    f->next = (f->next + 1) % FORECAST_KNOWN;
    if (f->n < FORECAST_KNOWN)
        f->n++;
    f->unseen++;
    if (f->high <= 0)
        return;
    score(&f->early, most < f->low);
    score(&f->late, least > f->high);
    if (f->n > KEPT && (f->early >= SURPRISED || f->late >= SURPRISED))
        forget_old(f);
}

// --- one distribution of all
static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Where ranges begin and end, those closer than a grain as one. How many.
static int find_edges(const struct forecast *f, double grain, double *edges)
{
    int n = 0, kept = 0;
    for (int i = 0; i < f->n; i++) {
        edges[n++] = f->known[i].least;
        edges[n++] = fmax(f->known[i].most, f->known[i].least + grain);
    }
    qsort(edges, (size_t)n, sizeof(*edges), by_size);
    for (int i = 1; i < n; i++)
        if (edges[i] - edges[kept] >= grain)
            edges[++kept] = edges[i];
    if (kept == 0)
        edges[++kept] = edges[0] + grain;
    return kept + 1;
}

// The last edge that is not beyond `x`.
static int edge_of(const double *edges, int n, double x)
{
    int low = 0, high = n - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (edges[middle] <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

// Each range as the parts that it covers: [from, to).
struct cover {
    int from, to;
};

static void cover_all(const struct forecast *f, const double *edges, int n,
                      struct cover *covers)
{
    for (int i = 0; i < f->n; i++) {
        int from = edge_of(edges, n, f->known[i].least);
        int to = edge_of(edges, n, f->known[i].most);
        if (edges[to] < f->known[i].most && to < n - 1)
            to++;
        if (to <= from)
            to = from + 1;
        if (to > n - 1) {
            to = n - 1;
            from = from < to ? from : to - 1;
        }
        covers[i] = (struct cover){from, to};
    }
}

// Once: each range is spread over its parts as all of them together say.
static void spread_once(struct parts *parts, const struct cover *covers, int n)
{
    double before[PARTS + 1] = {0}, shares[PARTS + 1] = {0};
    for (int i = 0; i < parts->n; i++)
        before[i + 1] = before[i] + parts->at[i].mass;
    for (int i = 0; i < n; i++) {
        double mass = before[covers[i].to] - before[covers[i].from];
        double share = 1 / (n * fmax(mass, ALMOST_NONE));
        shares[covers[i].from] += share;
        shares[covers[i].to] -= share;
    }
    double share = 0;
    for (int i = 0; i < parts->n; i++) {
        share += shares[i];
        parts->at[i].mass *= share;
    }
}

static void drop_empty(struct parts *parts)
{
    int n = 0;
    double all = 0;
    for (int i = 0; i < parts->n; i++)
        if (parts->at[i].mass > ALMOST_NONE)
            parts->at[n++] = parts->at[i];
    for (int i = 0; i < n; i++)
        all += parts->at[i].mass;
    for (int i = 0; i < n; i++)
        parts->at[i].mass /= all;
    parts->n = n;
}

static void estimate(const struct forecast *f, double grain,
                     struct parts *parts)
{
    double edges[PARTS];
    struct cover covers[FORECAST_KNOWN];
    int n = find_edges(f, grain, edges);
    cover_all(f, edges, n, covers);
    parts->n = n - 1;
    double all = edges[n - 1] - edges[0];
    for (int i = 0; i < parts->n; i++)
        parts->at[i] = (struct part){edges[i], edges[i + 1],
                                     (edges[i + 1] - edges[i]) / all};
    for (int i = 0; i < ROUNDS; i++)
        spread_once(parts, covers, f->n);
    drop_empty(parts);
}

static double quantile(const struct parts *parts, double q)
{
    int i = 0;
    for (; i < parts->n - 1 && q > parts->at[i].mass; i++)
        q -= parts->at[i].mass;
    const struct part *p = &parts->at[i];
    return p->from + (p->to - p->from) * clamp(q / p->mass, 0, 1);
}

// What is known is not all that there is: each part is widened as its hump is
// wide, and has few.
static void widen_hump(struct part *at, int n_parts, int known)
{
    double mass = 0, mean = 0, square = 0;
    for (int i = 0; i < n_parts; i++) {
        double x = log((at[i].from + at[i].to) / 2);
        mass += at[i].mass;
        mean += at[i].mass * x;
        square += at[i].mass * x * x;
    }
    mean /= mass;
    double spread = sqrt(fmax(square / mass - mean * mean, 0));
    double by = fmin(WIDEN * spread + WIDEN_FEW / (mass * known), WIDEN_MOST);
    for (int i = 0; i < n_parts; i++) {
        at[i].from *= exp(-by);
        at[i].to *= exp(by);
    }
}

static void widen(struct parts *parts, int known)
{
    double apart = HUMPS_APART + HUMPS_FEW / known;
    int begin = 0;
    for (int i = 1; i <= parts->n; i++) {
        bool goes_on =
            i < parts->n && parts->at[i].from <= apart * parts->at[i - 1].to;
        if (goes_on)
            continue;
        widen_hump(&parts->at[begin], i - begin, known);
        begin = i;
    }
}

// What is left of it for a task that still ran at `age`; *rest: how much.
static void cut(const struct parts *parts, double age, struct parts *left,
                double *rest)
{
    *rest = 0;
    left->n = 0;
    for (int i = 0; i < parts->n; i++) {
        struct part p = parts->at[i];
        if (p.to <= age)
            continue;
        if (p.from < age) {
            p.mass *= (p.to - age) / (p.to - p.from);
            p.from = age;
        }
        *rest += p.mass;
        left->at[left->n++] = p;
    }
    for (int i = 0; i < left->n; i++)
        left->at[i].mass /= *rest;
}

// --- polls at `first`, and then every `step`
struct comb {
    double first, step;
};

// The integral of the lag, from `first` to x.
static double lag_until(const struct comb *c, double x)
{
    double beyond = x - c->first;
    if (beyond <= 0)
        return -beyond * beyond / 2;
    double whole = floor(beyond / c->step), rest = beyond - whole * c->step;
    return whole * c->step * c->step / 2 + c->step * rest - rest * rest / 2;
}

static double polls_until(const struct comb *c, double x)
{
    double beyond = fmax(x - c->first, 0);
    return beyond * beyond / (2 * c->step) + beyond / 2;
}

// Mean lag and polls of a task.
static void weigh(const struct parts *parts, const struct comb *c, double *lag,
                  double *polls)
{
    *lag = 0;
    *polls = 1;
    for (int i = 0; i < parts->n; i++) {
        const struct part *p = &parts->at[i];
        double each = p->mass / (p->to - p->from);
        *lag += each * (lag_until(c, p->to) - lag_until(c, p->from));
        *polls += each * (polls_until(c, p->to) - polls_until(c, p->from));
    }
}

// How much of the wait for `first` is for nothing.
static double idle(const struct parts *parts, double first)
{
    double all = 0;
    for (int i = 0; i < parts->n; i++) {
        const struct part *p = &parts->at[i];
        double a = fmax(first - p->from, 0), b = fmax(first - p->to, 0);
        all += p->mass * (a * a - b * b) / (2 * (p->to - p->from));
    }
    return all;
}

// How far `first` may be for so much of that.
static double idle_reaches(const struct parts *parts, double least, double most,
                           double allowed)
{
    double low = least, high = most;
    while (high - low > GRAIN_LEAST) {
        double middle = (low + high) / 2;
        if (idle(parts, middle) <= allowed)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// The best first poll for a task that runs at `age`.
static double choose(const struct parts *parts, double age, double step,
                     double share)
{
    struct comb always = {age + step, step};
    double usual, n, most = age + step;
    weigh(parts, &always, &usual, &n);
    double allowed = (1 + share) * fmin(usual, step / 2);
    for (int i = 0; i < parts->n; i++)
        most = fmax(most, parts->at[i].to);
    double from = idle_reaches(parts, age + step, most, share * step / 8);
    double best = from, best_lag = INFINITY, best_cost = INFINITY;
    for (int i = 0; i < SCAN_STEPS && from <= most; i++) {
        struct comb c = {from, step};
        double lag, polls;
        weigh(parts, &c, &lag, &polls);
        double cost = lag + POLL_PRICE * step * polls;
        bool fine = lag <= allowed;
        if (fine ? cost < best_cost || best_lag > allowed
                 : best_lag > allowed && lag < best_lag) {
            best = from;
            best_lag = lag;
            best_cost = cost;
        }
        from += fmax(step / PHASES, from / 100);
    }
    return best;
}

// --- the look
static void add_zone(struct forecast *f, double from, double to)
{
    if (f->n_zones < FORECAST_ZONES)
        f->zones[f->n_zones++] = (struct forecast_range){from, to};
}

static double mass_until(const struct parts *parts, double x)
{
    double mass = 0;
    for (int i = 0; i < parts->n; i++) {
        const struct part *p = &parts->at[i];
        mass += p->mass * clamp((x - p->from) / (p->to - p->from), 0, 1);
    }
    return mass;
}

// Behind the first poll: where few of those that are left end.
static void find_gaps(struct forecast *f, const struct parts *parts, double age)
{
    for (int i = 0; i < SWEEP_STEPS; i++, age += f->step) {
        double before = mass_until(parts, age), rest = 1 - before;
        double soon = mass_until(parts, age + GAP_STEPS * f->step) - before;
        if (rest < REST_LEAST)
            return;
        if (soon > GAP_MASS * rest)
            continue;
        struct parts left;
        cut(parts, age, &left, &rest);
        double to = choose(&left, age, f->step, FORECAST_SHARE * GAP_SHARE);
        if (to < age + 2 * f->step)
            continue;
        add_zone(f, age + f->step / 2, to);
        age = to - f->step;
    }
}

// The time between two polls, where it may be chosen.
static double chosen_step(const struct forecast *f, double left)
{
    double worth = f->worth > 0 ? f->worth : FORECAST_WORTH_MS;
    double least = (double)f->floor;
    return clamp(sqrt(2 * fmax(left, 0) * worth), least,
                 fmax(least, FORECAST_USUAL_MS));
}

static double mean_left(const struct parts *parts, double age)
{
    double mean = 0, rest = fmax(1 - mass_until(parts, age), REST_LEAST);
    for (int i = 0; i < parts->n; i++)
        mean += parts->at[i].mass * (parts->at[i].from + parts->at[i].to) / 2;
    return (mean + idle(parts, age) - age) / rest;
}

static void look(struct forecast *f)
{
    struct parts parts;
    f->unseen = f->n_zones = 0;
    f->step = (double)f->floor;
    estimate(f, f->step / GRAINS, &parts);
    f->low = quantile(&parts, TAIL);
    f->high = quantile(&parts, 1 - TAIL);
    f->most = parts.at[parts.n - 1].to;
    if (!f->planned)
        return;
    widen(&parts, f->n);
    double first = choose(&parts, 0, f->step, FORECAST_SHARE);
    double step = chosen_step(f, mean_left(&parts, first));
    if (step > f->step) {
        f->step = step;
        first = choose(&parts, 0, step, FORECAST_SHARE);
    }
    add_zone(f, 0, first);
    find_gaps(f, &parts, first);
}

// --- the next poll
static double spacing(const struct forecast *f, double age)
{
    bool known = f->n >= NEEDED;
    double step = known ? f->step : chosen_step(f, age);
    double times = HANG_TIMES + HANG_FEW / fmax(f->n, 1);
    double beyond = age - (known ? times * f->most : HANG_UNKNOWN);
    return fmax(step, fmin(HANG_GROWTH * beyond, HANG_MOST));
}

// `plan`: of the polls, too; it takes the longest.
static void look_again(struct forecast *f, int64_t floor_ms, bool plan)
{
    if (floor_ms == f->floor && f->unseen <= f->n / PROBED &&
        (f->planned || !plan))
        return;
    f->floor = floor_ms;
    f->planned = plan;
    if (f->n >= NEEDED)
        look(f);
}

static int64_t bounded(double wait, int64_t floor_ms)
{
    double most = floor_ms > WAIT_MOST ? (double)floor_ms : WAIT_MOST;
    return (int64_t)ceil(clamp(wait, (double)floor_ms, most));
}

int64_t forecast_wait(struct forecast *f, int64_t floor_ms, int64_t age,
                      bool first, double chance)
{
    look_again(f, floor_ms, true);
    double now = (double)age, next = now + spacing(f, now);
    for (int i = 0; i < f->n_zones && f->n >= NEEDED; i++)
        if (next > f->zones[i].least && next < f->zones[i].most)
            next = f->zones[i].most;
    if (first && f->n >= NEEDED && chance * PROBED < 1)
        next -= fmax(f->step, next / PROBE_PART) * chance * PROBED;
    return bounded(next - now, floor_ms);
}

static double late_from(struct forecast *f, int64_t floor_ms,
                        int64_t unknown_ms)
{
    look_again(f, floor_ms, false);
    if (f->n < NEEDED)
        return (double)unknown_ms;
    return (LATE_TIMES + LATE_FEW / f->n) * f->most + (double)floor_ms;
}

bool forecast_is_late(struct forecast *f, int64_t floor_ms, int64_t age,
                      int64_t unknown_ms)
{
    return (double)age >= late_from(f, floor_ms, unknown_ms);
}

int64_t forecast_patience(struct forecast *f, int64_t floor_ms, int64_t age,
                          int64_t unknown_ms)
{
    double now = (double)age, late = late_from(f, floor_ms, unknown_ms);
    double more = fmin(LATE_GROWTH * now, HANG_MOST);
    return bounded(now < late ? late - now : more, floor_ms);
}
