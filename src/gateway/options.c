#include "gateway/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/client.h"

#define LATENCY_MAX_MS (24 * 3600 * 1000LL)
#define CREDITS_MAX 1000000000000LL
#define RENDERS_MAX 64
#define TIER_MAX 5

enum {
    O_LISTEN = 256,
    O_DATA,
    O_LATENCY,
    O_DRAFT,
    O_SAME_CLIP,
    O_RENDERS,
    O_PROFILE,
    O_SHAPE,
    O_TIER,
    O_CREDITS,
    O_KEY,
    O_KEY_ENV,
    O_CALLBACK_HOSTS,
    O_INPUT_HOSTS,
    O_ACCESS_LOG,
    O_USERS,
    O_LOCK,
    O_ADDRESS,
    O_FAULTS,
    O_SEED,
    O_CHECK
};

static const char *const profiles[] = {"comet", "apifox", "v1", "lenient",
                                       NULL};
static const char *const shapes[] = {[WIRE_NATIVE] = "native",
                                     [WIRE_WRAPPER] = "wrapper",
                                     [WIRE_FLAT] = "flat",
                                     NULL};

static const struct option table[] = {
    {"listen", required_argument, NULL, O_LISTEN},
    {"data", required_argument, NULL, O_DATA},
    {"latency", required_argument, NULL, O_LATENCY},
    {"draft", no_argument, NULL, O_DRAFT},
    {"same-clip", no_argument, NULL, O_SAME_CLIP},
    {"renders", required_argument, NULL, O_RENDERS},
    {"profile", required_argument, NULL, O_PROFILE},
    {"shape", required_argument, NULL, O_SHAPE},
    {"tier", required_argument, NULL, O_TIER},
    {"credits", required_argument, NULL, O_CREDITS},
    {"key", required_argument, NULL, O_KEY},
    {"key-env", required_argument, NULL, O_KEY_ENV},
    {"callback-hosts", required_argument, NULL, O_CALLBACK_HOSTS},
    {"input-hosts", required_argument, NULL, O_INPUT_HOSTS},
    {"access-log", required_argument, NULL, O_ACCESS_LOG},
    {"users", required_argument, NULL, O_USERS},
    {"lock", required_argument, NULL, O_LOCK},
    {"address", required_argument, NULL, O_ADDRESS},
    {"faults", required_argument, NULL, O_FAULTS},
    {"faults-seed", required_argument, NULL, O_SEED},
    {"faults-check", no_argument, NULL, O_CHECK},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool parse_number(const char *text, int64_t max, int64_t *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > max)
        return false;
    *out = n;
    return true;
}

static bool keep_host(struct gateway_options *o, const char *host, size_t len,
                      struct err *err)
{
    if (len == strlen("localhost") && strncmp(host, "localhost", len) == 0) {
        host = "127.0.0.1";
        len = strlen(host);
    }
    if (len == 0 || len >= sizeof o->host)
        return err_set(err, ERR_USAGE,
                       "--listen: ADDR:PORT with a numeric address, like "
                       "127.0.0.1:8787");
    memcpy(o->host, host, len);
    o->host[len] = '\0';
    return true;
}

