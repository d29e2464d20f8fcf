#include "script/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 512
#define STEP_NS 20 // a slow instruction
#define LOOKS 20   // in one limit

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_t thread;
    struct clock_cpu watched;
    struct watchdog_config config;
    bool on; // of the watched thread alone; the rest is under the mutex
    bool stopping, late;
    int depth;
    uint64_t entry; // counts, so that two are not taken for one
    int64_t steps;  // of this entry
    const char *what, *name;
} dog = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// Holds the mutex, so that the script cannot come back meanwhile.
static void end(void)
{
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof(line),
             "%s%sthe %s is stuck in one operation for %d s",
             dog.name ? dog.name : "", dog.name ? ": " : "", dog.what,
             (int)(dog.config.limit_ms / 1000));
    dog.config.stuck(dog.config.arg, line);
    abort();
}

static void nap(int64_t ms)
{
    int64_t until = clock_mono_ms(&clock_system) + ms;
    struct timespec t = {.tv_sec = (time_t)(until / 1000),
                         .tv_nsec = (long)(until % 1000) * 1000000};
    pthread_cond_timedwait(&dog.wake, &dog.mutex, &t);
}

static void *watch(void *arg)
{
    (void)arg;
    uint64_t seen = 0;
    int64_t since = 0;
    pthread_mutex_lock(&dog.mutex);
    for (; !dog.stopping; nap(dog.config.limit_ms / LOOKS + 1)) {
        if (dog.depth == 0)
            continue;
        int64_t now = clock_cpu_ms(&dog.watched);
        if (seen != dog.entry) {
            seen = dog.entry;
            since = now;
            continue;
        }
        int64_t unseen = now - since - dog.steps / (1000000 / STEP_NS);
        dog.late = unseen >= dog.config.limit_ms / 2;
        if (unseen >= dog.config.limit_ms)
            end();
    }
    pthread_mutex_unlock(&dog.mutex);
    return NULL;
}

// The thread takes no signal: they are for the loop.
static bool start_thread(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&dog.thread, NULL, watch, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

void watchdog_start(const struct watchdog_config *config)
{
    if (dog.on || !clock_cpu_mine(&dog.watched))
        return;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&dog.wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    dog.config = *config;
    if (dog.config.limit_ms == 0)
        dog.config.limit_ms = WATCHDOG_MS;
    dog.stopping = dog.late = false;
    dog.on = start_thread();
    if (!dog.on)
        pthread_cond_destroy(&dog.wake);
}

void watchdog_stop(void)
{
    if (!dog.on)
        return;
    pthread_mutex_lock(&dog.mutex);
    dog.stopping = true;
    pthread_cond_signal(&dog.wake);
    pthread_mutex_unlock(&dog.mutex);
    pthread_join(dog.thread, NULL);
    pthread_cond_destroy(&dog.wake);
    dog.on = false;
}

void watchdog_enter(const char *what, const char *name)
{
    if (!dog.on)
        return;
    pthread_mutex_lock(&dog.mutex);
    if (dog.depth++ == 0) {
        dog.entry++;
        dog.steps = 0;
        dog.late = false;
        dog.what = what;
        dog.name = name;
    }
    pthread_mutex_unlock(&dog.mutex);
}

void watchdog_leave(void)
{
    if (!dog.on)
        return;
    pthread_mutex_lock(&dog.mutex);
    dog.depth--;
    pthread_mutex_unlock(&dog.mutex);
}

bool watchdog_worked(int64_t steps)
{
    if (!dog.on)
        return false;
    pthread_mutex_lock(&dog.mutex);
    dog.steps += steps;
    bool late = dog.late;
    pthread_mutex_unlock(&dog.mutex);
    return late;
}
