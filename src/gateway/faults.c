#include "gateway/faults.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "data/number.h"

#define FILE_MAX_BYTES 65536
#define BUCKETS 1024
#define SECONDS_MAX 3600
#define TIMES_MAX 1000000
#define CALL (FAULT_AT_SUBMIT | FAULT_AT_POLL)

enum unit { TIMES, SECONDS };

static const struct {
    const char *name;
    int at;
    enum unit unit; // of the parameter
    int64_t ms;     // when a fault of seconds is given none
} known[FAULT_KINDS] = {
    [FAULT_429] = {"429", CALL, SECONDS, -1},
    [FAULT_500] = {"500", CALL, TIMES, -1},
    [FAULT_502] = {"502", CALL, TIMES, -1},
    [FAULT_503] = {"503", CALL, TIMES, -1},
    [FAULT_504] = {"504", CALL, TIMES, -1},
    [FAULT_REFUSE] = {"refuse", CALL, TIMES, -1},
    [FAULT_LOST] = {"lost", FAULT_AT_SUBMIT, TIMES, -1},
    [FAULT_SLOW] = {"slow", CALL | FAULT_AT_ASSET, SECONDS, 2000},
    [FAULT_TRUNCATED] = {"truncated", CALL, TIMES, -1},
    [FAULT_HTML] = {"html", CALL, TIMES, -1},
    [FAULT_EMPTY] = {"empty", CALL, TIMES, -1},
    [FAULT_TYPES] = {"types", CALL, TIMES, -1},
    [FAULT_UNKNOWN_STATE] = {"unknown-state", FAULT_AT_POLL, TIMES, -1},
    [FAULT_INVISIBLE] = {"invisible", FAULT_AT_POLL, TIMES, -1},
    [FAULT_BACKWARDS] = {"backwards", FAULT_AT_POLL, TIMES, -1},
    [FAULT_STUCK] = {"stuck", FAULT_AT_POLL, TIMES, -1},
    [FAULT_NO_URL] = {"no-url", FAULT_AT_POLL, TIMES, -1},
    [FAULT_FAILED_WITH_URL] = {"failed-with-url", FAULT_AT_POLL, TIMES, -1},
    [FAULT_EXPIRED] = {"expired", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_LENGTH] = {"length", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_NO_RANGE] = {"no-range", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_OTHER_OFFSET] = {"other-offset", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_CUT] = {"cut", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_PAGE] = {"page", FAULT_AT_ASSET, TIMES, -1},
    [FAULT_CALLBACK_LOST] = {"callback-lost", FAULT_AT_CALLBACK, TIMES, -1},
    [FAULT_CALLBACK_TWICE] = {"callback-twice", FAULT_AT_CALLBACK, TIMES, -1},
    [FAULT_CALLBACK_LATE] = {"callback-late", FAULT_AT_CALLBACK, SECONDS, 3000},
    [FAULT_CALLBACK_FORGED] = {"callback-forged", FAULT_AT_CALLBACK, TIMES, -1},
};

const char faults_help[] =
    "Faults, each NAME=PROBABILITY, or NAME=PROBABILITY:N for no more than the "
    "first\nN times that the same is asked; :S are seconds. A fault changes "
    "what is told, never\nwhat was bought.\n"
    "  submits and polls\n"
    "    429[:S]          too many requests; S: with Retry-After\n"
    "    500 502 503 504  an error page; nothing is bought\n"
    "    refuse           the connection ends before anything is done\n"
    "    slow[:S]         the answer comes S seconds late (2); clips too\n"
    "    truncated        the answer breaks off; what was asked is done\n"
    "    html             a page in place of the answer; it is done\n"
    "    empty            {} in place of the answer; it is done\n"
    "    types            fields of the wrong types; it is done\n"
    "  submits\n"
    "    lost             bought, then the connection ends\n"
    "  polls\n"
    "    unknown-state    a state that nobody knows\n"
    "    invisible        task_not_exist\n"
    "    backwards        progress that falls\n"
    "    stuck            100 %, and still running\n"
    "    no-url           succeeded, without the clip's address\n"
    "    failed-with-url  failed, with the clip's address\n"
    "  clips\n"
    "    expired          403, as for a link that is too old\n"
    "    length           more is announced than comes\n"
    "    no-range         breaks off; going on gives the whole clip again\n"
    "    other-offset     breaks off; going on gives another part\n"
    "    cut              half a clip, as if it were whole\n"
    "    page             a page in place of the clip\n"
    "  callbacks\n"
    "    callback-lost    never sent\n"
    "    callback-twice   the last one comes twice\n"
    "    callback-late[:S]  only the last one, S seconds late (3)\n"
    "    callback-forged  one that lies comes first\n";

