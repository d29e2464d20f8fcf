// The clips that a request names, and the frames of clips, made ready to be
// sent. Nothing is done for them before the request really is to be bought:
// what is hashed is their names.

#pragma once

#include "engine/inside.h"

// Does `gateway` take pictures and films as data: URIs?
bool frames_as_data(const struct gateway *gateway);

// `then` runs, now or in a later engine_step(), when p->frames->sources holds
// for each such field what files_send() sends: the file of the picture or of
// the clip, or the address that the service gave it where the gateway takes no
// files, or none so large. Otherwise `p` settles, not bought.
void frames_prepare(struct purchase *p, purchase_fn *then);
void frames_free(struct purchase *p); // also when there are none
