// The frames of clips that a request names, made ready to be sent. Nothing is
// done for them before the request really is to be bought: what is hashed is
// their names.

#pragma once

#include "engine/inside.h"

// Does `gateway` take pictures as data: URIs?
bool frames_as_data(const struct gateway *gateway);

// `then` runs, now or in a later engine_step(), when p->frames.sources holds
// for each field that names a frame a picture's path, or its address where the
// gateway takes no files. Otherwise `p` settles, not bought.
void frames_prepare(struct purchase *p, purchase_fn *then);
void frames_free(struct frames *frames); // zeroed afterwards
