// The recipe that a command line means, as the ledger knows it: by name.

#pragma once

#include "cli/options.h"
#include "ledger/ledger.h"

struct recipe_named {
    char *name; // NULL: no word was given
    char *dir;  // of its file; NULL: the word is no file
    bool is_file;
};
// From `word`; NULL: none was given. The exit code, after saying what is wrong
// with the file.
int recipe_name_read(const char *word, const struct options *options,
                     struct recipe_named *named);
void recipe_named_free(struct recipe_named *named);

// A word that is no file is the name of a recipe that was run, else a mistake.
bool recipe_is_known(struct ledger *ledger, const char *word, struct err *err);
