#include "cli/state.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define PAGE_BYTES 4096 // of SQLite

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

// Whether `dir` holds anything but what begins with a dot.
static bool holds_something(const char *dir)
{
    DIR *open_dir = opendir(dir);
    bool some = false;
    struct dirent *entry;
    while (open_dir && !some && (entry = readdir(open_dir)))
        some = entry->d_name[0] != '.';
    if (open_dir)
        closedir(open_dir);
    return some;
}

// A ledger of one page has no rows of its own: they are in the log beside it,
// which is looked for first, because a process that ends moves them over.
static bool is_without_rows(const char *ledger)
{
    struct stat st;
    char *wal = xasprintf("%s-wal", ledger);
    bool log = stat(wal, &st) == 0 && st.st_size > 0;
    free(wal);
    if (stat(ledger, &st) != 0)
        return errno == ENOENT;
    return st.st_size == 0 || (!log && st.st_size <= PAGE_BYTES);
}

// Clips without the ledger that tells what was bought: to begin anew would be
// to buy it all again.
static bool has_its_ledger(const struct state *state, struct err *err)
{
    char *ledger = path_join(state->dir, "ledger.db");
    char *store = path_join(state->dir, "store");
    bool ok = !is_without_rows(ledger) || !holds_something(store);
    if (!ok)
        err_set(err, ERR_DISK,
                "%s is gone or empty, but %s holds clips: put the ledger back "
                "from a copy, or move %s away to begin anew, which buys "
                "everything again",
                ledger, store, state->dir);
    free(store);
    free(ledger);
    return ok;
}

bool state_make(const struct state *state, struct err *err)
{
    if (!path_mkdirs(state->dir, err))
        return false;
    char *ignore = path_join(state->dir, ".gitignore");
    bool ok = path_exists(ignore) || file_write(ignore, "*\n", 2, 0644, err);
    free(ignore);
    return ok && has_its_ledger(state, err);
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
