// What is neither API: clips and pictures, and how the service is.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "gateway/answer.h"
#include "gateway/home.h"
#include "gateway/input.h"
#include "gateway/openapi.h"
#include "gateway/routes.h"

static void health(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault)
{
    (void)route;
    (void)fault;
    static const struct {
        const char *name;
        enum task_state state;
    } counts[] = {{"queued", TASK_QUEUED},
                  {"running", TASK_RUNNING},
                  {"succeeded", TASK_SUCCEEDED},
                  {"failed", TASK_FAILED},
                  {"cancelled", TASK_CANCELLED}};
    struct value *tasks = value_map();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        value_set(tasks, counts[i].name,
                  value_int(tasks_count(r->tasks, counts[i].state)));
    struct value *v = value_map();
    value_set(v, "ok", value_bool(true));
    value_set(v, "version", value_str(TARMAC_VERSION));
    value_set(v, "tasks", tasks);
    answer_json(call, 200, v);
}

static void asset(struct routes *r, const struct route *route,
                  struct net_call *call, const struct fault *fault)
{
    (void)route;
    const char *name = net_call_path(call) + strlen("/assets/");
    const char *suffix = asset_suffix(name);
    if (!suffix) {
        routes_nothing(call);
        return;
    }
    char *path = path_join(r->assets, name);
    const char *type =
        strcmp(suffix, ASSET_CLIP) == 0 ? "video/mp4" : "image/png";
    // Rendering is deterministic: the name says what is in it.
    if (!rehearsal_asset(fault, call, path, type))
        net_answer_file(call, path, type, name);
    free(path);
}

const struct route page_routes[] = {
    {"/assets/", "GET, HEAD", API_OPEN, FAULT_AT_ASSET, asset},
    {"/healthz", "GET, HEAD", API_OPEN, 0, health},
    {"/", "GET, HEAD", API_OPEN, 0, home_page},
    {"/openapi.json", "GET, HEAD", API_OPEN, 0, openapi_answer},
    {"/tasks.json", "GET, HEAD", API_REVERSE, 0, home_tasks},
    {NULL, NULL, API_OPEN, 0, NULL},
};
