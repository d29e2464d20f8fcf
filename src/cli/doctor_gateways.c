// The doctor's look at gateways: the address, the key's place, and whether
// anybody answers. What is sent is one GET without a key, which buys nothing.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/doctor.h"
#include "cli/gateways.h"
#include "engine/local.h"
#include "net/client.h"
#include "report/summary.h"

#define ANSWER_MS 10000
#define CONNECT_MS 5000
#define BODY_MAX (64u << 10)
#define ADDRESS_MAX 4096
#define ERROR_FROM 500 // of HTTP: the service itself is in trouble

struct probe {
    struct doctor *doctor;
    struct gateway gateway;
    char *url;                     // to ask; NULL: nobody
    char *facts;                   // what is known without asking
    bool said;                     // an error was told already
    bool no_key;                   // though it is on another machine
    struct net_exchange *exchange; // NULL: ended, or none
    bool answered;
    long status;
    int64_t elapsed_ms;
    char *error;
};

// --- before the network

static void say_mistakes(struct doctor *doctor, const char *name,
                         const struct problems *problems, const struct err *err)
{
    for (size_t i = 0; i < problems->n; i++)
        doctor_say(doctor, FINDING_ERROR, EXIT_RECIPE, "gateway", name, "%s",
                   problems->items[i].text);
    if (problems->n == 0)
        doctor_say(doctor, FINDING_ERROR, EXIT_RECIPE, "gateway", name, "%s",
                   err->text);
}

// Whether there is a key, and from where: never the key.
static bool look_for_key(struct probe *probe, struct buf *facts)
{
    const struct doctor *doctor = probe->doctor;
    const char *origin = probe->gateway.origin;
    const struct value *entry = value_get(doctor->config.keys, origin);
    const char *env = value_get_text(entry, "env");
    const char *program = value_text(value_at(value_get(entry, "command"), 0));
    if (!entry) {
        buf_str(facts, "no key");
        probe->no_key = !probe->gateway.loopback;
        return true;
    }
    struct err err;
    char *key = NULL;
    if (!config_key(&doctor->config, origin, &key, &err)) {
        doctor_say(probe->doctor, FINDING_ERROR, EXIT_REFUSED, "gateway",
                   probe->gateway.name, "%s", err.text);
        probe->said = true;
        return false;
    }
    if (key)
        explicit_bzero(key, strlen(key));
    free(key);
    if (env)
        buf_printf(facts, "key from $%s", env);
    else
        buf_printf(facts, "key from the command %s", program ? program : "");
    return true;
}

static void prepare_remote(struct probe *probe)
{
    struct gateway *gateway = &probe->gateway;
    struct buf facts;
    buf_init(&facts, ADDRESS_MAX);
    buf_printf(&facts, "%s, dialect %s, ", gateway->url,
               gateway->dialect->name);
    if (look_for_key(probe, &facts))
        probe->url = xstrdup(gateway->url);
    probe->facts = buf_take(&facts);
}

// Where a run has started it, it says so in a file; the next run starts it
// otherwise.
static void prepare_local(struct probe *probe)
{
    probe->url = local_address(probe->doctor->state.dir);
    probe->facts =
        probe->url ? xasprintf("built in, at %s", probe->url)
                   : xstrdup("built in; not running, started when a run needs "
                             "it");
}

static void prepare(struct probe *probe, struct dialects *dialects,
                    const char *name)
{
    static const struct recipe none;
    struct doctor *doctor = probe->doctor;
    const struct recipe *recipe = doctor->recipe ? doctor->recipe : &none;
    struct problems problems;
    struct err err = {0};
    problems_init(&problems, name);
    if (!gateway_resolve(name, &doctor->config, recipe, doctor->recipe_dir,
                         dialects, &probe->gateway, &problems, &err)) {
        say_mistakes(doctor, name, &problems, &err);
        probe->said = true;
    } else if (probe->gateway.local) {
        prepare_local(probe);
    } else {
        prepare_remote(probe);
    }
    problems_free(&problems);
}

// --- the network

static void on_answer(void *arg, const struct net_response *response)
{
    struct probe *probe = arg;
    probe->exchange = NULL;
    probe->status = response->status;
    probe->answered = response->result == NET_ANSWERED || response->status > 0;
    probe->elapsed_ms = response->elapsed_ms;
    probe->error = xstrdup(response->error);
}

