#include "engine/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "recipe/keys.h"

#define NAMES_MAX 400

// "; it has generate, video2video (did you mean 'generate'?)"; owned.
static char *what_there_is(const struct dialect *dialect, const char *route)
{
    struct buf out;
    buf_init(&out, NAMES_MAX);
    buf_str(&out, "");
    size_t n = 0;
    for (; dialect->routes && dialect->routes[n]; n++)
        buf_printf(&out, "%s%s", n ? ", " : "; it has ", dialect->routes[n]);
    const char *near = n ? text_nearest(route, dialect->routes, n) : NULL;
    if (near)
        buf_printf(&out, " (did you mean '%s'?)", near);
    return buf_take(&out);
}

bool route_fields(const struct gateway *gateway, const char *route,
                  struct field_table *table, struct err *err)
{
    const struct dialect *dialect = gateway->dialect;
    const struct field_table *found = dialect->fields(dialect->ctx, route);
    if (found) {
        *table = *found;
        table->prices = gateway->prices;
        return true;
    }
    char *shown = key_printable(route), *has = what_there_is(dialect, route);
    err_set(err, ERR_RECIPE, "'%s' (dialect %s) has no route '%s'%s",
            gateway->name, dialect->name, shown, has);
    free(has);
    free(shown);
    return false;
}

const char *route_kept(struct engine *engine, const char *route)
{
    char *kept = index_get(&engine->routes, route);
    if (!kept) {
        kept = xstrdup(route);
        index_set(&engine->routes, kept, kept);
    }
    return kept;
}
