// What a recipe is made of besides its own file: files that it includes, words
// behind it on the command line, defaults of its gateway, files of rows.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

struct sources {
    struct recipe_param *params; // -p, and words that give a parameter
    size_t n_params;
    // Absolute paths that the user gave as parameters of the type file,
    // NULL-ended: these may be read wherever they lie.
    char **files;
    size_t n_files;
    char **names; // of params, ours
    size_t n_names;
    bool no_rows; // the tree is whole but for files of rows
};

// Make *tree, what stands in `file`, whole; another tree may take its place.
// `dir`: absolute, the folder of `file`. The options' first word is the recipe,
// and those behind it that override_is() change it. False, after adding to
// `problems`, where the tree is not whole; a word that is wrong is only added.
// sources_free() in either case.
bool sources_read(struct value **tree, const char *file, const char *dir,
                  const struct options *options, struct sources *sources,
                  struct problems *problems);
void sources_free(struct sources *sources);

// Of a field or a parameter that takes a file: what `v` names is there, below
// `dir` or one of `files`; URLs, data: URIs and templates are not looked at.
void sources_check_file(const char *dir, const char *const *files,
                        const char *field, const struct value *v,
                        struct problems *problems);

// Only the files that `tree` includes. For who wants to know what a recipe
// says, not to run it.
bool sources_include(struct value **tree, const char *file, const char *dir,
                     struct problems *problems);