struct chance {
    double p; // 0: not asked for
    double n; // the parameter; -1: none
};

// How often something was asked.
struct count {
    char key[HASH_HEX];
    int64_t n;
    LIST_ENTRY(count) link;
};
LIST_HEAD(counts, count);

struct faults {
    uint64_t seed;
    struct chance chances[FAULT_KINDS];
    char *text;
    struct counts buckets[BUCKETS];
};

// --- the spelling

static enum fault_kind find(const char *name)
{
    for (int i = 1; i < FAULT_KINDS; i++)
        if (strcmp(known[i].name, name) == 0)
            return (enum fault_kind)i;
    return FAULT_NONE;
}

static bool no_such(const char *name, struct err *err)
{
    const char *names[FAULT_KINDS - 1];
    for (size_t i = 1; i < FAULT_KINDS; i++)
        names[i - 1] = known[i].name;
    const char *near = text_nearest(name, names, FAULT_KINDS - 1);
    char *shown = text_printable(name, strlen(name), 60);
    if (near)
        err_set(err, ERR_USAGE,
                "--faults: there is no fault '%s' (did you mean '%s'?)", shown,
                near);
    else
        err_set(err, ERR_USAGE,
                "--faults: there is no fault '%s'; tarmac gateway --help "
                "names all",
                shown);
    free(shown);
    return false;
}

static bool read_chance(enum fault_kind kind, char *given, struct chance *out,
                        struct err *err)
{
    bool seconds = known[kind].unit == SECONDS;
    char *colon = strchr(given, ':');
    if (colon)
        *colon = '\0';
    if (!number_read(given, &out->p) || !(out->p > 0 && out->p <= 1))
        return err_set(err, ERR_USAGE,
                       "--faults: %s takes a probability above 0 and at most "
                       "1, as in %s=0.05",
                       known[kind].name, known[kind].name);
    out->n = -1;
    if (!colon)
        return true;
    double max = seconds ? SECONDS_MAX : TIMES_MAX;
    if (number_read(colon + 1, &out->n) && out->n >= !seconds &&
        out->n <= max && (seconds || out->n == (double)(int64_t)out->n))
        return true;
    return err_set(err, ERR_USAGE,
                   seconds ? "--faults: behind %s=…: come seconds, at most "
                             "3600"
                           : "--faults: behind %s=…: comes how many times at "
                             "most, from 1",
                   known[kind].name);
}

static bool read_one(struct faults *fs, char *word, struct err *err)
{
    char *equals = strchr(word, '=');
    if (equals)
        *equals = '\0';
    enum fault_kind kind = find(word);
    if (kind == FAULT_NONE)
        return no_such(word, err);
    if (!equals)
        return err_set(err, ERR_USAGE,
                       "--faults: %s needs a probability, as in %s=0.05", word,
                       word);
    if (fs->chances[kind].p > 0)
        return err_set(err, ERR_USAGE, "--faults: %s is given twice", word);
    return read_chance(kind, equals + 1, &fs->chances[kind], err);
}

static bool read_all(struct faults *fs, char *spec, struct err *err)
{
    static const char between[] = ", \t\r\n";
    char *save = NULL;
    bool any = false;
    for (char *word = strtok_r(spec, between, &save); word;
         word = strtok_r(NULL, between, &save)) {
        if (!read_one(fs, word, err))
            return false;
        any = true;
    }
    return any || err_set(err, ERR_USAGE,
                          "--faults: names none; tarmac gateway --help names "
                          "all");
}

