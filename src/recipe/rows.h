// Axes whose points stand in a file of their own: `scene: {file: shots.csv}`
// becomes a zip group. Reading the file is for whoever has files.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"

// The value of `file` where `axis`, what stands at an axis, is such a map; else
// NULL.
const struct value *rows_file(const struct value *axis);

// The zip group of a CSV file's columns (csv_read()), which it takes: columns
// of text fields stay texts, others are read as YAML. Owned.
struct value *rows_of_csv(struct value *columns);

// The same of a YAML list of maps with the same keys. NULL after adding to
// `problems`.
struct value *rows_of_list(const struct value *list, struct problems *problems);
