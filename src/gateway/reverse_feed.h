// The reverse format: what tells. Handlers of routes.

#pragma once

#include "gateway/routes.h"

void reverse_feed(struct routes *r, const struct route *route,
                  struct net_call *call, const struct fault *fault);
void reverse_list(struct routes *r, const struct route *route,
                  struct net_call *call, const struct fault *fault);
