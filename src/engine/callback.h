// Listening for callbacks: this run's own port, and every free port that open
// attempts of earlier runs name. What comes in is a hint, kept until
// engine_step().

#pragma once

#include "engine/inside.h"

// Listen on `host`:`port` (0: any, always the same one). The port, or 0 with
// `err`.
int listener_open(struct engine *engine, const char *host, int port,
                  struct err *err);
// Also on the ports that open attempts name, those that can be had; once.
void listener_open_old(struct engine *engine);
// And on this one: its run may have died after that.
void listener_open_also(struct engine *engine, int port);
bool listener_has(const struct engine *engine, int port);
void listener_free(struct listener *listener); // NULL is fine
