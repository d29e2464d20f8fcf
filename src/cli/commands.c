#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/log.h"
#include "cli/prune.h"
#include "cli/run.h"
#include "cli/settle.h"
#include "cli/show.h"
#include "cli/state.h"
#include "cli/status.h"
#include "cli/verify.h"
#include "data/json.h"
#include "data/yaml.h"
#include "report/events.h"
#include "report/summary.h"

struct command {
    const char *name, *arguments, *summary;
    int options; // OPTION_ bits
    const char *examples;
    int (*run)(const struct options *options);
};

// --- one recipe

static int with_recipe(const struct options *options,
                       int (*then)(struct loaded *, const struct options *))
{
    if (options->n_words > 1 && strchr(options->words[1], '=')) {
        log_error("%s takes no fields beside the recipe: write '%s' into it, "
                  "or give it params and say -p NAME=VALUE",
                  options->argv[1], options->words[1]);
        return EXIT_USAGE;
    }
    if (options->n_words != 1) {
        log_error("%s takes one recipe, for example: tarmac %s "
                  "recipes/orbit.yaml",
                  options->argv[1], options->argv[1]);
        return EXIT_USAGE;
    }
    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, options->words[0]);
    bool ok = load_recipe(options->words[0], options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (ok)
        code = then(&loaded, options);
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

static int run_command(const struct options *options)
{
    return with_recipe(options, run_loaded);
}

static int plan_command(const struct options *options)
{
    return with_recipe(options, plan_loaded);
}

static int check_one(const char *file, const struct options *options)
{
    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, file);
    load_recipe(file, options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (code == EXIT_ALL_DELIVERED && !options->json)
        printf("%s: ok\n", file);
    fflush(stdout); // in order with what is said on stderr
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

static int check_command(const struct options *options)
{
    if (options->n_words == 0) {
        log_error("check takes recipes, for example: tarmac check "
                  "recipes/*.yaml");
        return EXIT_USAGE;
    }
    int worst = EXIT_ALL_DELIVERED;
    for (size_t i = 0; i < options->n_words; i++) {
        int code = check_one(options->words[i], options);
        if (code != EXIT_ALL_DELIVERED)
            worst = code;
    }
    return worst;
}

// --- generate: a recipe of one cell, made from the command line

// "A lighthouse, at dusk!" -> "a-lighthouse-at-dusk", and part of a hash of
// everything asked for, so that other requests get other names.
static char *slug(const char *prompt, const struct value *tree)
{
    char text[41];
    size_t n = 0;
    bool gap = false;
    for (; *prompt && n + 2 < sizeof(text); prompt++) {
        char c = *prompt;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
            gap = n > 0;
            continue;
        }
        if (gap)
            text[n++] = '-';
        gap = false;
        text[n++] = c;
    }
    text[n] = '\0';
    struct buf canonical;
    char hash[HASH_HEX];
    buf_init(&canonical, 1 << 20);
    json_canonical(value_get(tree, "request"), &canonical);
    if (value_get(tree, "route"))
        json_canonical(value_get(tree, "route"), &canonical);
    hash_bytes(canonical.data, canonical.len, hash);
    buf_free(&canonical);
    return xasprintf("generate/%s%s%.8s", text, n ? "-" : "", hash);
}

// Text that a template takes as it is.
static struct value *literal(const char *text)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (; *text; text++) {
        if (text[0] == '$' && text[1] == '{')
            buf_byte(&out, '$');
        buf_byte(&out, *text);
    }
    struct value *v = value_strn(out.data, out.len);
    buf_free(&out);
    return v;
}

static bool add_field(struct value *request, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        log_error("after the prompt come fields such as seconds=5 or "
                  "motion.x=4, not '%s'",
                  word);
        return false;
    }
    if (!equals[1]) {
        log_error("'%s' gives no value; write one behind it, or leave it out",
                  word);
        return false;
    }
    char *name = xstrndup(word, (size_t)(equals - word));
    if (value_get_path(request, name)) {
        log_error("'%s' is given already; leave '%s' out", name, word);
        free(name);
        return false;
    }
    struct value *v = yaml_scalar(equals + 1);
    if (value_text(v)) {
        value_free(v);
        v = literal(equals + 1);
    }
    value_set_path(request, name, v);
    free(name);
    return true;
}

