#include "cli/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/token.h"
#include "cli/load.h"
#include "db/db.h"
#include "ledger/list.h"
#include "report/listing.h"
#include "report/summary.h"
#include "ui/display.h"

#define DISK_LOW ((uint64_t)1 << 30) // bytes, about a hundred clips
#define DISK_OUT ((uint64_t)32 << 20)
#define CLOCK_LEAST_MS INT64_C(1735689600000) // 2025: before tarmac was made
#define CLOCK_SLACK_MS (3600 * 1000)

void doctor_say(struct doctor *doctor, enum finding_level level, int code,
                const char *subject, const char *name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = xvasprintf(fmt, args);
    va_end(args);
    struct finding finding = {level, code, subject, name, text};
    finding_say(&doctor->findings, &finding);
    free(text);
}

// --- the state folder

// What a run will do there: write, fsync, rename.
static bool try_write(const char *dir, struct err *err)
{
    char token[TOKEN_HEX];
    token_make(token);
    char *path = xasprintf("%s/doctor-%s", dir, token);
    bool ok = file_write(path, token, sizeof(token) - 1, 0600, err);
    if (ok)
        unlink(path);
    free(path);
    return ok;
}

// A lock that is held must be refused to a second descriptor.
static bool try_lock(const char *dir, struct err *err)
{
    char token[TOKEN_HEX];
    token_make(token);
    char *path = xasprintf("%s/doctor-%s.lock", dir, token);
    int first = file_lock(path, FILE_TRY, err);
    int second = first >= 0 ? file_lock(path, FILE_TRY, err) : FILE_LOCK_ERROR;
    bool ok = second == FILE_LOCK_HELD;
    if (second >= 0) {
        close(second);
        err_set(err, ERR_DISK,
                "locks do not hold there: two runs would not see each other; "
                "keep the recipes on a local disk");
    }
    if (first >= 0) {
        close(first);
        unlink(path);
    }
    free(path);
    return ok;
}

static void look_at_state(struct doctor *doctor)
{
    const struct state *state = &doctor->state;
    struct err err = {0};
    char *inside = path_join(state->dir, "x");
    bool exists = path_is_dir(state->dir);
    bool ok = db_may_lie(exists ? inside : state->dir, &err);
    free(inside);
    if (ok && !exists && access(state->root, W_OK) != 0)
        ok = err_errno(&err, ERR_DISK, "cannot make %s", state->dir);
    if (ok && exists)
        ok = try_write(state->dir, &err) && try_lock(state->dir, &err);
    if (!ok)
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "state", NULL, "%s",
                   err.text);
    else if (exists)
        doctor_say(doctor, FINDING_OK, 0, "state", NULL,
                   "%s can be written and locked", state->dir);
    else
        doctor_say(doctor, FINDING_OK, 0, "state", NULL,
                   "%s is not there yet; the first run makes it", state->dir);
}

static void look_at_disk(struct doctor *doctor)
{
    struct statvfs facts;
    if (statvfs(doctor->state.root, &facts) != 0)
        return; // the state folder has said why
    uint64_t left = (uint64_t)facts.f_bavail * facts.f_frsize;
    double gigabytes = (double)(left / 10000000) / 100;
    if (left < DISK_OUT)
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "disk", NULL,
                   "%" PRIu64 " bytes are free below %s: too few for a clip; "
                   "make room",
                   left, doctor->state.root);
    else if (left < DISK_LOW)
        doctor_say(doctor, FINDING_WARNING, 0, "disk", NULL,
                   "%.2f GB are free below %s; make room before a large run",
                   gigabytes, doctor->state.root);
    else
        doctor_say(doctor, FINDING_OK, 0, "disk", NULL,
                   "%.0f GB are free below %s", gigabytes, doctor->state.root);
}

// --- the ledger, and the clock that it was written by

static void on_run(void *arg, const struct value *row)
{
    *(int64_t *)arg = value_integer(value_get(row, "started_ms"), 0);
}

static void look_at_clock(struct doctor *doctor, int64_t newest_ms)
{
    int64_t now = clock_wall_ms(&clock_system);
    struct buf text;
    buf_init(&text, 256);
    moment_text(now, &text);
    if (now < CLOCK_LEAST_MS)
        doctor_say(doctor, FINDING_WARNING, 0, "clock", NULL,
                   "it is %s by this machine's clock: certificates will be "
                   "refused; set it",
                   text.data);
    else if (newest_ms > now + CLOCK_SLACK_MS)
        doctor_say(doctor, FINDING_WARNING, 0, "clock", NULL,
                   "it is %s by this machine's clock, and the newest run here "
                   "began later than that; set it",
                   text.data);
    else
        doctor_say(doctor, FINDING_OK, 0, "clock", NULL, "%s", text.data);
    buf_free(&text);
}

static void say_ledger(struct doctor *doctor, int64_t version,
                       const struct ledger_totals *totals)
{
    int64_t all = 0, open = 0;
    int64_t unknown = totals->purchases[ATTEMPT_UNKNOWN];
    for (size_t i = 0; i < LEDGER_STATES; i++) {
        all += totals->purchases[i];
        if (attempt_state_is_open((enum attempt_state)i))
            open += totals->purchases[i];
    }
    doctor_say(doctor, unknown ? FINDING_WARNING : FINDING_OK, 0, "ledger",
               NULL,
               "sound, version %" PRId64 ", %" PRId64 " purchase%s, %" PRId64
               " open%s",
               version, all, all == 1 ? "" : "s", open,
               unknown ? ", some perhaps bought and not answered; see: tarmac "
                         "status"
                       : "");
}

