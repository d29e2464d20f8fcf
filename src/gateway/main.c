// `tarmac-media`: the program that links libav, so that `tarmac` need not. It
// is the built-in gateway, and the worker that looks into clips.

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/options.h"
#include "gateway/service.h"
#include "media/sheet.h"
#include "media/version.h"
#include "media/worker.h"

static const char usage[] =
    "Usage: tarmac-media gateway [options]   the built-in service\n"
    "       tarmac-media worker              checks clips, on a pipe\n"
    "       tarmac-media sheet | wall SPEC OUT   montages of many clips\n"
    "       tarmac-media --help | --version\n"
    "\n"
    "This program is started by tarmac. To run the service by hand:\n"
    "  tarmac gateway --help\n";

static int exit_code(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return 0;
    case ERR_USAGE:
        return 2;
    case ERR_RECIPE:
        return 3;
    case ERR_GATEWAY:
        return 8;
    case ERR_NET:
    case ERR_DISK:
    case ERR_FORMAT:
        return 9;
    case ERR_DEFECT:
        return 1;
    }
    return 1;
}

static int report(const struct err *err)
{
    log_error("gateway: %s", err->text);
    return exit_code(err->kind);
}

static int gateway(int argc, char **argv)
{
    struct gateway_options options;
    struct err err;
    switch (options_parse(argc, argv, &options, &err)) {
    case OPTIONS_HELP:
        fputs(options_help(), stdout);
        printf("\n%s", faults_help);
        return 0;
    case OPTIONS_FAULTS:
        printf("%s\n", faults_text(options.faults));
        faults_free(options.faults);
        return 0;
    case OPTIONS_BAD:
        if (!options.check || !options.spec)
            return report(&err);
        puts(err.text);
        return exit_code(err.kind);
    case OPTIONS_RUN:
        break;
    }
    bool ok = service_run(&options, &err);
    faults_free(options.faults);
    return ok ? 0 : report(&err);
}

static int version(void)
{
    struct buf libraries;
    buf_init(&libraries, 4096);
    media_versions(&libraries);
    printf("tarmac-media " TARMAC_VERSION "\n%s", libraries.data);
    buf_free(&libraries);
    return 0;
}

int main(int argc, char **argv)
{
    // A reader that went away is an error of write(), not our end.
    signal(SIGPIPE, SIG_IGN);
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "worker") == 0 && argc == 2)
        return media_worker();
    if (strcmp(command, "sheet") == 0 || strcmp(command, "wall") == 0)
        return sheet_main(argc, argv);
    if (strcmp(command, "gateway") == 0)
        return gateway(argc - 1, argv + 1);
    if (strcmp(command, "--version") == 0) {
        return version();
    }
    bool help = strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0;
    fputs(usage, help ? stdout : stderr);
    return help ? 0 : 2;
}
