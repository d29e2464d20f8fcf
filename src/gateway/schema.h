// Does a JSON value fit a schema? The schemas are of the JSON Schema that
// OpenAPI 3.1 uses, as far as our tables need it:
//
//     type (one or a list), enum, const, minimum, maximum, minLength, maxLength
//     (UTF-16 code units), minItems, maxItems, pattern-free; properties,
//     required, additionalProperties: false, items, oneOf with a discriminator
//     ({discriminator: {propertyName: model}}), $ref into `schemas`
//
// and one keyword of ours: x-accepted, the words for what a schema accepts,
// where those that are made of it say too little.
//
// Pure. What is `null` counts as not there where it is not required.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/value.h"

// What does not fit, first to last; at most SCHEMA_ISSUES_MAX are kept.
#define SCHEMA_ISSUES_MAX 20

struct schema_issue {
    // As the official API names them: "invalid_type", "invalid_value",
    // "too_small", "too_big", "unrecognized_keys", "invalid_union"
    const char *code;
    struct value *path; // list of texts and integers; owned
    char *message;      // one line, without the path: "5 or 10, found 7"; owned
    bool has_limit;
    double limit; // of too_small, too_big
};

struct schema_issues {
    struct schema_issue all[SCHEMA_ISSUES_MAX];
    size_t n;
};

// `schemas`: a map of named schemas for $ref, or NULL. Appends to `issues`,
// which starts zeroed. True when nothing was appended.
bool schema_check(const struct value *schema, const struct value *schemas,
                  const struct value *v, struct schema_issues *issues);
// What a $ref stands for; the schema itself where there is none. Borrowed.
const struct value *schema_resolved(const struct value *schemas,
                                    const struct value *schema);
void schema_issues_clear(struct schema_issues *issues);

// "options.seconds", "promptImage[0].uri"; "body" for the value itself. Owned.
char *schema_path(const struct schema_issue *issue);
// "options.seconds: 5 or 10, found 7". Owned.
char *schema_line(const struct schema_issue *issue);
