#include "cli/reading.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "report/upkeep.h"
#include "ui/display.h"

#define DRAW_MS 100
#define LINE_BYTES 200

static volatile sig_atomic_t stopped;
static const int stops[] = {SIGINT, SIGTERM};

static void on_signal(int signum)
{
    (void)signum;
    stopped = 1;
}

bool reading_stopped(void)
{
    return stopped;
}

static void draw(struct reading *reading)
{
    struct buf out;
    buf_init(&out, LINE_BYTES);
    bytes_text(reading->bytes, &out);
    if (reading->total > 0) {
        buf_str(&out, " of ");
        bytes_text(reading->total, &out);
    }
    fprintf(stderr, "\r%s read\x1b[K", out.data);
    fflush(stderr);
    buf_free(&out);
    reading->drawn = true;
}

static bool go_on(void *arg, int64_t bytes)
{
    struct reading *reading = arg;
    reading->bytes += bytes;
    if (reading->live) {
        int64_t now = clock_mono_ms(&clock_system);
        if (now - reading->drawn_ms >= DRAW_MS) {
            reading->drawn_ms = now;
            draw(reading);
        }
    }
    return !stopped;
}

void reading_clear(struct reading *reading)
{
    if (reading->drawn)
        fputs("\r\x1b[K", stderr);
    reading->drawn = false;
}

void reading_begin(struct reading *reading, bool json)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND};
    *reading = (struct reading){
        .watch = {.go_on = go_on, .arg = reading},
        .live = display_choose(json, false) == DISPLAY_LIVE,
        .drawn_ms = clock_mono_ms(&clock_system),
    };
    stopped = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
        sigaction(stops[i], &action, NULL);
}

void reading_end(struct reading *reading)
{
    reading_clear(reading);
    for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++)
        signal(stops[i], SIG_DFL);
}
