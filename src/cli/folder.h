// The folder of a report: index.html, clips/ and posters/. What is there is
// always a whole page and all that it names, the one before or the new one,
// whenever it is looked at and whatever has ended us.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define FOLDER_CLIPS "clips"
#define FOLDER_POSTERS "posters"
#define FOLDER_NAME_MAX 64 // of a file in these two, with the NUL

struct folder {
    char *path;
    int dir;            // holds the lock
    int clips, posters; // descriptors
    int page;           // of the one that is being written
    bool made;          // it was not there before
    bool published;
};

// Open `path`, which is made with its parents; `link`: it may be a symbolic
// link itself. None below it is followed. Refuses a folder that holds something
// else, or that another process is just writing. False with `err`;
// folder_close() in either case.
bool folder_open(struct folder *folder, const char *path, bool link,
                 struct err *err);
// The page that was not published is taken away. Copies stay: who comes next
// goes on with them.
void folder_close(struct folder *folder);

// Names of files in one of the two. Zero is empty.
struct folder_names {
    char **list;
    size_t n;
};
void folder_names_add(struct folder_names *names, const char *name);
void folder_names_sort(struct folder_names *names);
void folder_names_free(struct folder_names *names);

// The page is written whole, and all that it names is there: from here on it is
// the one. Then what it does not name goes, where only a report of ours gives
// such names. The names are sorted. `synced`: nothing was copied.
bool folder_publish(struct folder *folder, const struct folder_names *clips,
                    const struct folder_names *posters, bool synced,
                    struct err *err);
