// What editors read: the schema of recipes, the declarations of scripts. They
// lie in the share folder of an installed tarmac, else in .tarmac/editor.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/state.h"

struct editor {
    char *dir;   // absolute
    bool shared; // the share folder, which stays where it is
};

// Find the share folder, or write .tarmac/editor anew. False with err; free it
// in either case.
bool editor_find(struct editor *editor, const struct state *state,
                 struct err *err);
void editor_free(struct editor *editor);

// The schema as a recipe in the folder `dir` names it: relative where it lies
// in .tarmac, so that both can move together; owned.
char *editor_schema(const struct editor *editor, const char *dir);
// The text of a .luarc.json in the folder `dir`; owned.
char *editor_luarc(const struct editor *editor, const char *dir);
