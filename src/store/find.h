// Clips of the store by the beginning of their hashes, as the names of a page's
// files have it.

#pragma once

#include <stdbool.h>

#include "base/hash.h"
#include "store/look.h"

#define STORE_NAMED_HEX 32

// The clip whose sha256 begins with `hex` (STORE_NAMED_HEX digits) and whose
// extension is `ext` (NULL: whichever it is). False: the store has none.
bool store_find(const char *state_dir, const char *hex, const char *ext,
                char sha256[HASH_HEX], char found_ext[STORE_EXT]);
