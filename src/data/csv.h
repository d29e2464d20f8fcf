// CSV in, as RFC 4180 has it: fields between commas, a header line first,
// quotes around what holds commas, quotes or line ends.

#pragma once

#include "data/problem.h"
#include "data/value.h"

#define CSV_BYTES_MAX (4u << 20)
#define CSV_COLUMNS_MAX 64
#define CSV_ROWS_MAX 100000
#define CSV_FIELDS_MAX 500000 // of all rows together

// A map of the columns, in order, each a list of texts, one a row, with their
// positions in the file that `problems` numbers `file`; an empty field without
// quotes is null. NULL after adding to `problems`: not UTF-8, no header, a name
// twice or empty, a row of more or fewer fields, a quote that does not end.
struct value *csv_read(const char *text, size_t len, int file,
                       struct problems *problems);
