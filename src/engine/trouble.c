#include "engine/trouble.h"

#include "base/mem.h"

const struct trouble *trouble_of(const struct purchase *p)
{
    static const struct trouble none;
    return p->trouble ? p->trouble : &none;
}

struct trouble *trouble_met(struct purchase *p)
{
    if (!p->trouble)
        p->trouble = xcalloc(1, sizeof(*p->trouble));
    return p->trouble;
}

void trouble_over(struct purchase *p)
{
    if (p->trouble)
        *p->trouble = (struct trouble){
            .looks = p->trouble->looks,
            .cancel_misses = p->trouble->cancel_misses,
            .cancel_reads = p->trouble->cancel_reads,
        };
}
