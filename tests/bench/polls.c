// Prints what each way of polling costs: tools/bench_polls.sh.

#include <stdio.h>

#include "../unit/engine/polling.h"

#define FLOOR 5000
#define WARM 200
#define TASKS 10000
#define SEED 1

static struct outcome of[3];

static void play(enum asker who, int64_t least, double worth,
                 const struct tasks *t, struct outcome *out)
{
    struct polling p = {
        .who = who, .floor = least, .forecast = {.worth = worth}};
    polling_run(&p, t, SEED, WARM, TASKS, out);
}

static void row(const char *name, const struct tasks *t)
{
    for (enum asker who = FIXED; who <= PLANNED; who++)
        play(who, FLOOR, 0, t, &of[who]);
    printf("| %s | %.1f | %.1f | %.1f | %+.0f %% |", name, of[FIXED].polls,
           of[SDK].polls, of[PLANNED].polls,
           100 * (of[PLANNED].polls / of[FIXED].polls - 1));
    printf(" %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", of[FIXED].lag / 1000,
           of[SDK].lag / 1000, of[PLANNED].lag / 1000, of[FIXED].p95 / 1000,
           of[SDK].p95 / 1000, of[PLANNED].p95 / 1000);
}

static void head(void)
{
    printf("| durations | polls: every 5 s | SDK | planned | | lag, s: every "
           "5 s | SDK | planned | p95: every 5 s | SDK | planned |\n"
           "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}

static void lognormal(void)
{
    static const double medians[] = {20, 60, 120, 300};
    static const double sigmas[] = {0.1, 0.2, 0.3, 0.5, 1};
    for (size_t m = 0; m < sizeof(medians) / sizeof(*medians); m++) {
        for (size_t s = 0; s < sizeof(sigmas) / sizeof(*sigmas); s++) {
            char name[64];
            struct tasks t = {LOGNORMAL, medians[m] * 1000, sigmas[s]};
            snprintf(name, sizeof(name), "lognormal, median %.0f s, σ %.1f",
                     medians[m], sigmas[s]);
            row(name, &t);
        }
    }
}

static void others(void)
{
    static const struct {
        const char *name;
        struct tasks tasks;
    } all[] = {
        {"all alike, 23.7 s", {ALIKE, 23700, 0}},
        {"even, 30 to 90 s", {UNIFORM, 60000, 0.5}},
        {"10 % in 2 to 6 s, else 90 s, σ 0.15", {BIMODAL, 90000, 0.1}},
        {"50 % in 2 to 6 s, else 200 s, σ 0.15", {BIMODAL, 200000, 0.5}},
        {"60 s, then 120 s, σ 0.2", {SLOWER, 60000, 0.2}},
        {"60 s, then 30 s, σ 0.2", {FASTER, 60000, 0.2}},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        row(all[i].name, &all[i].tasks);
}

static void pareto_of(double median, double sigma)
{
    static const double worths[] = {5, 10, 20, 35, 50, 75, 100, 200, 500};
    struct tasks t = {LOGNORMAL, median * 1000, sigma};
    play(FIXED, 1000, 0, &t, &of[FIXED]);
    printf("| %.0f s, σ %.1f | every 1 s | %.1f | %.2f | %.2f |\n", median,
           sigma, of[FIXED].polls, of[FIXED].lag / 1000, of[FIXED].p95 / 1000);
    play(FIXED, FLOOR, 0, &t, &of[FIXED]);
    printf("| | every 5 s | %.1f | %.2f | %.2f |\n", of[FIXED].polls,
           of[FIXED].lag / 1000, of[FIXED].p95 / 1000);
    for (size_t i = 0; i < sizeof(worths) / sizeof(*worths); i++) {
        play(PLANNED, 1000, worths[i], &t, &of[PLANNED]);
        printf("| | a poll is worth %.0f ms%s | %.1f | %.2f | %.2f |\n",
               worths[i], worths[i] == FORECAST_WORTH_MS ? " (used)" : "",
               of[PLANNED].polls, of[PLANNED].lag / 1000,
               of[PLANNED].p95 / 1000);
    }
}

int main(void)
{
    printf("%d tasks each, one after the other, after %d to learn from; at "
           "most every 5 s; the SDK waits 6 s ± 1.5 s.\n\n",
           TASKS - WARM, WARM);
    head();
    lognormal();
    others();
    printf("\nAt most every second:\n\n| durations | | polls | lag, s | p95 "
           "|\n|---|---|---:|---:|---:|\n");
    pareto_of(30, 0.3);
    pareto_of(60, 0.3);
    pareto_of(180, 0.2);
    return 0;
}
