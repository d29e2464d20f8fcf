// What a dry engine has let go of, in a temporary database: whole fingerprints,
// so that none is taken for another, and of any number of cells a few MB in
// memory.

#pragma once

#include "base/err.h"
#include "engine/dry.h"

struct seen *seen_new(struct err *err); // NULL with `err`
struct dry_seen seen_table(struct seen *seen);
void seen_free(struct seen *seen); // NULL is fine
