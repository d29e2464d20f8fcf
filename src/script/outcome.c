#include "script/outcome.h"

#include <stdlib.h>

#include "engine/engine.h"

void outcome_free(struct outcome *came)
{
    if (!came)
        return;
    for (size_t i = 0; i < came->n; i++) {
        free(came->outputs[i].path);
        free(came->outputs[i].shown);
        free(came->outputs[i].suffix);
    }
    for (size_t i = 0; i < came->n_purchases; i++)
        purchase_drop(came->purchases[i]);
    free(came->purchases);
    free(came->outputs);
    free(came->kind);
    free(came->message);
    free(came->task_id);
    free(came->traceback);
    value_free(came->rows);
    free(came);
}
