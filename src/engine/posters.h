// Posters: the first pictures of clips, which stand for them until they play.
// Made when they are first asked for, and kept as <dir>/<first 32 hex of the
// clip's sha256>.jpg, for every report and live page that comes later. They may
// be deleted at any time.

#pragma once

#include <stdbool.h>

#include "loop/loop.h"

#define POSTERS_WIDTH 480 // at most, in pixels

struct posters;

// `program`: tarmac-media; NULL: only what is there already is handed out.
// `dir`: where they are kept; NULL: <state_dir>/posters.
struct posters *posters_new(struct loop *loop, const char *program,
                            const char *state_dir, const char *dir);
void posters_free(struct posters *posters); // no callback comes after this

// Where it is, or would be; owned. NULL for what is no sha256.
char *posters_path(const struct posters *posters, const char *sha256);
// Whether it is there, as a whole picture.
bool posters_has(const struct posters *posters, const char *sha256);

// `path`, borrowed, is a whole picture; NULL: there is none, for `why`.
typedef void posters_done(void *arg, const char *path, const char *why);
// The poster of a clip of the store. `done` once, on the loop, never from
// inside this call. Asked for twice, it is made once.
void posters_get(struct posters *posters, const char *sha256, const char *ext,
                 posters_done *done, void *arg);
