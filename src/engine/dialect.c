#include "engine/dialect.h"

#include <stdlib.h>

void dialect_call_free(struct dialect_call *call)
{
    free(call->method);
    free(call->path);
    value_free(call->headers);
    value_free(call->body);
    *call = (struct dialect_call){0};
}

void dialect_accepted_free(struct dialect_accepted *accepted)
{
    free(accepted->task_id);
    free(accepted->kind);
    free(accepted->reason);
    *accepted = (struct dialect_accepted){.bought = DIALECT_BOUGHT_UNKNOWN};
}

void dialect_status_free(struct dialect_status *status)
{
    value_free(status->urls);
    free(status->last_frame);
    free(status->kind);
    free(status->reason);
    *status = (struct dialect_status){
        .phase = DIALECT_NO_NEWS, .progress = -1, .charge = -1};
}
