#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/shell.h"
#include "base/text.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define DAYS_MAX 36500

enum {
    ID_GATEWAY = 256,
    ID_JSON,
    ID_PLAIN,
    ID_FIRST,
    ID_OUT,
    ID_LUA_DIR,
    ID_RETRY,
    ID_ALL,
    ID_ADOPT,
    ID_NOT_BOUGHT,
    ID_BUY_AGAIN,
    ID_FAULTS,
    ID_FAULTS_SEED,
    ID_FIX,
    ID_DELETE,
    ID_OLDER,
    ID_LOCK,
    ID_LOCKED,
    ID_REQUESTS,
    ID_ONLY,
    ID_RATINGS,
    ID_COUNT,
    ID_SCRIPT,
    ID_MATCH,
    ID_FROM,
    ID_MONTAGE,
    ID_COLUMNS,
    ID_AT,
    ID_UI
};

static const struct option long_options[] = {
    {"gateway", required_argument, NULL, ID_GATEWAY},
    {"json", no_argument, NULL, ID_JSON},
    {"plain", no_argument, NULL, ID_PLAIN},
    {"first", required_argument, NULL, ID_FIRST},
    {"only", required_argument, NULL, ID_ONLY},
    {"ratings", required_argument, NULL, ID_RATINGS},
    {"count", no_argument, NULL, ID_COUNT},
    {"param", required_argument, NULL, 'p'},
    {"out", required_argument, NULL, ID_OUT},
    {"lua-dir", required_argument, NULL, ID_LUA_DIR},
    {"retry-failed", no_argument, NULL, ID_RETRY},
    {"all", no_argument, NULL, ID_ALL},
    {"adopt", required_argument, NULL, ID_ADOPT},
    {"not-bought", no_argument, NULL, ID_NOT_BOUGHT},
    {"buy-again", no_argument, NULL, ID_BUY_AGAIN},
    {"faults", required_argument, NULL, ID_FAULTS},
    {"faults-seed", required_argument, NULL, ID_FAULTS_SEED},
    {"fix", no_argument, NULL, ID_FIX},
    {"delete", no_argument, NULL, ID_DELETE},
    {"older", required_argument, NULL, ID_OLDER},
    {"lock", no_argument, NULL, ID_LOCK},
    {"locked", no_argument, NULL, ID_LOCKED},
    {"requests", no_argument, NULL, ID_REQUESTS},
    {"script", no_argument, NULL, ID_SCRIPT},
    {"match", required_argument, NULL, ID_MATCH},
    {"from", required_argument, NULL, ID_FROM},
    {"montage", required_argument, NULL, ID_MONTAGE},
    {"columns", required_argument, NULL, ID_COLUMNS},
    {"at", required_argument, NULL, ID_AT},
    {"ui", no_argument, NULL, ID_UI},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *options_long(size_t i)
{
    return long_options[i].name;
}

// What getopt found wrong with `word`, in one line of ours.
static bool say_wrong(const char *command, const char *word, int letter,
                      bool missing)
{
    const char *names[sizeof(long_options) / sizeof(*long_options)];
    size_t n = 0, len = strcspn(word, "=");
    while (long_options[n].name) {
        names[n] = long_options[n].name;
        n++;
    }
    char *name = xstrndup(word, len);
    const char *near = len > 2 ? text_nearest(name + 2, names, n) : NULL;
    if (missing)
        log_error("%s needs a value; see: tarmac %s --help", word, command);
    else if (strncmp(word, "--", 2) != 0 || (letter && !word[len]))
        log_error("%s does not know -%c; see: tarmac %s --help", command,
                  letter, command);
    else if (letter)
        log_error("%s takes no value", name);
    else if (near)
        log_error("%s does not know %s (did you mean '--%s'?)", command, name,
                  near);
    else
        log_error("%s does not know %s; see: tarmac %s --help", command, name,
                  command);
    free(name);
    return false;
}

static bool add_param(struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        log_error("-p takes NAME=VALUE, not '%s'", text);
        return false;
    }
    options->params = xreallocarray(options->params, options->n_params + 1,
                                    sizeof(*options->params));
    options->params[options->n_params++] = (struct recipe_param){
        .name = xstrndup(text, (size_t)(equals - text)),
        .value = equals + 1,
    };
    return true;
}

static bool read_first(struct options *options, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || *end || n == 0 || text[0] < '0' || text[0] > '9') {
        log_error("--first takes a number of cells from 1, not '%s'", text);
        return false;
    }
    options->first = n;
    return true;
}

// "30d", or a duration as recipes have them.
static bool read_older(struct options *options, const char *text)
{
    char *end;
    errno = 0;
    options->older = text;
    long long days = strtoll(text, &end, 10);
    bool is_days = text[0] >= '0' && text[0] <= '9' && !errno &&
                   strcmp(end, "d") == 0 && days <= DAYS_MAX;
    if (is_days)
        options->older_ms = days * DAY_MS;
    if (is_days || text_duration(text, &options->older_ms))
        return true;
    log_error("--older takes an age such as 30d or 12h, not '%s'", text);
    return false;
}

