#include "cli/told.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "cli/state.h"
#include "engine/checker.h"
#include "loop/loop.h"
#include "report/embed.h"

#define ANSWER_MS 20000
#define WHY_MAX 200

struct asked {
    struct value *told;
    struct err *err;
    bool answered;
};

static void on_told(void *arg, enum checker_result result,
                    const struct checker_facts *facts, const char *why)
{
    struct asked *asked = arg;
    asked->answered = true;
    if (result == CHECKER_OK) {
        asked->told = embed_read(facts->text, strlen(facts->text), asked->err);
        return;
    }
    char *said = text_printable(why, strlen(why), WHY_MAX);
    if (result == CHECKER_BAD)
        err_set(asked->err, ERR_FORMAT, "it tells nothing of what made it (%s)",
                said);
    else
        err_set(asked->err, ERR_DISK, "%s", said);
    free(said);
}

struct value *told_of(const char *path, struct err *err)
{
    struct asked asked = {.err = err};
    if (!path_exists(path)) {
        err_set(err, ERR_USAGE, "there is no such file");
        return NULL;
    }
    char *program = media_program(err);
    if (!program)
        return NULL;
    char *absolute = path_absolute(path);
    struct loop *loop = loop_new();
    struct checker *checker = checker_new(loop, program, ANSWER_MS);
    checker_told(checker, absolute, on_told, &asked);
    while (!asked.answered)
        loop_once(loop, true);
    checker_free(checker);
    loop_free(loop);
    free(absolute);
    free(program);
    return asked.told;
}
