// What the live display of a run costs: 1,000 tasks under way, each with news
// of its progress once a second, twenty a second that end and begin anew, each
// with a line that scrolls away; a minute of that, in virtual time, on a real
// terminal that somebody reads. tools/bench_display.sh builds and runs it.

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/inside.h"
#include "ui/display.h"

#define TASKS 1000
#define TICK_MS 100
#define SECONDS 60
#define NEWS_A_TICK (TASKS * TICK_MS / 1000)
#define ENDS_A_TICK 2

static int64_t now_ms = 1000000;
static char shop[] = "shop";
static const struct gateway gateway = {.name = shop, .identity = shop};
static struct gate gate = {.gateway = &gateway};
static struct purchase tasks[TASKS];
static struct summary summary = {.cells = 100000};

static int64_t at(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static void note(struct display *display, struct purchase *p)
{
    display_note(display, ENGINE_CHANGED, p, NULL);
}

static void end_and_begin(struct display *display, struct purchase *p)
{
    p->settled = true;
    p->state = ATTEMPT_DELIVERED;
    summary.delivered++;
    note(display, p);
    log_info("%s is there", p->cell);
    p->settled = false;
    p->state = ATTEMPT_RUNNING;
    p->progress = 0;
    note(display, p);
}

static void play(struct display *display)
{
    size_t next = 0, ends = 0;
    for (int tick = 0; tick < SECONDS * 1000 / TICK_MS; tick++) {
        now_ms += TICK_MS;
        for (int i = 0; i < NEWS_A_TICK; i++, next = (next + 1) % TASKS) {
            tasks[next].progress += 0.01;
            note(display, &tasks[next]);
        }
        for (int i = 0; i < ENDS_A_TICK; i++, ends = (ends + 7) % TASKS)
            end_and_begin(display, &tasks[ends]);
        display_tick(display);
    }
}

// A child that reads what is shown, as a terminal does. Its bytes.
static pid_t show_on(int columns, int lines, int *count)
{
    struct winsize size = {.ws_col = (unsigned short)columns,
                           .ws_row = (unsigned short)lines};
    int ours, theirs, pipes[2];
    if (openpty(&ours, &theirs, NULL, NULL, &size) != 0 || pipe(pipes) != 0)
        exit(1);
    pid_t child = fork();
    if (child == 0) {
        static char bytes[65536];
        long long all = 0;
        close(theirs);
        for (ssize_t n; (n = read(ours, bytes, sizeof(bytes))) > 0;)
            all += n;
        _exit(write(pipes[1], &all, sizeof(all)) != sizeof(all));
    }
    dup2(theirs, STDERR_FILENO);
    close(theirs);
    close(ours);
    close(pipes[1]);
    *count = pipes[0];
    return child;
}

static double cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void measure(int columns, int lines)
{
    static const struct clock clock = {.wall_ms = at, .mono_ms = at};
    int quiet = dup(STDERR_FILENO), count;
    long long bytes = 0;
    pid_t child = show_on(columns, lines, &count);
    struct display *display = display_new(DISPLAY_LIVE, &clock, &summary);
    display_take_log(display);
    for (size_t i = 0; i < TASKS; i++)
        note(display, &tasks[i]);
    double before = cpu_ms();
    play(display);
    double used = cpu_ms() - before;
    display_free(display);
    dup2(quiet, STDERR_FILENO);
    close(quiet);
    if (read(count, &bytes, sizeof(bytes)) != sizeof(bytes))
        exit(1);
    close(count);
    waitpid(child, NULL, 0);
    printf("%4d x %-4d %8.2f %% of a core %8.1f kB a second\n", columns, lines,
           used / (SECONDS * 10), (double)bytes / 1000 / SECONDS);
}

int main(void)
{
    for (size_t i = 0; i < TASKS; i++)
        tasks[i] = (struct purchase){.gate = &gate,
                                     .cell = xasprintf("orbit/x%zu_r%zu", i, i),
                                     .route = shop,
                                     .state = ATTEMPT_RUNNING};
    printf("%d tasks, %d s\n", TASKS, SECONDS);
    measure(80, 24);
    measure(200, 60);
    measure(20, 5);
    for (size_t i = 0; i < TASKS; i++)
        free(tasks[i].cell);
    return 0;
}
