// What a request may say. The neutral fields are the same for every service; a
// dialect narrows them by a table of its own (ranges, choices, models).

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"

enum field_type {
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_INTEGER,
    FIELD_BOOLEAN,
    FIELD_FILE, // path beside the recipe, or http(s) URL, or data: URI; or a
                // clip that was delivered, or a frame of one: see frame.h
    FIELD_ANY,  // "extra" and what is below it: passed through
};

// One row of a dialect's table, for one route.
struct field {
    const char *name; // dotted: "motion.x"
    enum field_type type;
    bool required;
    bool has_min, has_max;
    double min, max;
    const char *const *choices; // NULL-ended: texts, or numbers as text; NULL
    const char *const *models;  // NULL-ended: only these use it; NULL: all.
                                // Given to another model it is a warning.
    bool strict;      // … an error, where the table knows that model
    size_t bytes_max; // FIELD_FILE: of a data: URI; 0: no limit
};

// A name may have several rows, for different models: the first that is for
// the request's model counts.
struct field_table {
    const char *dialect; // for messages: "reverse"
    const char *route;   // "generate", "video2video"
    const struct field *fields;
    size_t n;
    const char *model;         // of a request that names none; or NULL
    const char *const *models; // NULL-ended: all that are known; NULL: any is
    const char *as_of;         // when they were; or NULL
    // model -> price, of a gateway: these are known, too ("*": any); or NULL
    const struct value *prices;
    // What one field does not show: called where all of them are right. NULL:
    // nothing.
    void (*check)(void *ctx, const struct field_table *table,
                  const struct value *request, struct problems *p);
    void *ctx;
};

// True when `name` is a neutral field ("prompt", "motion.x", "extra.any"); not
// for "motion" and "extra", which only hold fields.
bool field_is_neutral(const char *name);
// True for "motion" and "extra".
bool field_is_group(const char *name);
// True for a neutral field that holds a text, a path or a URL.
bool field_is_text(const char *name);
// All neutral names, NULL-ended, for "did you mean".
const char *const *field_names(void);
// Of one of these names.
enum field_type field_type_of(const char *name);
// The field that services and people call `name`: "seconds" for "duration".
// NULL when there is none.
const char *field_alias(const char *name);
// " (did you mean 'motion.x'?)" for a name that is none, or the names that may
// stand there; owned.
char *field_hint(const char *name);

// The neutral type of one field: a problem at `v` when it does not fit. A null
// fits: it means not set.
void field_check_value(const char *name, const struct value *v,
                       struct problems *p);

// Types against the neutral table: unknown fields and wrong types are problems
// at their positions. Strings that hold "${" pass every type.
void fields_check_shape(const struct value *request, struct problems *p);

// A resolved request (no "${" left) against a dialect's table: unknown to the
// dialect, missing, outside of range or choices, a model that nobody knows:
// problems; a field that the request's model does not use: a warning (strict:
// a problem), once a field, unless it says nothing (0, false, an empty text).
void fields_check(const struct field_table *table, const struct value *request,
                  struct problems *p);

// The same for a request that a script is still to complete: nothing is
// missing.
void fields_check_given(const struct field_table *table,
                        const struct value *request, struct problems *p);
