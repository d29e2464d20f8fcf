// The answers of the service, in the shapes that clients of the reverse format
// know. Each answers the call.

#pragma once

#include <stdint.h>

#include "data/value.h"
#include "net/server.h"

// {"code":200,"msg":"成功","data":…,"exec_time":seconds}; takes `data`.
void answer_data(struct net_call *call, struct value *data, int64_t started_ms);
// {"code":…,"message":…,"data":null}
void answer_task_error(struct net_call *call, unsigned status, const char *code,
                       const char *message);
// {"error":{"message":"… (request id: …)","type":…,"param":"","code":…}}
void answer_platform_error(struct net_call *call, unsigned status,
                           const char *code, const char *message);
void answer_json(struct net_call *call, unsigned status,
                 struct value *v); // takes `v`
