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

void dialect_list_free(struct dialect_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->tasks[i].task_id);
        free(list->tasks[i].callback_url);
    }
    free(list->tasks);
    *list = (struct dialect_list){.uptime_ms = -1};
}

void dialect_account_free(struct dialect_account *account)
{
    for (size_t i = 0; i < account->n; i++)
        free(account->models[i].name);
    free(account->models);
    *account = (struct dialect_account){.balance = -1};
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
