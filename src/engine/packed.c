// What nobody looks at takes less as a text: a request while its task runs, and
// in a long line, where that is made once more; the addresses of clips in a
// long line of downloads.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "engine/purchase.h"

#define MANY 1500

// In no more memory than it needs.
static char *put_away(struct value **v)
{
    char *text = json_text(*v);
    value_free(*v);
    *v = NULL;
    return xrealloc(text, strlen(text) + 1);
}

static struct value *take_out(char **text)
{
    struct value *v = json_read(*text, strlen(*text), JSON_LENIENT, NULL);
    free(*text);
    *text = NULL;
    return v;
}

static void pack_urls(struct purchase *p)
{
    if (!p->urls || !p->in_line || p->state != ATTEMPT_READY ||
        p->engine->held <= MANY)
        return;
    p->packed_urls = put_away(&p->urls);
}

void purchase_unpack_urls(struct purchase *p)
{
    if (p->packed_urls)
        p->urls = take_out(&p->packed_urls);
}

void purchase_pack(struct purchase *p)
{
    pack_urls(p);
    bool runs = p->state == ATTEMPT_ACCEPTED || p->state == ATTEMPT_RUNNING;
    bool waits =
        p->in_line && p->state == ATTEMPT_INTENT && p->engine->held > MANY;
    bool asked = p->gate->account; // which model it is
    if (!(runs || waits) || asked || p->was_packed || p->settled ||
        p->engine->config.dry)
        return;
    p->was_packed = true;
    p->packed = put_away(&p->request);
}

const struct value *purchase_unpack(struct purchase *p)
{
    p->request = take_out(&p->packed);
    if (!p->request)
        p->request = value_map(); // we wrote it: it cannot be
    return p->request;
}
