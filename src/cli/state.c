#include "cli/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

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

bool state_make(const struct state *state, struct err *err)
{
    if (!path_mkdirs(state->dir, err))
        return false;
    char *ignore = path_join(state->dir, ".gitignore");
    bool ok = path_exists(ignore) || file_write(ignore, "*\n", 2, 0644, err);
    free(ignore);
    return ok;
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
