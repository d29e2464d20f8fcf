#include "engine/checker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"

#define WORKERS 2
#define LINE_MAX_BYTES (256u << 10)

enum about {
    ABOUT_PLAYING,
    ABOUT_FRAME,
    ABOUT_TAG,
    ABOUT_TOLD,
};

struct job {
    struct job *next;
    int64_t id;
    struct value *question;
    enum about about;
    checker_done *done;
    void *arg;
};

struct worker {
    struct checker *checker;
    struct loop_child *child; // NULL: not running
    struct loop_timer *timer;
    struct job *job; // NULL: idle
};

struct checker {
    struct loop *loop;
    char *program;
    int64_t timeout_ms;
    int64_t last_id;
    struct job *first, **end; // waiting
    struct worker workers[WORKERS];
    struct loop_timer *later; // hands jobs out, at the top of the loop
};

static void job_free(struct job *job)
{
    value_free(job->question);
    free(job);
}

static void finish(struct worker *w, enum checker_result result,
                   const struct checker_facts *facts, const char *why)
{
    struct job *job = w->job;
    w->job = NULL;
    loop_timer_stop(w->timer);
    loop_timer_start(w->checker->later, 0);
    job->done(job->arg, result, facts, why);
    job_free(job);
}

static void end_child(struct worker *w)
{
    loop_child_kill(w->child, SIGKILL);
    loop_child_free(w->child);
    w->child = NULL;
}

static bool read_playing(const struct value *answer,
                         struct checker_facts *facts)
{
    const char *ext = value_get_text(answer, "ext");
    if (!ext || !*ext || strlen(ext) >= sizeof(facts->ext))
        return false;
    for (const char *c = ext; *c; c++)
        if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9'))
            return false;
    memcpy(facts->ext, ext, strlen(ext) + 1);
    return value_number(value_get(answer, "seconds"), &facts->seconds);
}

static bool read_facts(const struct job *job, const struct value *answer,
                       struct checker_facts *facts)
{
    *facts = (struct checker_facts){
        .width = (int)value_integer(value_get(answer, "width"), 0),
        .height = (int)value_integer(value_get(answer, "height"), 0)};
    switch (job->about) {
    case ABOUT_PLAYING:
        return read_playing(answer, facts);
    case ABOUT_FRAME:
        return facts->width > 0 && facts->height > 0;
    case ABOUT_TAG:
        return true;
    case ABOUT_TOLD:
        facts->text = value_get_text(answer, "text");
        return facts->text;
    }
    return false;
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct worker *w = arg;
    struct value *answer = json_read(line, len, JSON_LENIENT, NULL);
    int64_t id = value_integer(value_get(answer, "id"), -1);
    if (w->job && id == w->job->id) {
        struct checker_facts facts;
        bool ok = value_truth(value_get(answer, "ok"), false);
        bool disk = value_truth(value_get(answer, "disk"), false);
        const char *error = value_get_text(answer, "error");
        if (ok && read_facts(w->job, answer, &facts))
            finish(w, CHECKER_OK, &facts, NULL);
        else
            finish(w, disk ? CHECKER_BROKEN : CHECKER_BAD, NULL,
                   ok || !error ? "it has no facts" : error);
    }
    value_free(answer);
}

static void on_exit_of(void *arg, int status, int signum)
{
    struct worker *w = arg;
    loop_child_free(w->child);
    w->child = NULL;
    if (!w->job)
        return;
    char why[64];
    if (signum)
        snprintf(why, sizeof(why), "its reader ended with signal %d", signum);
    else
        snprintf(why, sizeof(why), "its reader ended with code %d", status);
    // 127: the program could not be run at all.
    finish(w, status == 127 && !signum ? CHECKER_BROKEN : CHECKER_BAD, NULL,
           why);
}

static void on_timeout(void *arg)
{
    struct worker *w = arg;
    end_child(w);
    if (w->job)
        finish(w, CHECKER_BAD, NULL, "its reader took too long");
}

static bool start_child(struct worker *w, struct err *err)
{
    const char *argv[] = {w->checker->program, "worker", NULL};
    struct loop_child_spec spec = {.argv = argv,
                                   .pipe_in = true,
                                   .on_line = on_line,
                                   .on_exit = on_exit_of,
                                   .arg = w,
                                   .line_max = LINE_MAX_BYTES,
                                   .detached = true};
    w->child = loop_child_spawn(w->checker->loop, &spec, err);
    return w->child;
}

void checker_warm(struct checker *c)
{
    struct worker *first = &c->workers[0]; // hand_out() begins with it
    struct err err; // told when a question cannot be asked
    if (!first->child && !first->job)
        start_child(first, &err);
}