static char *spell(const struct faults *fs)
{
    struct buf out;
    char number[NUMBER_TEXT];
    buf_init(&out, 1 << 16);
    for (int i = 1; i < FAULT_KINDS; i++) {
        const struct chance *c = &fs->chances[i];
        if (c->p <= 0)
            continue;
        number_text(c->p, number);
        buf_printf(&out, "%s%s=%s", out.len ? "," : "", known[i].name, number);
        if (c->n < 0)
            continue;
        number_text(c->n, number);
        buf_printf(&out, ":%s", number);
    }
    buf_printf(&out, "@%llu", (unsigned long long)fs->seed);
    return buf_take(&out);
}

struct faults *faults_parse(const char *spec, uint64_t seed, struct err *err)
{
    struct err why;
    char *text = spec[0] == '@'
                     ? file_read(spec + 1, FILE_MAX_BYTES, NULL, &why)
                     : xstrdup(spec);
    if (!text) {
        err_set(err, ERR_USAGE, "--faults: %s", why.text);
        return NULL;
    }
    struct faults *fs = xcalloc(1, sizeof *fs);
    fs->seed = seed;
    bool ok = read_all(fs, text, err);
    free(text);
    if (!ok) {
        faults_free(fs);
        return NULL;
    }
    fs->text = spell(fs);
    return fs;
}

void faults_free(struct faults *fs)
{
    if (!fs)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct count *c;
        while ((c = LIST_FIRST(&fs->buckets[i])) != NULL) {
            LIST_REMOVE(c, link);
            free(c);
        }
    }
    free(fs->text);
    free(fs);
}

const char *faults_text(const struct faults *fs)
{
    return fs->text;
}

// --- the drawing

// How often this was asked before; counts.
static int64_t count(struct faults *fs, enum fault_at at, const char *key)
{
    char *whole = xasprintf("%d %s", (int)at, key);
    char hash[HASH_HEX];
    hash_bytes(whole, strlen(whole), hash);
    free(whole);
    char head[5] = {hash[0], hash[1], hash[2], hash[3], '\0'};
    struct counts *bucket = &fs->buckets[strtoul(head, NULL, 16) % BUCKETS];
    struct count *c;
    LIST_FOREACH(c, bucket, link)
    if (strcmp(c->key, hash) == 0)
        return c->n++;
    c = xcalloc(1, sizeof *c);
    memcpy(c->key, hash, sizeof c->key);
    LIST_INSERT_HEAD(bucket, c, link);
    return c->n++;
}

// From 0 up to, and without, 1.
static double draw(const struct faults *fs, enum fault_kind kind,
                   enum fault_at at, const char *key, int64_t n)
{
    char *whole = xasprintf("%llu %s %d %s %lld", (unsigned long long)fs->seed,
                            known[kind].name, (int)at, key, (long long)n);
    char hash[HASH_HEX];
    hash_bytes(whole, strlen(whole), hash);
    free(whole);
    hash[8] = '\0';
    return (double)strtoul(hash, NULL, 16) / 4294967296.0;
}

struct fault faults_next(struct faults *fs, enum fault_at at, const char *key)
{
    int64_t n = count(fs, at, key);
    for (int i = 1; i < FAULT_KINDS; i++) {
        enum fault_kind kind = (enum fault_kind)i;
        const struct chance *c = &fs->chances[kind];
        bool seconds = known[kind].unit == SECONDS;
        bool over = !seconds && c->n >= 0 && (double)n >= c->n;
        if (!(known[kind].at & (int)at) || c->p <= 0 || over ||
            draw(fs, kind, at, key, n) >= c->p)
            continue;
        bool given = seconds && c->n >= 0;
        return (struct fault){kind,
                              given ? (int64_t)(c->n * 1000) : known[kind].ms};
    }
    return (struct fault){FAULT_NONE, -1};
}

void faults_key(const char *body, size_t len, char out[HASH_HEX])
{
    struct value *v = json_read(body, len, JSON_LENIENT, NULL);
    if (!v) {
        hash_bytes(body, len, out);
        return;
    }
    struct buf canonical;
    buf_init(&canonical, len * 6 + 4096);
    if (v->type == VALUE_MAP)
        value_remove(v, "callback_url");
    json_canonical(v, &canonical);
    hash_bytes(canonical.data, canonical.len, out);
    buf_free(&canonical);
    value_free(v);
}