// Which bit lets an option in; 0 for those that every command takes.
static int bit_of(int id)
{
    switch (id) {
    case ID_GATEWAY:
        return OPTION_GATEWAY;
    case ID_JSON:
        return OPTION_JSON;
    case ID_PLAIN:
        return OPTION_PLAIN;
    case ID_FIRST:
        return OPTION_FIRST;
    case ID_ONLY:
        return OPTION_ONLY;
    case ID_RATINGS:
        return OPTION_RATINGS;
    case ID_COUNT:
        return OPTION_COUNT;
    case ID_OUT:
        return OPTION_OUT;
    case ID_RETRY:
        return OPTION_RETRY;
    case ID_ALL:
        return OPTION_ALL;
    case ID_ADOPT:
    case ID_NOT_BOUGHT:
    case ID_BUY_AGAIN:
        return OPTION_SETTLE;
    case ID_FIX:
        return OPTION_FIX;
    case ID_DELETE:
    case ID_OLDER:
        return OPTION_PRUNE;
    case ID_REQUESTS:
        return OPTION_REQUESTS;
    case ID_FAULTS:
    case ID_FAULTS_SEED:
        return OPTION_FAULTS;
    case ID_LOCK:
    case ID_LOCKED:
        return OPTION_LOCK;
    case ID_MATCH:
        return OPTION_MATCH;
    case ID_FROM:
        return OPTION_FROM;
    case ID_MONTAGE:
    case ID_COLUMNS:
    case ID_AT:
        return OPTION_REPORT;
    case ID_UI:
        return OPTION_UI;
    case ID_SCRIPT:
        return OPTION_INIT;
    case 'p':
        return OPTION_PARAM;
    default:
        return 0;
    }
}

// The member that is set by being there; NULL: it is not one of these.
static bool *flag_of(struct options *options, int id)
{
    switch (id) {
    case ID_JSON:
        return &options->json;
    case ID_PLAIN:
        return &options->plain;
    case ID_RETRY:
        return &options->retry_failed;
    case ID_ALL:
        return &options->all;
    case ID_NOT_BOUGHT:
        return &options->not_bought;
    case ID_BUY_AGAIN:
        return &options->buy_again;
    case ID_FIX:
        return &options->fix;
    case ID_LOCK:
        return &options->lock;
    case ID_LOCKED:
        return &options->locked;
    case ID_DELETE:
        return &options->delete;
    case ID_COUNT:
        return &options->count;
    case ID_REQUESTS:
        return &options->requests;
    case ID_SCRIPT:
        return &options->script;
    case ID_UI:
        return &options->ui;
    case 'v':
        return &options->verbose;
    case 'h':
        return &options->help;
    default:
        return NULL;
    }
}

// The member that takes the value as it is; NULL: it is not one of these.
static const char **text_of(struct options *options, int id)
{
    switch (id) {
    case ID_GATEWAY:
        return &options->gateway;
    case ID_OUT:
        return &options->out;
    case ID_ONLY:
        return &options->only;
    case ID_RATINGS:
        return &options->ratings;
    case ID_MATCH:
        return &options->match;
    case ID_FROM:
        return &options->from;
    case ID_MONTAGE:
        return &options->montage;
    case ID_COLUMNS:
        return &options->columns;
    case ID_AT:
        return &options->at;
    case ID_LUA_DIR:
        return &options->lua_dir;
    case ID_ADOPT:
        return &options->adopt;
    case ID_FAULTS:
        return &options->faults;
    case ID_FAULTS_SEED:
        return &options->faults_seed;
    default:
        return NULL;
    }
}

static bool take(struct options *options, int id, const char *value)
{
    bool *flag = flag_of(options, id);
    const char **text = text_of(options, id);
    if (flag)
        *flag = true;
    if (text)
        *text = value;
    if (flag || text)
        return true;
    switch (id) {
    case ID_FIRST:
        return read_first(options, value);
    case ID_OLDER:
        return read_older(options, value);
    case 'p':
        return add_param(options, value);
    default:
        return false;
    }
}

bool options_read(struct options *options, int argc, char **argv, int allowed)
{
    *options = (struct options){.argc = argc, .argv = argv};
    // getopt reorders; "again" wants the words as they were typed.
    char **words = xcalloc((size_t)argc + 1, sizeof(*words));
    memcpy(words, argv, (size_t)argc * sizeof(*words));
    options->argv = words;
    optind = 1;
    opterr = 0;
    for (;;) {
        int at = 0;
        int id = getopt_long(argc - 1, argv + 1, ":p:vh", long_options, &at);
        if (id == -1)
            break;
        if (id == '?' || id == ':')
            return say_wrong(words[1], argv[optind], optopt, id == ':');
        if (bit_of(id) & ~allowed) {
            log_error("%s does not take --%s; see: tarmac %s --help", words[1],
                      id == 'p' ? "param" : long_options[at].name, words[1]);
            return false;
        }
        if (!take(options, id, optarg))
            return false;
    }
    options->words = argv + 1 + optind;
    options->n_words = (size_t)(argc - 1 - optind);
    return true;
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->n_params; i++)
        free((char *)options->params[i].name);
    free(options->params);
    free(options->argv);
    *options = (struct options){0};
}

char *options_again(const struct options *options)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_str(&out, "tarmac");
    for (int i = 1; i < options->argc; i++) {
        buf_byte(&out, ' ');
        shell_word(options->argv[i], &out);
    }
    return buf_take(&out);
}