static void ask(struct worker *w)
{
    char *line = json_text(w->job->question);
    loop_child_write(w->child, line, strlen(line));
    loop_child_write(w->child, "\n", 1);
    free(line);
    loop_timer_start(w->timer, w->checker->timeout_ms);
}

static void hand_out(void *arg)
{
    struct checker *c = arg;
    for (int i = 0; i < WORKERS && c->first; i++) {
        struct worker *w = &c->workers[i];
        if (w->job)
            continue;
        w->job = c->first;
        c->first = w->job->next;
        if (!c->first)
            c->end = &c->first;
        struct err err;
        if (w->child || start_child(w, &err))
            ask(w);
        else
            finish(w, CHECKER_BROKEN, NULL, err.text);
    }
}

struct checker *checker_new(struct loop *loop, const char *program,
                            int64_t timeout_ms)
{
    struct checker *c = xcalloc(1, sizeof(*c));
    c->loop = loop;
    c->program = xstrdup(program);
    c->timeout_ms = timeout_ms;
    c->end = &c->first;
    c->later = loop_timer_new(loop, hand_out, c);
    for (int i = 0; i < WORKERS; i++) {
        c->workers[i].checker = c;
        c->workers[i].timer = loop_timer_new(loop, on_timeout, &c->workers[i]);
    }
    return c;
}

void checker_free(struct checker *c)
{
    if (!c)
        return;
    for (int i = 0; i < WORKERS; i++) {
        struct worker *w = &c->workers[i];
        if (w->job) {
            job_free(w->job);
            if (w->child)
                loop_child_kill(w->child, SIGKILL);
        }
        if (w->child)
            loop_child_free(w->child); // an idle one ends at EOF
        loop_timer_free(w->timer);
    }
    while (c->first) {
        struct job *job = c->first;
        c->first = job->next;
        job_free(job);
    }
    loop_timer_free(c->later);
    free(c->program);
    free(c);
}

// A question about `path`, in line; its rest is the caller's to add.
static struct job *add_job(struct checker *c, const char *op, const char *path,
                           checker_done *done, void *arg)
{
    struct job *job = xcalloc(1, sizeof(*job));
    job->id = ++c->last_id;
    job->question = value_map();
    value_set(job->question, "id", value_int(job->id));
    value_set(job->question, "op", value_str(op));
    value_set(job->question, "path", value_str(path));
    job->done = done;
    job->arg = arg;
    *c->end = job;
    c->end = &job->next;
    loop_timer_start(c->later, 0);
    return job;
}

void checker_check(struct checker *c, const char *path, checker_done *done,
                   void *arg)
{
    add_job(c, "check", path, done, arg);
}

// What shows the clip, in `out`.
static struct value *add_picture(struct checker *c, const char *op,
                                 const char *path, const char *out,
                                 checker_done *done, void *arg)
{
    struct job *job = add_job(c, op, path, done, arg);
    job->about = ABOUT_FRAME;
    value_set(job->question, "out", value_str(out));
    return job->question;
}

void checker_frame(struct checker *c, const char *path, const struct value *at,
                   const char *out, checker_done *done, void *arg)
{
    struct value *q = add_picture(c, "frame", path, out, done, arg);
    value_set(q, "at", value_copy(at));
}

void checker_poster(struct checker *c, const char *path, int width,
                    const char *out, checker_done *done, void *arg)
{
    struct value *q = add_picture(c, "poster", path, out, done, arg);
    value_set(q, "width", value_int(width));
}

void checker_still(struct checker *c, const char *path, const struct value *at,
                   int width, int height, const char *out, checker_done *done,
                   void *arg)
{
    struct value *q = add_picture(c, "poster", path, out, done, arg);
    value_set(q, "at", value_copy(at));
    value_set(q, "width", value_int(width));
    value_set(q, "height", value_int(height));
}

void checker_tile(struct checker *c, const char *path, int width, int height,
                  const char *out, checker_done *done, void *arg)
{
    struct value *q = add_picture(c, "tile", path, out, done, arg);
    value_set(q, "width", value_int(width));
    value_set(q, "height", value_int(height));
}

void checker_tag(struct checker *c, const char *path, const char *text,
                 const char *out, checker_done *done, void *arg)
{
    struct job *job = add_job(c, "tag", path, done, arg);
    job->about = ABOUT_TAG;
    value_set(job->question, "text", value_str(text));
    value_set(job->question, "out", value_str(out));
}

void checker_bare(struct checker *c, const char *path, const char *out,
                  checker_done *done, void *arg)
{
    struct job *job = add_job(c, "bare", path, done, arg);
    job->about = ABOUT_TAG;
    value_set(job->question, "out", value_str(out));
}

void checker_told(struct checker *c, const char *path, checker_done *done,
                  void *arg)
{
    add_job(c, "told", path, done, arg)->about = ABOUT_TOLD;
}
