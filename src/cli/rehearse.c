#include "cli/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/media_ask.h"
#include "cli/state.h"
#include "report/summary.h"

// The gateway knows what faults there are: it says them as it will tell others,
// "429=0.05:1,lost=0.02@7", or what is wrong with them.
static bool ask(struct rehearse *rehearse, const struct options *options,
                const char *program, struct err *err)
{
    const char *argv[] = {program,
                          "gateway",
                          "--faults-check",
                          "--faults",
                          options->faults,
                          options->faults_seed ? "--faults-seed" : NULL,
                          options->faults_seed,
                          NULL};
    struct buf said;
    int code = 0;
    struct err why;
    buf_init(&said, MEDIA_SAID_MAX);
    struct loop *loop = loop_new();
    bool ok = media_ask(loop, argv, &said, &code, &why);
    loop_free(loop);
    if (!ok)
        err_set(err, ERR_DISK, "%s: %s; install tarmac again", program,
                why.text);
    else if (code == EXIT_USAGE && said.len > 0)
        ok = err_set(err, ERR_USAGE, "%s", said.data);
    else if (code != 0 || said.overflow || !strchr(said.data, '@'))
        ok = err_set(err, ERR_DISK,
                     "%s ended with code %d; install tarmac again", program,
                     code);
    else
        rehearse->faults = xstrdup(said.data);
    buf_free(&said);
    return ok;
}

bool rehearse_read(struct rehearse *rehearse, const struct options *options,
                   const struct gateway *gateway, struct err *err)
{
    *rehearse = (struct rehearse){0};
    if (options->faults_seed && !options->faults)
        return err_set(err, ERR_USAGE, "--faults-seed goes with --faults");
    if (!options->faults)
        return true;
    if (!gateway->local)
        return err_set(err, ERR_USAGE,
                       "--faults are of the built-in gateway, and '%s' is "
                       "another; rehearse with --gateway local",
                       gateway->name);
    char *program = media_program(err);
    bool ok = program && ask(rehearse, options, program, err);
    free(program);
    if (!ok)
        return false;
    // A file of faults may change while the gateway is started again.
    const char *seed = strrchr(rehearse->faults, '@');
    rehearse->spec =
        xstrndup(rehearse->faults, (size_t)(seed - rehearse->faults));
    const char *args[] = {"--faults", rehearse->spec, "--faults-seed", seed + 1,
                          NULL};
    memcpy(rehearse->args, args, sizeof(args));
    return true;
}

void rehearse_free(struct rehearse *rehearse)
{
    free(rehearse->faults);
    free(rehearse->spec);
    *rehearse = (struct rehearse){0};
}
