#include "gateway/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/token.h"
#include "data/json.h"

void answer_json(struct net_call *call, unsigned status, struct value *v)
{
    char *text = json_text(v);
    net_answer(call, status, "application/json; charset=utf-8", text,
               strlen(text));
    free(text);
    value_free(v);
}

void answer_data(struct net_call *call, struct value *data, int64_t started_us)
{
    int64_t us = clock_mono_us() - started_us;
    struct value *v = value_map();
    value_set(v, "code", value_int(200));
    value_set(v, "msg", value_str("成功"));
    value_set(v, "data", data);
    value_set(v, "exec_time", value_real((double)us / 1e6));
    answer_json(call, 200, v);
}

void answer_task_error(struct net_call *call, unsigned status, const char *code,
                       const char *message)
{
    struct value *v = value_map();
    value_set(v, "code", value_str(code));
    value_set(v, "message", value_str(message));
    value_set(v, "data", value_null());
    answer_json(call, status, v);
}

void answer_platform_error(struct net_call *call, unsigned status,
                           const char *code, const char *message)
{
    char id[TOKEN_HEX];
    token_make(id);
    char *text = xasprintf("%s (request id: %s)", message, id);
    struct value *error = value_map();
    value_set(error, "message", value_str(text));
    value_set(error, "type", value_str("tarmac_api_error"));
    value_set(error, "param", value_str(""));
    value_set(error, "code", value_str(code));
    free(text);
    struct value *v = value_map();
    value_set(v, "error", error);
    answer_json(call, status, v);
}
