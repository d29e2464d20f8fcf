#include "engine/fingerprint.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "data/json.h"

#define REQUEST_MAX (64u << 20)

static char *canonical(const struct value *v)
{
    struct buf b;
    buf_init(&b, REQUEST_MAX);
    json_canonical(v, &b);
    return buf_take(&b);
}

char *fingerprint_request(const struct value *request)
{
    return canonical(request);
}

void fingerprint_make(const char *gateway, const char *route,
                      const struct value *request, int take, char out[HASH_HEX])
{
    struct value *map = value_map();
    value_set(map, "gateway", value_str(gateway));
    value_set(map, "request", value_copy(request));
    value_set(map, "route", value_str(route));
    value_set(map, "take", value_int(take));
    struct buf b;
    buf_init(&b, REQUEST_MAX);
    json_canonical(map, &b);
    hash_bytes(b.data, b.len, out);
    buf_free(&b);
    value_free(map);
}
