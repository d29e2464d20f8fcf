// The small print of inputs: data: URIs, and the names of assets, which are
// what tasks leave.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/token.h"

#define INPUT_MAX (16u << 20) // bytes in a data: URI

// What is inside a data: URI of any type; owned, NULL with `err`, which calls
// the input by `name`.
void *input_decode(const char *name, const char *uri, size_t *len,
                   struct err *err);

// The name of the asset that an http(s) URL names by its path, wherever it
// leads; borrowed from `url`. NULL: none.
const char *input_asset(const char *url);

// --- assets: "<task id>.mp4", "<task id>-poster.png", "<task id>-last.png",
// and of a task that makes a picture "<task id>.png"
#define ASSET_CLIP ".mp4"
#define ASSET_POSTER "-poster.png"
#define ASSET_LAST "-last.png"
#define ASSET_PICTURE ".png"

bool asset_id_ok(const char *id, size_t len); // has the form of a task id
// The suffix of a well-formed asset name (one of the above), else NULL.
const char *asset_suffix(const char *name);
// Removes all that a task left in the folder.
void asset_remove(const char *assets, const char *id);
