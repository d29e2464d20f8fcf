#include "fuzz.h"
#include "script/script.h"

const struct dialect *reverse(void)
{
    static struct dialects *dialects;
    struct err err;
    if (!dialects)
        dialects = dialects_new(NULL, &err);
    const struct dialect *d = dialects_get(dialects, "reverse", NULL, &err);
    MUST(d);
    return d;
}
