// One row of a dialect's table against what a request says. For this room only.

#pragma once

#include "data/problem.h"
#include "data/value.h"
#include "recipe/fields.h"

// The model that a request is for: its own, or the table's; NULL: none.
const char *field_model(const struct field_table *table,
                        const struct value *request);

// A value of the right type against the row of `name` that is for `model`.
void field_row_check(const struct field_table *table, const char *model,
                     const char *name, const struct value *v,
                     struct problems *p);

// Whether the request's model is known, to the table or by its price.
void field_model_check(const struct field_table *table,
                       const struct value *request, struct problems *p);

// What the request's model cannot do without.
void field_needed_check(const struct field_table *table,
                        const struct value *request, struct problems *p);
