// Looking into clips: does one play, a picture of it, a text in it. Asked of
// `tarmac-media worker` processes, at most two, each one question at a time: a
// clip that crashes or hangs its reader costs that worker and fails that
// question only.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "data/value.h"
#include "loop/loop.h"

struct checker_facts {
    double seconds; // of the clip; 0 for a frame
    int width, height;
    char ext[8];      // of the file's content: "mp4"; empty for a frame
    const char *text; // that a clip holds; borrowed; NULL: was not asked for
};

enum checker_result {
    CHECKER_OK,     // it plays; the frame is there
    CHECKER_BAD,    // `why`: it does not play, or ended its reader
    CHECKER_BROKEN, // `why`: there is no worker to ask, or the disk fails
};

typedef void checker_done(void *arg, enum checker_result result,
                          const struct checker_facts *facts, const char *why);

struct checker *checker_new(struct loop *loop, const char *program,
                            int64_t timeout_ms);
void checker_free(struct checker *checker); // no callback comes after this

// A question is to come: its worker starts now, where nobody waits for it.
void checker_warm(struct checker *checker);

// Does it play? `done` once, on the loop, never from inside this call; the same
// for what follows.
void checker_check(struct checker *checker, const char *path,
                   checker_done *done, void *arg);

// The picture `at` ("first", "last", or seconds) as a PNG, by rename over
// `out`.
void checker_frame(struct checker *checker, const char *path,
                   const struct value *at, const char *out, checker_done *done,
                   void *arg);

// Its first picture as a JPEG, by rename over `out`: at most `width` (even, at
// least 2) pixels wide, never larger than the clip. Facts: its size.
void checker_poster(struct checker *checker, const char *path, int width,
                    const char *out, checker_done *done, void *arg);

// The same of the picture `at`, as checker_frame() has it, at most `height`
// high.
void checker_still(struct checker *checker, const char *path,
                   const struct value *at, int width, int height,
                   const char *out, checker_done *done, void *arg);

// A copy for a wall of clips (media/tile.h), in even sizes. Facts: these.
void checker_tile(struct checker *checker, const char *path, int width,
                  int height, const char *out, checker_done *done, void *arg);

// A copy of `path` over `out` that holds `text`. CHECKER_BAD: this clip cannot.
// No facts.
void checker_tag(struct checker *checker, const char *path, const char *text,
                 const char *out, checker_done *done, void *arg);

// The same without a text. No facts.
void checker_bare(struct checker *checker, const char *path, const char *out,
                  checker_done *done, void *arg);

// The text that it holds, UTF-8, from whoever wrote it. CHECKER_BAD: none.
void checker_told(struct checker *checker, const char *path, checker_done *done,
                  void *arg);
