// What a page asks for: queued, and done at the top of the loop.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "ui/live_inside.h"

static const char *const names[LIVE_ACTIONS] = {"pause", "resume", "cancel",
                                                "retry", "run",    "end"};

const char *live_action_name(enum live_action action)
{
    return names[action];
}

static void answer(struct net_call *call, unsigned status, struct value *body)
{
    char *text = json_text(body);
    net_answer(call, status, "application/json", text, strlen(text));
    free(text);
    value_free(body);
}

void live_refuse(struct net_call *call, unsigned status, const char *why)
{
    struct value *body = value_map();
    value_set_text(body, "error", why);
    answer(call, status, body);
}

// {"action":"cancel","cell":7}
static bool read_control(const struct net_call *call, struct live_call *control)
{
    size_t len;
    struct err err;
    const char *text = net_call_body(call, &len);
    struct value *body = json_read(text, len, JSON_STRICT, &err);
    const char *name = value_get_text(body, "action");
    int64_t nth = value_integer(value_get(body, "cell"), 0);
    int action = 0;
    while (name && action < LIVE_ACTIONS && strcmp(names[action], name) != 0)
        action++;
    bool ok = name && action < LIVE_ACTIONS && nth >= 0 &&
              (action == LIVE_CANCEL) == (nth > 0);
    control->action = (enum live_action)action;
    control->nth = (uint64_t)nth;
    value_free(body);
    return ok;
}

void live_take_control(struct live *live, struct net_call *call)
{
    struct live_call *control = xcalloc(1, sizeof(*control));
    struct live_call **end = &live->controls;
    *control = (struct live_call){.live = live, .call = call};
    if (!read_control(call, control)) {
        free(control);
        live_refuse(call, 400,
                    "expected {\"action\":\"pause|resume|retry|run|end\"} or "
                    "{\"action\":\"cancel\",\"cell\":7}");
        return;
    }
    while (*end)
        end = &(*end)->next;
    *end = control;
    loop_timer_start(live->look, 0);
}

static void do_one(struct live *live, const struct live_call *control)
{
    struct err err;
    if (!live->config.control)
        live_refuse(control->call, 409,
                    "this page only looks: another process runs it");
    else if (!live->config.control(live->config.arg, control->action,
                                   control->nth, &err))
        live_refuse(control->call, 409, err.text);
    else
        answer(control->call, 200, value_map());
}

void live_do_controls(struct live *live)
{
    while (live->controls) {
        struct live_call *control = live->controls;
        live->controls = control->next;
        do_one(live, control);
        free(control);
    }
}

void live_drop_controls(struct live *live)
{
    while (live->controls) {
        struct live_call *control = live->controls;
        live->controls = control->next;
        net_answer_none(control->call);
        free(control);
    }
}
