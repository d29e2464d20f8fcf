// Paths as text, and the few questions that ask the file system.

#pragma once

#include <stdbool.h>

#include "base/err.h"

char *path_join(const char *dir, const char *name); // name absolute: its copy
char *path_dir(const char *path);                   // "." when none; owned
const char *path_base(const char *path);            // borrowed from `path`
char *path_absolute(const char *path); // lexical: cwd + path, "." and ".." gone

// True for a relative path whose every component is an ordinary name: not
// empty, not "." or "..", no control characters, no backslash, valid UTF-8, at
// most 255 bytes a component.
bool path_is_safe(const char *path);

bool path_exists(const char *path);
bool path_is_dir(const char *path);

// Make `path` and its parents; an existing directory is fine.
bool path_mkdirs(const char *path, struct err *err);

// The folder that the running program is in (links resolved); owned.
char *path_program_dir(void);

// The real path (links resolved) of `name` seen from `dir`, which must lie
// below it; *real is owned, and NULL when there is no such file. False with
// `err` (ERR_RECIPE) when it leads out, however.
bool path_below(const char *dir, const char *name, char **real,
                struct err *err);
