// The page at /, for people with a browser, and the list of tasks that it
// shows.

#pragma once

#include "gateway/routes.h"

void home_page(struct routes *r, const struct route *route,
               struct net_call *call, const struct fault *fault);
// GET /tasks.json?page=N, from 1, the newest first.
void home_tasks(struct routes *r, const struct route *route,
                struct net_call *call, const struct fault *fault);