// "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", ":80"
static bool parse_listen(struct gateway_options *o, const char *text,
                         struct err *err)
{
    const char *host = text, *end, *port;
    if (*text == '[') {
        host = text + 1;
        end = strchr(host, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return err_set(err, ERR_USAGE,
                           "--listen %s: an IPv6 address looks like "
                           "[::1]:8787",
                           text);
        port = end[1] == ':' ? end + 2 : NULL;
    } else {
        end = strrchr(text, ':');
        port = end ? end + 1 : NULL;
        if (!end)
            end = text + strlen(text);
    }
    int64_t n = 0;
    if (port) {
        if (!parse_number(port, 65535, &n))
            return err_set(err, ERR_USAGE,
                           "--listen %s: the port is a number from 0 to 65535",
                           text);
        o->port = (int)n;
    }
    if (end == host)
        return true; // ":80" keeps the default address
    return keep_host(o, host, (size_t)(end - host), err);
}

static bool parse_latency(struct gateway_options *o, const char *text,
                          struct err *err)
{
    if ((parse_number(text, LATENCY_MAX_MS, &o->latency_ms) ||
         text_duration(text, &o->latency_ms)) &&
        o->latency_ms <= LATENCY_MAX_MS)
        return true;
    return err_set(err, ERR_USAGE,
                   "--latency %s: milliseconds, or 2s, 1m; at most a day",
                   text);
}

// The place of `text` in `words`, which ends with NULL; -1 with `err`.
static int parse_word(const char *option, const char *text,
                      const char *const *words, struct err *err)
{
    struct buf all;
    int n = 0;
    buf_init(&all, 256);
    for (; words[n]; n++) {
        if (strcmp(words[n], text) == 0) {
            buf_free(&all);
            return n;
        }
        buf_printf(&all, "%s%s",
                   n == 0         ? ""
                   : words[n + 1] ? ", "
                                  : " or ",
                   words[n]);
    }
    const char *near = text_nearest(text, words, (size_t)n);
    char *shown = text_printable(text, strlen(text), 60);
    err_set(err, ERR_USAGE, "--%s %s: %s%s%s%s", option, shown, all.data,
            near ? " (did you mean '" : "", near ? near : "",
            near ? "'?)" : "");
    free(shown);
    buf_free(&all);
    return -1;
}

static bool parse_profile(struct gateway_options *o, const char *text,
                          struct err *err)
{
    int at = parse_word("profile", text, profiles, err);
    if (at >= 0)
        o->profile = profiles[at];
    return at >= 0;
}

static bool parse_shape(struct gateway_options *o, const char *text,
                        struct err *err)
{
    int at = parse_word("shape", text, shapes, err);
    if (at >= 0)
        o->shape = (enum wire_shape)at;
    return at >= 0;
}

static bool parse_count(const char *option, const char *text, int64_t least,
                        int64_t most, int64_t *n, struct err *err)
{
    if (parse_number(text, most, n) && *n >= least)
        return true;
    return err_set(err, ERR_USAGE,
                   "--%s %s: a whole number from %" PRId64 " to %" PRId64,
                   option, text, least, most);
}

static bool parse_small(const char *option, const char *text, int64_t most,
                        int *out, struct err *err)
{
    int64_t n = 0;
    if (!parse_count(option, text, 1, most, &n, err))
        return false;
    *out = (int)n;
    return true;
}

static bool keep_key(struct gateway_options *o, const char *key,
                     struct err *err)
{
    if (o->key)
        return err_set(err, ERR_USAGE, "--key or --key-env, and only once");
    if (*key == '\0')
        return err_set(err, ERR_USAGE, "--key: an empty key protects nothing");
    o->key = key;
    return true;
}

static bool parse_key_env(struct gateway_options *o, const char *name,
                          struct err *err)
{
    const char *key = env_get(name);
    if (key)
        return keep_key(o, key, err);
    return err_set(err, ERR_USAGE,
                   "--key-env %s: this environment variable is not set; "
                   "export it first",
                   name);
}

static bool parse_seed(struct gateway_options *o, const char *text,
                       struct err *err)
{
    int64_t n;
    if (!parse_number(text, INT64_MAX, &n))
        return err_set(err, ERR_USAGE,
                       "--faults-seed %s: a whole number from 0", text);
    o->seed = (uint64_t)n;
    return true;
}

// Those whose value is kept as it stands.
static const char **plain(struct gateway_options *o, int option)
{
    switch (option) {
    case O_FAULTS:
        return &o->spec;
    case O_DATA:
        return &o->data_dir;
    case O_USERS:
        return &o->users;
    case O_LOCK:
        return &o->lock;
    case O_ADDRESS:
        return &o->address;
    case O_CALLBACK_HOSTS:
        return &o->callback_hosts;
    case O_INPUT_HOSTS:
        return &o->input_hosts;
    case O_ACCESS_LOG:
        return &o->access_log;
    }
    return NULL;
}

static bool take(struct gateway_options *o, int option, struct err *err)
{
    const char **kept = plain(o, option);
    if (kept)
        *kept = optarg;
    switch (option) {
    case O_LISTEN:
        return parse_listen(o, optarg, err);
    case O_LATENCY:
        return parse_latency(o, optarg, err);
    case O_KEY:
        return keep_key(o, optarg, err);
    case O_KEY_ENV:
        return parse_key_env(o, optarg, err);
    case O_PROFILE:
        return parse_profile(o, optarg, err);
    case O_SHAPE:
        return parse_shape(o, optarg, err);
    case O_TIER:
        return parse_small("tier", optarg, TIER_MAX, &o->tier, err);
    case O_RENDERS:
        return parse_small("renders", optarg, RENDERS_MAX, &o->renders, err);
    case O_CREDITS:
        return parse_count("credits", optarg, 0, CREDITS_MAX, &o->credits, err);
    case O_SEED:
        return parse_seed(o, optarg, err);
    case O_CHECK:
        o->check = true;
        return true;
    case O_DRAFT:
        o->draft = true;
        return true;
    case O_SAME_CLIP:
        o->draft = o->same_clip = true;
        return true;
    }
    return kept != NULL;
}

static bool unknown_option(const char *word, struct err *err)
{
    const char *names[sizeof table / sizeof *table];
    size_t n = 0;
    for (; table[n].name; n++)
        names[n] = table[n].name;
    const char *near =
        text_starts(word, "--") ? text_nearest(word + 2, names, n) : NULL;
    char *shown = text_printable(word, strlen(word), 60);
    err_set(err, ERR_USAGE, "%s: unknown option%s%s%s; see --help", shown,
            near ? " (did you mean '--" : "", near ? near : "",
            near ? "'?)" : "");
    free(shown);
    return false;
}

static bool is_loopback(const char *host)
{
    bool v6 = strchr(host, ':') != NULL;
    char *url = xasprintf(v6 ? "http://[%s]/" : "http://%s/", host);
    bool yes = net_is_loopback(url);
    free(url);
    return yes;
}

static bool agree(struct gateway_options *o, struct err *err)
{
    if ((o->users != NULL) != (o->lock != NULL) || (o->users && !o->address))
        return err_set(err, ERR_USAGE,
                       "--users, --lock and --address are given together");
    if (!o->key && !is_loopback(o->host))
        return err_set(err, ERR_USAGE,
                       "--listen %s: without a key only loopback addresses "
                       "are served; add --key-env NAME",
                       o->host);
    if (!o->input_hosts)
        o->input_hosts = is_loopback(o->host) ? "public,loopback" : "public";
    if (o->check && !o->spec)
        return err_set(err, ERR_USAGE, "--faults-check goes with --faults");
    if (o->spec)
        o->faults = faults_parse(o->spec, o->seed, err);
    return !o->spec || o->faults;
}

enum options_result options_parse(int argc, char **argv,
                                  struct gateway_options *o, struct err *err)
{
    *o = (struct gateway_options){
        .host = "127.0.0.1",
        .port = -1,
        .data_dir = ".tarmac/gateway",
        .profile = "lenient",
        .tier = TIER_MAX,
        .callback_hosts = "loopback",
    };
    optind = 0; // glibc: start anew
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "+:h", table, NULL);
        if (option == -1)
            break;
        if (option == 'h')
            return OPTIONS_HELP;
        const char *word = argv[optind - 1];
        if (option == ':')
            err_set(err, ERR_USAGE, "%s: needs a value; see --help", word);
        else if (option == '?')
            unknown_option(word, err);
        else if (take(o, option, err))
            continue;
        return OPTIONS_BAD;
    }
    if (optind < argc) {
        err_set(err, ERR_USAGE, "%s: unexpected argument; see --help",
                argv[optind]);
        return OPTIONS_BAD;
    }
    if (!agree(o, err))
        return OPTIONS_BAD;
    return o->check ? OPTIONS_FAULTS : OPTIONS_RUN;
}
