// What most purchases never meet: it takes room only of those that did.

#pragma once

#include "engine/inside.h"

const struct trouble *trouble_of(const struct purchase *p); // all 0: none yet
struct trouble *trouble_met(struct purchase *p);            // to write into
// Another attempt begins; what is not of one stays.
void trouble_over(struct purchase *p);
