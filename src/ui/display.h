// What a person sees while a run goes on: a live picture on a terminal, plain
// lines elsewhere, JSON lines for programs. Results go to stdout, the rest to
// stderr.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "report/progress.h"
#include "report/summary.h"
#include "script/cells.h"

enum display_mode { DISPLAY_LIVE, DISPLAY_PLAIN, DISPLAY_JSON };

// A terminal that takes more than lines, and nothing (NO_COLOR, TERM=dumb)
// speaks against it.
bool display_is_rich(int fd);
// LIVE only when stderr is one, and neither --plain nor the CI of a build
// machine speaks against it.
enum display_mode display_choose(bool json, bool plain);

// `summary` is the run's own, read whenever something is drawn; it outlives the
// display, and is brought up to date before the display is told.
struct display *display_new(enum display_mode mode, const struct clock *clock,
                            const struct summary *summary);
void display_free(struct display *display); // takes the picture away

// What it tells beyond cells and purchases; borrowed.
struct display_about {
    struct ledger *ledger; // asked at most once a second; NULL: nobody
    const char *recipe;    // name
    int64_t budget;        // of the recipe, thousandths; -1: none
    int in_flight;         // tasks at once, at least 1
};
void display_about(struct display *display, const struct display_about *about);

// Becomes the log's sink until display_free().
void display_take_log(struct display *display);

void display_note(struct display *display, enum engine_note note,
                  const struct purchase *purchase, const char *text);
void display_cell(struct display *display, const struct cell_report *report);
// Nothing more is bought for now, or it is again.
void display_pause(struct display *display, bool on);
// How far the run is, with the money as it was read last.
struct progress display_progress(const struct display *display);
// Draw or tell what it is time for. Returns after how many milliseconds it
// wants to be called again.
int64_t display_tick(struct display *display);
void display_end(struct display *display, const char *again);