static bool check_generate(const struct options *options)
{
    if (options->n_words == 0) {
        log_error("generate takes a prompt, for example: tarmac generate "
                  "\"a lighthouse at dusk\" motion.x=4");
        return false;
    }
    for (size_t i = 0; i < options->n_words; i++) {
        if (!text_is_utf8(options->words[i], strlen(options->words[i]))) {
            log_error("%s is not UTF-8",
                      i == 0 ? "the prompt" : "what follows the prompt");
            return false;
        }
    }
    const char *dot = options->out ? strrchr(options->out, '.') : NULL;
    if (dot && (strcasecmp(dot, ".mp4") == 0 || strcasecmp(dot, ".mov") == 0)) {
        log_error("--out takes a name without extension, not '%s'; the clip "
                  "brings its own",
                  options->out);
        return false;
    }
    return true;
}

static int generate_command(const struct options *options)
{
    if (!check_generate(options))
        return EXIT_USAGE;
    struct value *tree = value_map();
    value_set(tree, "tarmac", value_int(RECIPE_FORMAT));
    value_set(tree, "name", value_str("generate"));
    struct value *request = value_set(tree, "request", value_map());
    value_set(request, "prompt", literal(options->words[0]));
    for (size_t i = 1; i < options->n_words; i++) {
        bool route = text_starts(options->words[i], "route=");
        if (!add_field(route ? tree : request, options->words[i])) {
            value_free(tree);
            return EXIT_USAGE;
        }
    }
    char *name =
        options->out ? xstrdup(options->out) : slug(options->words[0], tree);
    struct value *outputs = value_set(tree, "outputs", value_map());
    value_set(outputs, "name", literal(name));
    free(name);

    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, "generate");
    bool ok = load_tree(tree, options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (ok)
        code = run_loaded(&loaded, options);
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

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

static const struct command commands[] = {
    {"run", "RECIPE", "bring the recipe's outputs up to date",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PLAIN | OPTION_FIRST | OPTION_PARAM |
         OPTION_RETRY | OPTION_FAULTS,
     "  tarmac run recipes/orbit.yaml\n"
     "  tarmac run recipes/orbit.yaml --gateway comet --first 1\n"
     "  tarmac run recipes/orbit.yaml -p prompt='a pier in fog' --json\n"
     "  tarmac run recipes/orbit.yaml --faults lost=0.1,429=0.2:1\n",
     run_command},
    {"plan", "RECIPE", "what run would buy, for how much, under which names",
     OPTION_GATEWAY | OPTION_JSON | OPTION_FIRST | OPTION_PARAM | OPTION_RETRY,
     "  tarmac plan recipes/orbit.yaml\n", plan_command},
    {"check", "RECIPE…", "every mistake of the files, and nothing else",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PARAM,
     "  tarmac check recipes/*.yaml\n", check_command},
    {"generate", "\"PROMPT\" [FIELD=VALUE…]", "one clip, without a recipe",
     OPTION_GATEWAY | OPTION_JSON | OPTION_PLAIN | OPTION_OUT | OPTION_RETRY |
         OPTION_FAULTS,
     "  tarmac generate \"a lighthouse at dusk\"\n"
     "  tarmac generate \"a pier\" motion.x=4 ratio=9:16 --out pier\n",
     generate_command},
    {"status", "[RECIPE]", "what was bought, what is open, what needs you",
     OPTION_JSON | OPTION_ALL,
     "  tarmac status\n"
     "  tarmac status recipes/orbit.yaml --all\n"
     "  tarmac status --json\n",
     status_command},
    {"show", "ID|FILE", "everything that is known of one purchase", OPTION_JSON,
     "  tarmac show out/orbit/x4_r0.mp4\n"
     "  tarmac show 53320216-7d6a-4b8c-8dd2-e7f3535d711b\n"
     "  tarmac show 5a77fc --json\n",
     show_command},
    {"log", "[RECIPE]", "what happened, the newest first",
     OPTION_JSON | OPTION_ALL,
     "  tarmac log\n"
     "  tarmac log recipes/orbit.yaml --all\n"
     "  tarmac log --json\n",
     log_command},
    {"settle", "[ID…]",
     "purchases that may have been made: what became of them",
     OPTION_JSON | OPTION_SETTLE,
     "  tarmac settle\n"
     "  tarmac settle 5a77fc --adopt 53320216-7d6a-4b8c-8dd2-e7f3535d711b\n"
     "  tarmac settle 5a77fc --not-bought\n"
     "  tarmac settle 5a77fc --buy-again\n",
     settle_command},
    {"verify", "[RECIPE|FILE…]", "every clip and output against its hash",
     OPTION_JSON | OPTION_FIX,
     "  tarmac verify\n"
     "  tarmac verify recipes/orbit.yaml out/pier.mp4\n"
     "  tarmac verify --fix\n",
     verify_command},
    {"prune", "[--delete]", "what could go, never an only copy",
     OPTION_JSON | OPTION_ALL | OPTION_PRUNE,
     "  tarmac prune\n"
     "  tarmac prune --all --older 30d\n"
     "  tarmac prune --delete\n",
     prune_command},
    {"doctor", "[RECIPE]", "what is wrong here, and what to do", OPTION_JSON,
     "  tarmac doctor\n"
     "  tarmac doctor recipes/orbit.yaml\n"
     "  tarmac doctor --json\n",
     doctor_command},
    {"gateway", "[OPTIONS]", "serve the built-in gateway to any client", 0,
     NULL, NULL}, // handed over before options are read
};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

static const struct {
    int bit;
    const char *line;
} option_lines[] = {
    {OPTION_GATEWAY, "--gateway NAME    buy there, whatever the recipe says"},
    {OPTION_FIRST, "--first N         only the first N cells"},
    {OPTION_PARAM, "-p NAME=VALUE     set a param of the recipe"},
    {OPTION_RETRY,
     "--retry-failed    buy again what the service failed to make"},
    {OPTION_FAULTS,
     "--faults SPEC     rehearse bad days of the built-in gateway, or @FILE;\n"
     "                    tarmac gateway --help names them"},
    {OPTION_FAULTS, "--faults-seed N   another draw of the same faults (0)"},
    {OPTION_ALL, "--all             every row, not only the first"},
    {OPTION_SETTLE, "--adopt TASK_ID   it was bought, as this task: fetch it"},
    {OPTION_SETTLE,
     "--not-bought      it was not bought: the next run buys it"},
    {OPTION_SETTLE,
     "--buy-again       buy it once more, whatever became of the first"},
    {OPTION_FIX, "--fix             set damaged clips aside, make them again"},
    {OPTION_PRUNE, "--delete          delete it; without, it is only shown"},
    {OPTION_PRUNE, "--older AGE       only what has not changed for 30d, 12h"},
    {OPTION_OUT, "--out NAME        the output's name, without extension"},
    {OPTION_JSON, "--json            one JSON object a line on stdout"},
    {OPTION_PLAIN, "--plain           lines instead of the live display"},
    {0, "-v, --verbose     every step and every HTTP exchange"},
    {0, "--lua-dir DIR     read the embedded Lua from a folder instead"},
    {0, "-h, --help        this"},
};

static int help(FILE *out)
{
    fputs("tarmac runs recipes that buy video generations: each clip once, "
          "none lost.\n\nusage: tarmac COMMAND [ARGUMENTS]\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n  tarmac COMMAND --help   options and examples\n"
          "  tarmac --version\n\n"
          "Try, with no account: tarmac generate \"a lighthouse at dusk\"\n",
          out);
    return out == stdout ? EXIT_ALL_DELIVERED : EXIT_USAGE;
}

static int help_command(const struct command *command)
{
    printf("tarmac %s %s: %s\n\noptions:\n", command->name, command->arguments,
           command->summary);
    for (size_t i = 0; i < sizeof(option_lines) / sizeof(*option_lines); i++)
        if (!(option_lines[i].bit & ~command->options))
            printf("  %s\n", option_lines[i].line);
    printf("\nexamples:\n%s", command->examples);
    return EXIT_ALL_DELIVERED;
}

static const struct command *find(const char *word)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(word, names[i]) == 0)
            return &commands[i];
    }
    const char *near = text_nearest(word, names, COMMANDS);
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
        code = help_command(command);
    else if (ok)
        code = command->run(&options);
    options_free(&options);
    return end_results(code);
}
