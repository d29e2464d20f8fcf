// A request that nobody looks at takes less as a text.

#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "engine/purchase.h"

void purchase_pack(struct purchase *p)
{
    bool runs = p->state == ATTEMPT_ACCEPTED || p->state == ATTEMPT_RUNNING;
    bool asked = p->gate->account; // which model it is
    if (!runs || asked || p->was_packed || p->settled || p->engine->config.dry)
        return;
    p->was_packed = true;
    p->packed = json_text(p->request);
    value_free(p->request);
    p->request = NULL;
}

const struct value *purchase_unpack(struct purchase *p)
{
    p->request = json_read(p->packed, strlen(p->packed), JSON_LENIENT, NULL);
    if (!p->request)
        p->request = value_map(); // we wrote it: it cannot be
    free(p->packed);
    p->packed = NULL;
    return p->request;
}
