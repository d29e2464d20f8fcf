// Letting go of purchases that have ended and that nobody keeps, so that what
// an engine holds does not grow with the number of cells. A dry engine with
// `seen` lets go of all of them; a run that may (see engine_config) of those
// that are delivered: the ledger tells the same of them, if somebody asks
// again. What failed stays, because asking again must not buy again.

#pragma once

#include "engine/inside.h"

// Does anybody still need it? To be asked when it settles or is dropped.
void leaving_look(struct purchase *p);
void leaving_step(struct engine *engine); // let go of those; at the loop's top

// Whether a purchase of this fingerprint was here and has left; *shared: that
// several asked for it was said.
bool leaving_was_here(const struct engine *engine, const char *fingerprint,
                      bool *shared);
void leaving_free(struct engine *engine);
