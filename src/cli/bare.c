#include "cli/bare.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/token.h"
#include "engine/checker.h"
#include "loop/loop.h"
#include "store/store.h"

#define ANSWER_MS 60000

static bool begin(struct bare *bare)
{
    struct err err;
    char *program = bare->checker ? NULL : media_program(&err);
    if (program) {
        bare->loop = loop_new();
        bare->checker = checker_new(bare->loop, program, ANSWER_MS);
        free(program);
    } else if (!bare->checker) {
        log_debug("%s", err.text);
    }
    return bare->checker;
}

void bare_end(struct bare *bare)
{
    checker_free(bare->checker);
    if (bare->loop)
        loop_free(bare->loop);
    *bare = (struct bare){0};
}

struct asked {
    bool answered, ok;
};

static void on_copied(void *arg, enum checker_result result,
                      const struct checker_facts *facts, const char *why)
{
    (void)facts;
    struct asked *asked = arg;
    asked->answered = true;
    asked->ok = result == CHECKER_OK;
    if (!asked->ok)
        log_debug("an output cannot be read as the clip was bought: %s", why);
}

char *bare_copy(struct bare *bare, const struct state *state, const char *path)
{
    if (!begin(bare))
        return NULL;
    char token[TOKEN_HEX];
    token_make(token);
    char *copy = xasprintf(".tarmac/parts/" STORE_MADE "%s.mp4", token);
    char *from = path_join(state->root, path);
    char *to = path_join(state->root, copy);
    struct asked asked = {.ok = false};
    checker_bare(bare->checker, from, to, on_copied, &asked);
    while (!asked.answered)
        loop_once(bare->loop, true);
    free(from);
    free(to);
    if (asked.ok)
        return copy;
    bare_remove(state, copy);
    return NULL;
}

void bare_remove(const struct state *state, char *copy)
{
    if (!copy)
        return;
    char *path = path_join(state->root, copy);
    unlink(path);
    free(path);
    free(copy);
}
