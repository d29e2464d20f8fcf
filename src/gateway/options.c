#include "gateway/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/client.h"

#define LATENCY_MAX_MS (24 * 3600 * 1000LL)

enum {
    O_LISTEN = 256,
    O_DATA,
    O_LATENCY,
    O_DRAFT,
    O_KEY,
    O_USERS,
    O_LOCK,
    O_ADDRESS,
    O_FAULTS,
    O_SEED,
    O_CHECK
};

static const struct option table[] = {
    {"listen", required_argument, NULL, O_LISTEN},
    {"data", required_argument, NULL, O_DATA},
    {"latency", required_argument, NULL, O_LATENCY},
    {"draft", no_argument, NULL, O_DRAFT},
    {"key-env", required_argument, NULL, O_KEY},
    {"users", required_argument, NULL, O_USERS},
    {"lock", required_argument, NULL, O_LOCK},
    {"address", required_argument, NULL, O_ADDRESS},
    {"faults", required_argument, NULL, O_FAULTS},
    {"faults-seed", required_argument, NULL, O_SEED},
    {"faults-check", no_argument, NULL, O_CHECK},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *options_help(void)
{
    return "Usage: tarmac gateway [options]\n"
           "\n"
           "The built-in service: it speaks the reverse Runway format and "
           "renders real video.\n"
           "\n"
           "  --listen ADDR:PORT  where to listen (127.0.0.1:8787); other "
           "than loopback only\n"
           "                      with --key-env; port 0: any\n"
           "  --data DIR          where tasks and clips are kept "
           "(.tarmac/gateway)\n"
           "  --latency MS        let every task take at least this long "
           "(0); also 2s, 1m\n"
           "  --draft             320 pixels on the longer side: fast\n"
           "  --key-env NAME      ask for \"Authorization: Bearer KEY\", KEY "
           "being the value of\n"
           "                      the environment variable NAME\n"
           "  --faults SPEC|@FILE rehearse bad days: "
           "429=0.05:1,lost=0.02; below\n"
           "  --faults-seed N     another draw of the same faults (0)\n"
           "  --faults-check      say the faults in one line, or what is wrong "
           "with them,\n"
           "                      and end\n"
           "  --address FILE      write our address there, as JSON\n"
           "  --users FIFO --lock FILE\n"
           "                      end when the last writer of FIFO has gone "
           "(used by runs)\n"
           "  --help              this text\n"
           "\n"
           "Examples:\n"
           "  tarmac gateway --draft\n"
           "  tarmac gateway --listen 127.0.0.1:9000 --latency 2s\n"
           "  MY_KEY=secret tarmac gateway --listen 0.0.0.0:8787 --key-env "
           "MY_KEY\n"
           "  curl http://127.0.0.1:8787/runway/pro/generate \\\n"
           "    -d '{\"prompt\":\"a lighthouse\",\"model\":\"gen2\","
           "\"options\":{\"seconds\":5}}'\n";
}

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

static bool parse_key(struct gateway_options *o, const char *name,
                      struct err *err)
{
    o->key = env_get(name);
    if (o->key)
        return true;
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

static bool take(struct gateway_options *o, int option, struct err *err)
{
    switch (option) {
    case O_LISTEN:
        return parse_listen(o, optarg, err);
    case O_LATENCY:
        return parse_latency(o, optarg, err);
    case O_KEY:
        return parse_key(o, optarg, err);
    case O_FAULTS:
        o->spec = optarg;
        return true;
    case O_SEED:
        return parse_seed(o, optarg, err);
    case O_CHECK:
        o->check = true;
        return true;
    case O_DRAFT:
        o->draft = true;
        return true;
    case O_DATA:
        o->data_dir = optarg;
        return true;
    case O_USERS:
        o->users = optarg;
        return true;
    case O_LOCK:
        o->lock = optarg;
        return true;
    case O_ADDRESS:
        o->address = optarg;
        return true;
    }
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
        .host = "127.0.0.1", .port = -1, .data_dir = ".tarmac/gateway"};
    optind = 0; // glibc: start anew
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "+:h", table, NULL);
        if (option == -1)
            break;
        if (option == 'h')
            return OPTIONS_HELP;
        if (option == ':' || option == '?') {
            err_set(err, ERR_USAGE,
                    option == ':' ? "%s: needs a value; see --help"
                                  : "%s: unknown option; see --help",
                    argv[optind - 1]);
            return OPTIONS_BAD;
        }
        if (!take(o, option, err))
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
