// The commands, as a table: what there is to type, for --help, for shells and
// for the manual.

#pragma once

#include <stddef.h>

#include "cli/options.h"

struct command {
    const char *name, *arguments, *summary;
    int options;          // OPTION_ bits
    const char *examples; // a line each, indented by two; NULL: handed over
                          // before options are read
    int (*run)(const struct options *options);
};
extern const struct command commands[];
extern const size_t n_commands;

// An option as --help has it; `bit` 0: every command takes it.
struct option_line {
    int bit;
    const char *line;
};
extern const struct option_line option_lines[];
extern const size_t n_option_lines;
