// What the scripts of a run collected, as one tidy table: a row a call, with
// the cell that made it and where on each axis it stands. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "recipe/recipe.h"
#include "script/cells.h"

struct results;

struct results *results_new(const struct recipe *recipe); // outlived by it
void results_free(struct results *results);

// Keep a copy of the rows of a cell that has ended, in whatever order it did.
void results_add(struct results *results, const struct cell_report *report);
size_t results_count(const struct results *results); // rows

// In order of cells, and of calls in each. Columns: cell, index, take, every
// axis ("axis.name" where its own name is another column's), name, value.
//
// CSV as RFC 4180 has it, with a line of names; what is no text, number or
// boolean is JSON in it. Where `out` is too small, out->overflow is set.
void results_csv(struct results *results, struct buf *out);
// A list of objects with these columns as keys.
void results_json(struct results *results, struct buf *out);
