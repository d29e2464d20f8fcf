// The rows of a file of ratings, checked. For ratings.c only.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"

#define RATINGS_MOST 5 // stars

struct rating_row {
    const struct value *axes; // a map, borrowed from the tree
    int take;                 // from 1
    int rating;               // 0 to RATINGS_MOST
    const char *verdict;      // "", "keep" or "reject"; static
};

// The rows of `tree`, in the order of the file; *n of them; owned. NULL after
// adding to `problems` everything that is wrong with it.
struct rating_row *ratings_rows(const struct value *tree, size_t *n,
                                struct problems *problems);
