// Looking at what is kept, and clearing away: by names below a folder, one at a
// time, never through a symbolic link. Blocks on the disk.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/store.h"

// Asked while files are read, with the bytes since it was asked last; false
// ends the reading.
struct store_watch {
    bool (*go_on)(void *arg, int64_t bytes);
    void *arg;
};

enum store_kind {
    STORE_FILE, // read to its end
    STORE_NOTHING,
    STORE_LINK,  // it, or a folder on the way, is a symbolic link
    STORE_THING, // a folder, a device, or a name that no file of ours has
    STORE_UNREADABLE,
    STORE_STOPPED,
};
struct store_seen {
    enum store_kind kind;
    char sha256[HASH_HEX]; // these three of a file
    int64_t size, mtime_ns;
    int why; // errno of one that is unreadable
};
// Read `path` below `dir` (which itself may be a link) to its end.
void store_see(const char *dir, const char *path,
               const struct store_watch *watch, struct store_seen *seen);

enum store_clip {
    STORE_CLIP_WHOLE,
    STORE_CLIP_MISSING,
    STORE_CLIP_DAMAGED,
    STORE_CLIP_UNREADABLE, // seen->kind and seen->why tell more
    STORE_CLIP_STOPPED,
};
enum store_clip store_see_clip(const char *state_dir, const char *sha256,
                               const char *ext, int64_t size,
                               const struct store_watch *watch,
                               struct store_seen *seen);

// A damaged file of the store gets another name, *kept (owned), beside it:
// without it, the next run fetches it anew.
bool store_set_aside(const struct store *store, const char *sha256,
                     const char *ext, char **kept, struct err *err);
// Make a file of the store again from `output` (below root), whose content it
// must be: *made. False with `err` when the disk fails. Nobody else may do so
// meanwhile.
bool store_remake(const struct store *store, const char *output,
                  const char *sha256, const char *ext,
                  const struct store_watch *watch, bool *made, struct err *err);
// How the names of files begin that a killed store_remake() left among the
// parts; the name of the clip's file follows.
#define STORE_REMAKE "remake-"

// What a folder of the state holds, by name; hidden names are left out.
struct store_entry {
    char *name;
    bool is_file, is_folder;
    int64_t size, mtime_ms;
};
struct store_entries {
    struct store_entry *list;
    size_t n;
};
// A folder that is not there, or is a link, holds nothing.
bool store_list(const char *state_dir, const char *folder,
                struct store_entries *entries, struct err *err);
void store_entries_free(struct store_entries *entries);
// Every file among the clips, with the folder that it lies in ("store/ab");
// `each` returns false to end it.
bool store_each(const char *state_dir,
                bool (*each)(void *arg, const char *folder,
                             const struct store_entry *entry),
                void *arg, struct err *err);
// The name of a clip's file, "<sha256>.<ext>", or of one that was set aside,
// "<sha256>.<ext>.bad" and ".2.bad" …; false: neither.
#define STORE_EXT 8
bool store_name_read(const char *name, char sha256[HASH_HEX],
                     char ext[STORE_EXT], bool *aside);
// Fine when it is gone already.
bool store_remove(const char *state_dir, const char *folder, const char *name,
                  struct err *err);
