// A request that nobody looks at takes less as a text: while its task runs, and
// in a long line, where that is made once more.

#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "engine/purchase.h"

#define MANY 1500

void purchase_pack(struct purchase *p)
{
    bool runs = p->state == ATTEMPT_ACCEPTED || p->state == ATTEMPT_RUNNING;
    bool waits =
        p->in_line && p->state == ATTEMPT_INTENT && p->engine->held > MANY;
    bool asked = p->gate->account; // which model it is
    if (!(runs || waits) || asked || p->was_packed || p->settled ||
        p->engine->config.dry)
        return;
    p->was_packed = true;
    p->packed = json_text_kept(p->request);
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
