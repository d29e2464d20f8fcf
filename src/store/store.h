// Clip files by content, below <state>/store/ab/<sha256>.<ext>, mode 0444; and
// outputs: copies (reflinks where the file system can) under the names that
// recipes ask for. All calls block on the disk: from a thread of the pool.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct store; // immutable after store_open(): usable from any thread

// `root` is the folder that holds .tarmac; outputs are placed below it.
struct store *store_open(const char *root, const char *state_dir,
                         struct err *err);
void store_free(struct store *store);

// Where attempt number `attempt`'s file `n` is staged: <state>/parts/<id>-<n>
// .part; owned.
char *store_part_path(const struct store *store, int64_t attempt, int n);
char *store_path(const struct store *store, const char *sha256,
                 const char *ext); // owned
// The same without a store, for those who only look.
char *store_file_path(const char *state_dir, const char *sha256,
                      const char *ext);

// A part to read and write; never a link. `size`: of what is there. `fresh`:
// nothing was, it is made now. The descriptor is the caller's; -1 with `err`.
int store_part_open(const char *part, int64_t *size, bool *fresh,
                    struct err *err);
bool store_part_has(int fd, int64_t at, const void *bytes, size_t len);
// The note beside a part, <part>.json. It is not synced, and a disk that does
// not take it is not told: it may be missing, or cut.
void store_part_note(const char *part, const char *text);
char *store_part_noted(const char *part, size_t *len);     // owned; NULL: none
bool store_part_unnote(const char *part, struct err *err); // fine without one

// Whether it may stand behind the dot of a clip's name.
bool store_is_ext(const char *ext);

// fsync the part, hash it, move it to its place, fsync the folders. `noted`: it
// may have a note, which goes.
bool store_commit(const struct store *store, const char *part, bool noted,
                  const char *ext, char sha256[HASH_HEX], int64_t *size,
                  struct err *err);
// A part that does not play: kept beside it as .bad; `kept` gets the path. Its
// note goes.
bool store_keep_bad(const struct store *store, const char *part, char **kept,
                    struct err *err);
bool store_has(const struct store *store, const char *sha256, const char *ext,
               int64_t size);

// A file that is made to be placed: where it may be staged; owned. A killed run
// leaves it.
char *store_made_path(const struct store *store, const char *ext);
#define STORE_MADE "made-"

struct store_output {
    const char *path;         // relative to root
    const char *sha256, *ext; // the clip
    // What belongs there instead of the clip's own bytes. For store_look():
    // its hash, NULL: nobody knows yet. For store_place(): a file that holds
    // it, of the same file system or another, which may be moved away, NULL:
    // the clip's; its hash goes to made_hash, HASH_HEX bytes.
    const char *made_sha256;
    const char *made;
    char *made_hash;
    // What the ledger says of this path; known_sha256 NULL: nothing.
    const char *known_sha256;
    int64_t known_size, known_mtime_ns;
};
enum store_placed {
    STORE_PLACED,  // written now
    STORE_CURRENT, // was there, as it should be
    STORE_EDITED,  // another content: left alone
    STORE_FAILED,  // err says why
};
enum store_found {
    STORE_THERE,   // as it should be
    STORE_WANTED,  // is to be written
    STORE_ANOTHER, // another content
    STORE_UNKNOWN, // err says why
};
// Before something is made of the clip, which must be whole where it is to be:
// it is read once in a process, unless its file has changed since. Nothing is
// written, but folders. size, mtime_ns: of the file now.
enum store_found store_look(const struct store *store,
                            const struct store_output *output, int64_t *size,
                            int64_t *mtime_ns, struct err *err);
// Bring an output up to date. A file that we wrote (its content is known,
// or the clip's) is replaced when another belongs there; any other is left
// alone. Never follows a symbolic link below root. size, mtime_ns: of the file
// now.
enum store_placed store_place(const struct store *store,
                              const struct store_output *output, int64_t *size,
                              int64_t *mtime_ns, struct err *err);
