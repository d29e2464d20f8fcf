#include "cli/media_ask.h"

#include <signal.h>

#define ANSWER_MS 10000

struct asked {
    struct buf *said;
    bool ended, late;
    int status, signum;
};

static void on_line(void *arg, const char *line, size_t len)
{
    struct asked *asked = arg;
    if (asked->said->len > 0)
        buf_str(asked->said, ", ");
    buf_add(asked->said, line, len);
}

static void on_exit_of(void *arg, int status, int signum)
{
    struct asked *asked = arg;
    asked->ended = true;
    asked->status = status;
    asked->signum = signum;
}

static void on_late(void *arg)
{
    ((struct asked *)arg)->late = true;
}

bool media_ask(struct loop *loop, const char *const *argv, struct buf *said,
               int *code, struct err *err)
{
    struct asked asked = {.said = said};
    struct loop_child_spec spec = {.argv = argv,
                                   .on_line = on_line,
                                   .on_exit = on_exit_of,
                                   .arg = &asked,
                                   .line_max = MEDIA_SAID_MAX};
    struct loop_child *child = loop_child_spawn(loop, &spec, err);
    if (!child)
        return false;
    struct loop_timer *timer = loop_timer_new(loop, on_late, &asked);
    loop_timer_start(timer, ANSWER_MS);
    while (!asked.ended && !asked.late)
        loop_once(loop, true);
    if (!asked.ended)
        loop_child_kill(child, SIGKILL);
    loop_timer_free(timer);
    loop_child_free(child);
    if (!asked.ended)
        return err_set(err, ERR_DISK, "it did not answer within 10 s");
    if (asked.signum)
        return err_set(err, ERR_DISK, "it ended by signal %d", asked.signum);
    *code = asked.status;
    return true;
}
