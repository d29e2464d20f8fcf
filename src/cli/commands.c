#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/state.h"
#include "cli/with_recipe.h"
#include "report/events.h"
#include "report/summary.h"

#define NAMES_MAX 64 // more commands than there will be

// --- gateway: the built-in service is the other program

static int gateway_exec(int argc, char **argv)
{
    struct err err;
    char *program = media_program(&err);
    if (!program) {
        log_error("%s", err.text);
        return exit_code_of(err.kind);
    }
    char **words = xcalloc((size_t)argc + 1, sizeof(*words));
    words[0] = program;
    for (int i = 1; i < argc; i++)
        words[i] = argv[i];
    execv(program, words);
    log_error("%s: %s", program, strerror(errno));
    return EXIT_DISK;
}

static int help(FILE *out)
{
    fputs("tarmac runs recipes that buy video generations: each clip once, "
          "none lost.\n\nusage: tarmac COMMAND [ARGUMENTS]\n\n",
          out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n  tarmac COMMAND --help   options and examples\n"
          "  tarmac --version\n\n"
          "Try, with no account: tarmac generate \"a lighthouse at dusk\"\n",
          out);
    return out == stdout ? EXIT_ALL_DELIVERED : EXIT_USAGE;
}

static int help_command(const struct command *command,
                        const struct options *given)
{
    printf("tarmac %s %s: %s\n\noptions:\n", command->name, command->arguments,
           command->summary);
    for (size_t i = 0; i < n_option_lines; i++)
        if (!(option_lines[i].bit & ~command->options))
            printf("  %s\n", option_lines[i].line);
    printf("\nexamples:\n%s", command->examples);
    if (command->options & OPTION_PARAM && given->n_words > 0 && !given->from)
        return recipe_help(given);
    return EXIT_ALL_DELIVERED;
}

static const struct command *find(const char *word)
{
    const char *names[NAMES_MAX];
    for (size_t i = 0; i < n_commands; i++) {
        names[i] = commands[i].name;
        if (strcmp(word, names[i]) == 0)
            return &commands[i];
    }
    const char *near = text_nearest(word, names, n_commands);
    if (near)
        log_error("no command '%s' (did you mean '%s'?)", word, near);
    else if (path_exists(word))
        log_error("no command '%s'; to run a recipe: tarmac run %s", word,
                  word);
    else
        log_error("no command '%s'; see: tarmac --help", word);
    return NULL;
}

static void say_json(void *ctx, enum log_level level, const char *line)
{
    (void)ctx;
    if (level >= LOG_WARN)
        event_say(event_message(level == LOG_WARN ? "warning" : "error", line));
    else
        fprintf(stderr, "tarmac: %s\n", line);
}

// Before options are read: what is wrong with them is told in JSON too.
static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

// A result that could not be written is no success; a reader that has left,
// as head(1) does, had enough.
static int end_results(int code)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    fflush(stdout);
    if (!ferror(stdout) || (poll(&out, 1, 0) > 0 && out.revents & POLLERR))
        return code;
    log_set_sink(NULL, NULL); // JSON cannot be written either
    log_error("cannot write all results to stdout: is its disk full?");
    return code == EXIT_ALL_DELIVERED ? EXIT_DISK : code;
}

int command_main(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (wants_json(argc, argv))
        log_set_sink(say_json, NULL);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(stdout);
    const struct command *command = find(argv[1]);
    if (!command)
        return EXIT_USAGE;
    if (!command->run)
        return gateway_exec(argc, argv);
    struct options options;
    bool ok = options_read(&options, argc, argv, command->options);
    int code = EXIT_USAGE;
    if (options.verbose)
        log_set_level(LOG_DEBUG);
    if (ok && options.help)
        code = help_command(command, &options);
    else if (ok)
        code = command->run(&options);
    options_free(&options);
    return end_results(code);
}
