// The headers of an answer, as they come: one text for all, looked at as a
// whole once somebody asks.

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "net/internal.h"

#define ROOM_FIRST 16

bool net_head_add(struct net_handle *h, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    const char *value = colon + 1, *end = line + len;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    size_t name = h->head.len;
    size_t name_len = (size_t)(colon - line), value_len = (size_t)(end - value);
    // A NUL would end the value for everybody who looks at it.
    value_len = strnlen(value, value_len);
    if (memchr(line, '\0', name_len))
        name_len = strnlen(line, name_len);
    if (!buf_add(&h->head, line, name_len) || !buf_byte(&h->head, '\0') ||
        !buf_add(&h->head, value, value_len) || !buf_byte(&h->head, '\0'))
        return false;
    for (char *c = h->head.data + name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    h->n_headers++;
    return true;
}

void net_head_clear(struct net_handle *h)
{
    buf_clear(&h->head);
    h->n_headers = h->n_indexed = 0;
}

const struct net_header *net_head_index(struct net_handle *h)
{
    if (h->n_indexed == h->n_headers)
        return h->headers;
    if (h->n_headers > h->room) {
        h->room = h->n_headers > ROOM_FIRST ? h->n_headers : ROOM_FIRST;
        h->headers = xrealloc(h->headers, h->room * sizeof(*h->headers));
    }
    const char *at = h->head.data;
    for (size_t i = 0; i < h->n_headers; i++) {
        h->headers[i].name = at;
        at += strlen(at) + 1;
        h->headers[i].value = at;
        at += strlen(at) + 1;
    }
    h->n_indexed = h->n_headers;
    return h->headers;
}
