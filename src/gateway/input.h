// The images that requests bring: a data URI, a picture that we made ourselves
// (its address under /assets/), or an address on this machine. Nothing is
// fetched from elsewhere.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/token.h"

#define INPUT_MAX (16u << 20)
#define INPUT_URL_MAX 4096
#define INPUT_ACCEPTED                                                         \
    "a data: URI (image/png, image/jpeg or image/webp in base64) or an http "  \
    "URL on this machine"

enum input_kind {
    INPUT_NONE,
    INPUT_DATA,
    INPUT_ASSET, // by its name one of ours; the file may not be there
    INPUT_URL,
};

// What `image` is; false with `err` when we do not take it. `own_host` is what
// the client called us ("127.0.0.1:8787").
bool input_kind(const char *image, const char *own_host, enum input_kind *kind,
                struct err *err);

// The picture inside a data URI; owned, NULL with `err`.
void *input_decode(const char *uri, size_t *len, struct err *err);

// The name of the asset that an INPUT_ASSET means; borrowed from `url`.
const char *input_asset(const char *url);

// --- assets: "<task id>.mp4", "<task id>-poster.png", "<task id>-last.png"
#define ASSET_CLIP ".mp4"
#define ASSET_POSTER "-poster.png"
#define ASSET_LAST "-last.png"

bool asset_id_ok(const char *id, size_t len); // has the form of a task id
// The suffix of a well-formed asset name (one of the above), else NULL.
const char *asset_suffix(const char *name);
