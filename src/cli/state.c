#include "cli/state.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "ledger/ledger.h"

char *folder_of(const char *file)
{
    char *absolute = path_absolute(file);
    char *dir = path_dir(absolute);
    free(absolute);
    return dir;
}

// The folder at or above `from` that holds a .tarmac folder; NULL: none.
static char *search_up(const char *from)
{
    char *at = xstrdup(from);
    for (;;) {
        char *dir = path_join(at, ".tarmac");
        bool found = path_is_dir(dir);
        free(dir);
        if (found)
            return at;
        if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0) {
            free(at);
            return NULL;
        }
        char *up = path_dir(at);
        free(at);
        at = up;
    }
}

void state_find(struct state *state, const char *start)
{
    char *here = path_absolute(".");
    state->root = start ? search_up(start) : NULL;
    if (!state->root)
        state->root = search_up(here);
    if (!state->root)
        state->root = xstrdup(here);
    state->dir = path_join(state->root, ".tarmac");
    state->here = strcmp(state->root, here) == 0;
    free(here);
}

// Whether `dir` holds anything that ends so, but what begins with a dot.
static bool holds_something(const char *dir, const char *tail)
{
    DIR *open_dir = opendir(dir);
    bool some = false;
    struct dirent *entry;
    while (open_dir && !some && (entry = readdir(open_dir)))
        some = entry->d_name[0] != '.' && text_stem(entry->d_name, tail) > 0;
    if (open_dir)
        closedir(open_dir);
    return some;
}

// The lock of a run that was killed says as much as a clip: see open_state() in
// run.c.
bool state_has_its_ledger(const struct state *state, struct err *err)
{
    char *ledger = path_join(state->dir, "ledger.db");
    char *store = path_join(state->dir, "store");
    char *runs = path_join(state->dir, "runs");
    bool gone = ledger_is_empty(state->dir);
    bool clips = gone && holds_something(store, "");
    bool killed =
        gone && !clips &&
        (holds_something(runs, ".lock") || holds_something(runs, ".sent"));
    if (killed)
        err_set(err, ERR_DISK,
                "%s is gone or empty, but %s tells of a run that was killed, "
                "which may have bought: put the ledger back from a copy, or "
                "move %s away to begin anew, which may buy again",
                ledger, runs, state->dir);
    if (clips)
        err_set(err, ERR_DISK,
                "%s is gone or empty, but %s holds clips: put the ledger back "
                "from a copy, or move %s away to begin anew, which buys "
                "everything again",
                ledger, store, state->dir);
    free(runs);
    free(store);
    free(ledger);
    return !clips && !killed;
}

void state_say_new(const struct state *state)
{
    printf("nothing was bought here yet: there is no ledger in %s\n",
           state->dir);
}

// Nothing but git reads it: what a power cut takes is written again.
static bool hide_from_git(const struct state *state, struct err *err)
{
    struct stat st;
    char *ignore = path_join(state->dir, ".gitignore");
    bool there = stat(ignore, &st) == 0 && st.st_size > 0;
    bool ok = there || file_write_soon(ignore, "*\n", 2, 0644, err);
    free(ignore);
    return ok;
}

bool state_make(const struct state *state, struct err *err)
{
    // Workers are told of files in JSON, which has no other bytes: a clip that
    // they cannot open would be paid for and never delivered.
    if (!text_is_utf8(state->dir, strlen(state->dir)))
        return err_set(err, ERR_DISK,
                       "the name of this folder is not UTF-8, and nothing can "
                       "be made in it: %s; rename it",
                       state->dir);
    if (!path_mkdirs(state->dir, err))
        return false;
    return hide_from_git(state, err) && state_has_its_ledger(state, err);
}

void state_free(struct state *state)
{
    free(state->root);
    free(state->dir);
    *state = (struct state){0};
}

char *media_program(struct err *err)
{
    static const char *const places[] = {"tarmac-media",
                                         "../libexec/tarmac/tarmac-media"};
    char *dir = path_program_dir();
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char *path = path_join(dir, places[i]);
        if (access(path, X_OK) == 0) {
            free(dir);
            return path;
        }
        free(path);
    }
    err_set(
        err, ERR_DISK,
        "the program tarmac-media is neither in %s nor in ../libexec/tarmac "
        "from there; install tarmac again",
        dir);
    free(dir);
    return NULL;
}
