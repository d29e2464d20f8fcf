// manifest.json: what a run's outputs were made of, for whoever has the files
// and no ledger. What it may tell is what outputs may tell (report/embed.h).
// Pure; who writes it holds a cell at a time.

#pragma once

#include "base/buf.h"
#include "data/value.h"
#include "engine/gateway.h"
#include "recipe/recipe.h"
#include "script/cells.h"

#define MANIFEST_FORMAT 1
// How the one line begins that differs from run to run while nothing else does.
#define MANIFEST_RUN_LINE "  \"run\": "

struct manifest_run {
    const char *run;
    const struct value *versions; // a map: tarmac and its libraries
    const struct recipe *recipe;
    const struct value *tree;  // the recipe's, as it was run
    const struct value *given; // a list of the words on the command line
    const struct value *part;  // which cells, where not all: a map; or NULL
    const struct gateway *gateway;
};
// Everything before the first cell, and behind the last.
void manifest_begin(const struct manifest_run *run, struct buf *out);
void manifest_end(struct buf *out);

// One cell, in one line, without a newline.
void manifest_cell(const struct cell_report *report, struct buf *out);

// The names of parameters whose values stand in nothing that may be told, and
// in something that may not: the keys of a map. Owned.
struct value *manifest_secrets(const struct value *tree);
// A recipe's tree as it may be told: secrets and places on this machine are
// "(left out)". `secrets`: more keys that are; or NULL. Owned.
struct value *manifest_told(const struct value *tree,
                            const struct value *secrets);
// The same of a list of words such as "image=/home/me/a.png": what stands
// behind the '='. Owned.
struct value *manifest_words(const struct value *given,
                             const struct value *secrets);
