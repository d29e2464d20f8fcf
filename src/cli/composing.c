#include "cli/composing.h"

#include <signal.h>

#include "data/json.h"

struct composing {
    const struct composing_job *job;
    bool ended, ok;
    int status, signum;
    struct err err; // as it said
};

static void on_line(void *arg, const char *line, size_t len)
{
    struct composing *c = arg;
    struct value *said = json_read(line, len, JSON_LENIENT, NULL);
    const char *error = value_get_text(said, "error");
    bool disk = value_truth(value_get(said, "disk"), false);
    double part;
    if (value_number(value_get(said, "progress"), &part))
        c->job->on_part(c->job->arg, part);
    c->ok = value_truth(value_get(said, "ok"), false);
    if (error)
        err_set(&c->err, disk ? ERR_DISK : ERR_DEFECT, "%s", error);
    value_free(said);
}

static void on_exit_of(void *arg, int status, int signum)
{
    struct composing *c = arg;
    c->ended = true;
    c->status = status;
    c->signum = signum;
}

static bool fail(const struct composing *c, struct err *err)
{
    if (c->err.kind != ERR_NONE)
        *err = c->err;
    else if (c->signum)
        err_set(err, ERR_DEFECT, "%s ended with signal %d", c->job->program,
                c->signum);
    else
        err_set(err, ERR_DEFECT, "%s ended with code %d", c->job->program,
                c->status);
    return false;
}

bool composing_run(const struct composing_job *job, struct err *err)
{
    struct composing c = {.job = job, .err = {.kind = ERR_NONE}};
    const char *argv[] = {job->program,
                          job->kind == MONTAGE_FILM ? "wall" : "sheet",
                          job->spec, job->out, NULL};
    struct loop_child_spec spec = {.argv = argv,
                                   .on_line = on_line,
                                   .on_exit = on_exit_of,
                                   .arg = &c,
                                   .detached = true};
    struct loop_child *child = loop_child_spawn(job->loop, &spec, err);
    if (!child)
        return false;
    while (!c.ended && !*job->stopped)
        loop_once(job->loop, true);
    if (!c.ended)
        loop_child_kill(child, SIGKILL);
    loop_child_free(child);
    if (!c.ended)
        return err_set(err, ERR_DEFECT, "stopped");
    return (c.ok && c.status == 0) || fail(&c, err);
}
