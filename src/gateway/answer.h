// The answers of the service, in the shapes that clients of the reverse format
// know. Each answers the call.

#pragma once

#include <stdint.h>

#include "data/value.h"
#include "gateway/wire.h"
#include "net/server.h"

// How the data of an answer is dressed. `started_us` is of clock_mono_us().
struct answer_form {
    enum wire_shape shape;
    const char *action; // of the task that was bought; only in the other shapes
    int64_t started_us;
};

// {"code":200,"msg":"成功","data":…,"exec_time":seconds}; takes `data`.
void answer_data(struct net_call *call, struct value *data, int64_t started_us);
// A feed's data, in the form; takes `data`.
void answer_feed(struct net_call *call, struct value *data,
                 const struct answer_form *form);
// Of a task that there is not.
void answer_no_task(struct net_call *call, const char *id,
                    enum wire_shape shape);
// {"code":…,"message":…,"data":null}
void answer_task_error(struct net_call *call, unsigned status, const char *code,
                       const char *message);
// {"error":{"message":"… (request id: …)","type":…,"param":"","code":…}}
void answer_platform_error(struct net_call *call, unsigned status,
                           const char *code, const char *message);
void answer_json(struct net_call *call, unsigned status,
                 struct value *v); // takes `v`
