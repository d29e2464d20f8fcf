#include <stdlib.h>

#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/task.h"

static void set_owned(struct value *map, const char *key, char *text)
{
    value_set(map, key, value_str(text));
    free(text);
}

// Epoch seconds as a string, as the format has it.
static void set_seconds(struct value *map, const char *key, int64_t ms)
{
    set_owned(map, key, xasprintf("%lld", (long long)(ms / 1000)));
}

static void set_asset(struct value *map, const char *key, const struct task *t,
                      const char *host, const char *suffix)
{
    if (t->state == TASK_SUCCEEDED)
        set_owned(map, key,
                  xasprintf("http://%s/assets/%s%s", host, t->id, suffix));
    else
        value_set(map, key, value_null());
}

static const char *const state_names[TASK_STATES] = {
    [TASK_QUEUED] = "",          [TASK_RUNNING] = "processing",
    [TASK_FAILED] = "failed",    [TASK_SUCCEEDED] = "succeeded",
    [TASK_CANCELLED] = "failed",
};

static void set_state(struct value *map, const struct task *t)
{
    value_set(map, "task_id", value_str(t->id));
    value_set(map, "state", value_str(state_names[t->state]));
    int digit = t->state == TASK_CANCELLED ? TASK_FAILED : (int)t->state;
    set_owned(map, "status", xasprintf("%d", digit));
}

struct value *task_listed(const struct task *t)
{
    struct value *v = value_map();
    set_state(v, t);
    // Whoever gave none is told so: null would say that we do not tell.
    value_set(v, "callback_url",
              value_str(t->callback_url ? t->callback_url : ""));
    set_seconds(v, "create_time", t->created_ms);
    set_seconds(v, "update_time", t->updated_ms);
    return v;
}

struct value *task_feed(const struct task *t, const char *host)
{
    struct value *v = value_map();
    set_state(v, t);
    value_set(v, "progress", value_int(t->percent));
    value_set(v, "prompt", value_str(t->prompt));
    value_set(v, "prompt_en", value_null());
    set_asset(v, "video_url", t, host, ASSET_CLIP);
    value_set(v, "raw_video_url",
              t->input_url ? value_str(t->input_url) : value_null());
    set_asset(v, "poster", t, host, ASSET_POSTER);
    set_asset(v, "last_frame", t, host, ASSET_LAST);
    value_set(v, "msg", t->msg ? value_str(t->msg) : value_null());
    bool failed = t->state == TASK_FAILED || t->state == TASK_CANCELLED;
    set_owned(v, "point", xasprintf("%lld", (long long)t->cost / 1000));
    value_set(v, "refund", value_str(failed ? "1" : "0"));
    set_seconds(v, "create_time", t->created_ms);
    set_seconds(v, "update_time", t->updated_ms);
    return v;
}