static void ask(struct probe *probes, size_t n, struct doctor *doctor)
{
    struct err err;
    struct net_client *client = net_client_new(doctor->loop, &err);
    if (!client) {
        doctor_say(doctor, FINDING_ERROR, EXIT_REFUSED, "network", NULL, "%s",
                   err.text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct net_request request = {.method = "GET",
                                      .url = probes[i].url,
                                      .body_max = BODY_MAX,
                                      .timeout_ms = ANSWER_MS,
                                      .connect_ms = CONNECT_MS,
                                      .done = on_answer,
                                      .arg = &probes[i]};
        if (probes[i].url)
            probes[i].exchange = net_send(client, &request);
    }
    for (size_t i = 0; i < n; i++)
        while (probes[i].exchange)
            loop_once(doctor->loop, true);
    net_client_free(client);
}

// --- after it

static void say_silence(struct probe *probe)
{
    const char *error = probe->error ? probe->error : "nothing was sent";
    if (probe->gateway.local)
        doctor_say(probe->doctor, FINDING_WARNING, 0, "gateway",
                   probe->gateway.name,
                   "%s, and does not answer (%s); the next run starts it "
                   "again, and %s/gateway/gateway.log says more",
                   probe->facts, error, probe->doctor->state.dir);
    else
        doctor_say(probe->doctor, FINDING_ERROR, EXIT_REFUSED, "gateway",
                   probe->gateway.name,
                   "%s, does not answer: %s; look at its url and the network",
                   probe->facts, error);
}

static void say_probe(struct probe *probe)
{
    struct doctor *doctor = probe->doctor;
    const char *name = probe->gateway.name;
    if (probe->said)
        return;
    if (!probe->url)
        doctor_say(doctor, FINDING_OK, 0, "gateway", name, "%s", probe->facts);
    else if (!probe->answered)
        say_silence(probe);
    else if (probe->status >= ERROR_FROM)
        doctor_say(doctor, FINDING_WARNING, 0, "gateway", name,
                   "%s, answers HTTP %ld: the service may be in trouble; try "
                   "again later",
                   probe->facts, probe->status);
    else if (probe->no_key)
        doctor_say(doctor, FINDING_WARNING, 0, "gateway", name,
                   "%s, answers within %" PRId64
                   " ms; if it wants one, say where it is below keys: in %s",
                   probe->facts, probe->elapsed_ms,
                   doctor->config.path ? doctor->config.path
                                       : "~/.config/tarmac/config.yaml");
    else
        doctor_say(doctor, FINDING_OK, 0, "gateway", name,
                   "%s, answers within %" PRId64 " ms", probe->facts,
                   probe->elapsed_ms);
}

static void probe_clear(struct probe *probe)
{
    gateway_clear(&probe->gateway);
    free(probe->url);
    free(probe->facts);
    free(probe->error);
}

// "local", those of the configuration, then those that only the recipe has.
static size_t names_of(const struct doctor *doctor, const char ***names)
{
    const struct value *own = doctor->config.gateways;
    const struct value *theirs =
        doctor->recipe ? doctor->recipe->gateways : NULL;
    size_t max = 1 + value_count(own) + value_count(theirs), n = 0;
    *names = xcalloc(max, sizeof(**names));
    (*names)[n++] = "local";
    for (size_t i = 0; i < value_count(own); i++)
        (*names)[n++] = own->map.members[i].key;
    for (size_t i = 0; i < value_count(theirs); i++)
        if (!value_get(own, theirs->map.members[i].key)) // the user's counts
            (*names)[n++] = theirs->map.members[i].key;
    return n;
}

void doctor_gateways(struct doctor *doctor)
{
    struct err err;
    struct dialects *dialects = dialects_new(doctor->options->lua_dir, &err);
    if (!dialects) {
        doctor_say(doctor, FINDING_ERROR, EXIT_DEFECT, "dialects", NULL, "%s",
                   err.text);
        return;
    }
    const char **names;
    size_t n = names_of(doctor, &names);
    struct probe *probes = xcalloc(n, sizeof(*probes));
    for (size_t i = 0; i < n; i++) {
        probes[i].doctor = doctor;
        prepare(&probes[i], dialects, names[i]);
    }
    ask(probes, n, doctor);
    for (size_t i = 0; i < n; i++) {
        say_probe(&probes[i]);
        probe_clear(&probes[i]);
    }
    free(probes);
    free(names);
    dialects_free(dialects);
}
