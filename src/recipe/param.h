// One parameter of a recipe: what it takes. For this room, and for what asks
// for a recipe's parameters before it is read.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"

#define PARAM_CHOICES_MAX 100

enum param_type {
    PARAM_ANY, // no type and no default: what is given, as YAML reads it
    PARAM_STRING,
    PARAM_NUMBER,
    PARAM_INTEGER,
    PARAM_BOOLEAN,
    PARAM_CHOICE,
    PARAM_FILE,
};

struct param {
    const char *name;
    struct pos pos;
    enum param_type type;
    const struct value *fallback; // NULL: none
    const struct value *choices;  // of PARAM_CHOICE
    const char *help;             // or NULL
    bool has_min, has_max;        // of a number or an integer
    double min, max;
    bool faulty; // its own lines are wrong: what it takes is not known
};

// What `member` of the map `params` says; borrowed from it. Mistakes are
// problems at their positions.
void param_read(const struct value_member *member, struct param *param,
                struct problems *problems);

// "string", "number" …; NULL of PARAM_ANY.
const char *param_type_name(enum param_type type);
// "a number from 0 to 10"; owned.
char *param_words(const struct param *param);

// The word of a command line as the type reads it; owned. It may not fit.
struct value *param_value(const struct param *param, const char *text);
bool param_takes(const struct param *param, const struct value *v);
// " (did you mean 'day'?)" for a choice that is nearly one, or ""; owned.
char *param_hint(const struct param *param, const struct value *v);

// Whether the parameter `name` of the recipe `tree` is of the type file.
bool param_is_file(const struct value *tree, const char *name);
