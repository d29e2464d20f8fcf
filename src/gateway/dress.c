// The published forms of a feed (api §3): the task itself in an envelope, in
// the wrapper of the resellers' own server, or with that wrapper's fields flat.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/answer.h"

// What clients of the wrapper know is running, failed or done; anything else
// stays what it is, in its capitals.
static struct value *status_of(const struct value *data)
{
    static const char *const words[][2] = {{"0", "QUEUED"},
                                           {"1", "IN_PROGRESS"},
                                           {"2", "FAILURE"},
                                           {"3", "SUCCESS"}};
    const struct value *status = value_get(data, "status");
    const char *digit = value_text(status);
    const char *state = value_get_text(data, "state");
    for (size_t i = 0; digit && i < sizeof words / sizeof *words; i++)
        if (strcmp(digit, words[i][0]) == 0)
            return value_str(words[i][1]);
    if (!state)
        return status ? value_copy(status) : value_null();
    char *upper = xstrdup(state);
    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    struct value *v = value_str(upper);
    free(upper);
    return v;
}

// Epoch seconds; 0: not yet.
static struct value *seconds_of(const struct value *data, const char *key,
                                bool known)
{
    const char *text = value_get_text(data, key);
    return value_int(known && text ? strtoll(text, NULL, 10) : 0);
}

static struct value *progress_of(const struct value *data)
{
    const struct value *n = value_get(data, "progress");
    if (!n || n->type != VALUE_INT)
        return n ? value_copy(n) : value_str("0%");
    char *text = xasprintf("%lld%%", (long long)n->integer);
    struct value *v = value_str(text);
    free(text);
    return v;
}

static struct value *copy_of(const struct value *data, const char *key)
{
    const struct value *v = value_get(data, key);
    return v ? value_copy(v) : value_null();
}

// The fields of the wrapper's own; takes `data`.
static struct value *wrapped(struct value *data, const struct answer_form *form)
{
    struct value *v = value_map();
    struct value *status = status_of(data);
    const char *word = value_text(status);
    bool failed = word && strcmp(word, "FAILURE") == 0;
    bool ended = failed || (word && strcmp(word, "SUCCESS") == 0);
    bool begun = !word || strcmp(word, "QUEUED") != 0;
    const char *why = value_get_text(data, "msg");
    const struct value *url = value_get(data, "video_url");
    value_set(v, "task_id", copy_of(data, "task_id"));
    value_set(v, "action", value_str(form->action ? form->action : ""));
    value_set(v, "status", status);
    value_set(v, "fail_reason", value_str(failed && why ? why : ""));
    value_set(v, "submit_time", seconds_of(data, "create_time", true));
    value_set(v, "start_time", seconds_of(data, "create_time", begun));
    value_set(v, "finish_time", seconds_of(data, "update_time", ended));
    value_set(v, "progress", progress_of(data));
    if (url && url->type != VALUE_NULL)
        value_set(v, "result_url", value_copy(url));
    value_set(v, "data", data);
    return v;
}

void answer_feed(struct net_call *call, struct value *data,
                 const struct answer_form *form)
{
    struct value *v;
    switch (form->shape) {
    case WIRE_NATIVE:
        answer_data(call, data, form->started_us);
        return;
    case WIRE_WRAPPER:
        v = value_map();
        value_set(v, "code", value_str("success"));
        value_set(v, "message", value_str(""));
        value_set(v, "data", wrapped(data, form));
        answer_json(call, 200, v);
        return;
    case WIRE_FLAT:
        answer_json(call, 200, wrapped(data, form));
        return;
    }
}

// The flat form has the error beside the id, as an ordinary answer.
void answer_no_task(struct net_call *call, const char *id,
                    enum wire_shape shape)
{
    static const char code[] = "task_not_exist";
    if (shape != WIRE_FLAT) {
        answer_task_error(call, 400, code, code);
        return;
    }
    struct value *v = value_map();
    value_set(v, "task_id", value_str(id));
    value_set(v, "code", value_str(code));
    value_set(v, "message", value_str(code));
    value_set(v, "data", value_null());
    answer_json(call, 200, v);
}
