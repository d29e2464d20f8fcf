#include "cli/upkeep.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/runs.h"

bool upkeep_begin(const struct state *state, const char *what, int *fd,
                  struct err *err)
{
    char *alive;
    if (upkeep_lock_take(state->dir, fd, &alive, err))
        return true;
    if (alive)
        err_set(err, ERR_USAGE,
                "%s needs the state to itself, and %s%s is at work in %s; "
                "nothing was changed: type it again when that has ended",
                what, *alive ? "run " : "another tarmac", alive, state->dir);
    free(alive);
    return false;
}

char *upkeep_shown(const struct state *state, const char *path)
{
    return state->here ? xstrdup(path) : path_join(state->root, path);
}
