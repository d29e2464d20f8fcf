// Handlers of Runway's own API that stand in files of their own.

#pragma once

#include "gateway/routes.h"

void official_task(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault);
void official_organization(struct routes *r, const struct route *route,
                           struct net_call *call, const struct fault *fault);
void official_usage(struct routes *r, const struct route *route,
                    struct net_call *call, const struct fault *fault);
void official_upload(struct routes *r, const struct route *route,
                     struct net_call *call, const struct fault *fault);