static void look_at_ledger(struct doctor *doctor)
{
    const char *dir = doctor->state.dir;
    int64_t newest_ms = 0, version = 0;
    struct err err;
    struct ledger_totals totals;
    if (!state_has_its_ledger(&doctor->state, &err)) {
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "ledger", NULL, "%s",
                   err.text);
        look_at_clock(doctor, 0);
        return;
    }
    if (!ledger_exists(dir)) {
        doctor_say(doctor, FINDING_OK, 0, "ledger", NULL,
                   "none yet; the first run makes it");
        look_at_clock(doctor, 0);
        return;
    }
    struct ledger *ledger = ledger_open_read(dir, &err);
    if (ledger && ledger_check(ledger, &version, &err) &&
        ledger_totals(ledger, NULL, &totals, &err) &&
        ledger_list_runs(ledger, NULL, 1, on_run, &newest_ms, &err))
        say_ledger(doctor, version, &totals);
    else
        doctor_say(doctor, FINDING_ERROR, EXIT_DISK, "ledger", NULL, "%s",
                   err.text);
    ledger_close(ledger);
    look_at_clock(doctor, newest_ms);
}

// --- files of the user's

static void say_problems(struct doctor *doctor, const char *subject,
                         const char *name, const struct problems *problems,
                         const struct err *err)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct problem *p = &problems->items[i];
        enum finding_level level = p->warning ? FINDING_WARNING : FINDING_ERROR;
        const char *file =
            p->pos.file ? problems_file_name(problems, p->pos) : name;
        if (p->pos.line)
            doctor_say(doctor, level, EXIT_RECIPE, subject, file,
                       "line %d, column %d: %s", p->pos.line, p->pos.col,
                       p->text);
        else
            doctor_say(doctor, level, EXIT_RECIPE, subject, file, "%s",
                       p->text);
    }
    if (err->kind != ERR_NONE)
        doctor_say(doctor, FINDING_ERROR, exit_code_of(err->kind), subject,
                   name, "%s", err->text);
}

static bool look_at_config(struct doctor *doctor)
{
    struct problems problems;
    struct err err = {0};
    struct stat st;
    problems_init(&problems, "config.yaml");
    bool ok = config_read(&doctor->config, &problems, &err);
    const char *path = doctor->config.path;
    say_problems(doctor, "configuration", path, &problems, &err);
    problems_free(&problems);
    if (!ok)
        return false;
    if (!path || stat(path, &st) != 0)
        doctor_say(doctor, FINDING_OK, 0, "configuration", NULL,
                   "none, which is enough for the built-in gateway; others "
                   "stand in %s",
                   path ? path : "~/.config/tarmac/config.yaml");
    else if (st.st_mode & (S_IRWXG | S_IRWXO))
        doctor_say(doctor, FINDING_WARNING, 0, "configuration", NULL,
                   "others can read %s, or change it: chmod 600 '%s'", path,
                   path);
    else
        doctor_say(doctor, FINDING_OK, 0, "configuration", NULL,
                   "%s, only yours to read", path);
    return true;
}

static void look_at_recipe(struct doctor *doctor, struct loaded *loaded)
{
    const char *file = doctor->options->words[0];
    struct problems problems;
    struct err err = {0};
    problems_init(&problems, file);
    if (load_recipe(file, doctor->options, loaded, &problems, &err))
        err.kind = ERR_NONE;
    say_problems(doctor, "recipe", file, &problems, &err);
    if (problems.n == 0 && err.kind == ERR_NONE)
        doctor_say(doctor, FINDING_OK, 0, "recipe", file, "no mistakes");
    problems_free(&problems);
    doctor->recipe = loaded->recipe;
    doctor->recipe_dir = loaded->dir;
}

static void find_state(struct doctor *doctor)
{
    const struct options *options = doctor->options;
    char *dir = options->n_words ? folder_of(options->words[0]) : NULL;
    state_find(&doctor->state, dir);
    free(dir);
}

int doctor_command(const struct options *options)
{
    if (options->n_words > 1) {
        log_error("doctor takes one recipe or none, for example: tarmac "
                  "doctor recipes/orbit.yaml");
        return EXIT_USAGE;
    }
    struct loaded loaded = {0};
    struct doctor doctor = {
        .options = options,
        .findings = {.json = options->json,
                     .color = display_is_rich(STDOUT_FILENO)},
        .loop = loop_new(),
    };
    find_state(&doctor);
    doctor.recipe_dir = doctor.state.root;
    doctor_programs(&doctor);
    look_at_state(&doctor);
    look_at_disk(&doctor);
    look_at_ledger(&doctor);
    // A recipe's gateways mean nothing without the configuration.
    if (look_at_config(&doctor)) {
        if (options->n_words)
            look_at_recipe(&doctor, &loaded);
        doctor_gateways(&doctor);
    }
    findings_end(&doctor.findings);
    loaded_free(&loaded);
    config_free(&doctor.config);
    state_free(&doctor.state);
    loop_free(doctor.loop);
    return findings_exit(&doctor.findings);
}
