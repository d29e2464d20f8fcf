// Runway's own API has no field for the camera's motion, but a prompt may say
// it: "… Camera: x 4, y 0.5, z -2, r 6, bg_x_pan 1, bg_y_pan 1." at its end.
// Our own client writes it in just this form.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "gateway/render.h"

// True when the prompt ends so: fills `motion` and tells in `keep` how many
// bytes of the prompt come before it. Each axis is optional, in this order;
// anything else is words like all others.
bool official_camera(const char *prompt, double motion[RENDER_AXES],
                     size_t *keep);
