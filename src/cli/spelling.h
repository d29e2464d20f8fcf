// What a command and an option are made of, read from the lines that --help
// prints, so that nothing has to be said twice.

#pragma once

#include <stdbool.h>

#include "cli/command.h"

struct spelling {
    char *letter; // "v"; or NULL
    char *name;   // "verbose"; or NULL
    char *value;  // "NAME"; NULL: it takes none
    char *help;   // the first line
};

void spelling_of(struct spelling *spelling, const struct option_line *line);
void spelling_free(struct spelling *spelling);

bool command_takes(const struct command *command,
                   const struct option_line *line);

enum words {
    WORDS_NONE,   // nothing that a shell could know
    WORDS_RECIPE, // recipes
    WORDS_FILE,   // files of any kind
    WORDS_CHOICE, // what stands there, as "bash|zsh|fish"
};
enum words command_words(const struct command *command);
// Fields of a request, behind its one recipe or its prompt.
bool command_has_fields(const struct command *command);
// "bash zsh fish"; owned.
char *command_choices(const struct command *command);
