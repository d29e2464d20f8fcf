// What a request of Runway's own API may bring as an image, a clip or a sound:
// what can be told of it before anything is fetched.

#pragma once

#include "data/value.h"

enum official_asset {
    OFFICIAL_IMAGE,
    OFFICIAL_VIDEO,
    OFFICIAL_AUDIO,
};

// NULL: it may be. Else what is wrong with it, one line, owned. `limits` is
// `assets` of the table.
char *official_asset_wrong(const char *uri, enum official_asset kind,
                           const struct value *limits);
