// One order, carried out in a thread.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "gateway/inputs.h"
#include "gateway/order.h"
#include "gateway/render.h"

// Renders to the assets of task `id`; they appear under their names all
// together, or not at all. See render_clip() for the rest.
bool job_render(const struct order *order, const struct inputs *inputs,
                const char *assets, const char *id, bool draft,
                bool (*progress)(void *arg, double done), void *arg,
                struct render_facts *facts, struct err *err);
