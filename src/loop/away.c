// Time in which nobody turned the loop: the process was stopped (Ctrl-Z), or
// something kept it. It does not count, as if it had stood still: what came
// meanwhile is looked at before anything is called late.

#include "loop/internal.h"

#define AWAY_MS 2000 // less is a busy machine
#define LOOK_MS 1000 // what fell due meanwhile leaves room for a look

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

// It should have been back by then. The clock never goes back: what it was last
// asked stands.
static int64_t note(struct loop *loop)
{
    int64_t now = now_ms();
    if (now - loop->back_by > AWAY_MS) {
        int64_t from = loop->back_by - LOOK_MS;
        loop->away_ms += now - (from > loop->asked_ms ? from : loop->asked_ms);
    }
    loop->asked_ms = now;
    if (now > loop->back_by)
        loop->back_by = now;
    return now;
}

void loop_away_turn(struct loop *loop)
{
    loop->back_by = note(loop);
}

static void before_wait(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    int64_t now = note(loop);
    int wait = uv_backend_timeout(&loop->uv);
    loop->back_by = wait < 0 ? INT64_MAX : now + wait;
}

static void after_wait(uv_check_t *check)
{
    loop_away_turn(check->data);
}

// --- a clock that stands still meanwhile
static int64_t wall(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system);
}

static int64_t mono(void *ctx)
{
    struct loop *loop = ctx;
    return clock_mono_ms(&clock_system) - loop_away_ms(loop);
}

void loop_away_begin(struct loop *loop)
{
    loop->back_by = loop->asked_ms = now_ms();
    loop->clock = (struct clock){wall, mono, loop};
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    loop->prepare.data = loop->check.data = loop;
    uv_prepare_start(&loop->prepare, before_wait);
    uv_check_start(&loop->check, after_wait);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->check);
}

void loop_away_end(struct loop *loop)
{
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
}

int64_t loop_away_ms(struct loop *loop)
{
    note(loop);
    return loop->away_ms;
}

const struct clock *loop_clock(const struct loop *loop)
{
    return &loop->clock;
}
