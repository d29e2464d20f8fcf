#include "engine/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"

#define WIRE_BODY_MAX (64u << 10)

void answer_take(struct answer *answer, const struct net_response *response)
{
    answer_free(answer);
    answer->result = response->result;
    answer->status = response->status;
    answer->headers = value_map();
    for (size_t i = 0; i < response->n_headers; i++)
        value_set(answer->headers, response->headers[i].name,
                  value_str(response->headers[i].value));
    answer->len = response->body ? response->body_len : 0;
    answer->body = xmalloc(answer->len + 1);
    if (answer->len)
        memcpy(answer->body, response->body, answer->len);
    answer->body[answer->len] = 0;
    memcpy(answer->error, response->error, sizeof(answer->error));
    answer->error[sizeof(answer->error) - 1] = 0;
    answer->elapsed_ms = response->elapsed_ms;
}

void answer_free(struct answer *answer)
{
    value_free(answer->headers);
    free(answer->body);
    *answer = (struct answer){0};
}

struct dialect_answer answer_view(const struct answer *answer)
{
    return (struct dialect_answer){.status = answer->status,
                                   .headers = answer->headers,
                                   .body = answer->body,
                                   .len = answer->len};
}

const char *answer_header(const struct answer *answer, const char *name)
{
    return value_get_text(answer->headers, name);
}

static const char *result_name(enum net_result result)
{
    switch (result) {
    case NET_ANSWERED:
        return "answered";
    case NET_NOT_SENT:
        return "not sent";
    case NET_MAYBE_SENT:
        return "maybe sent";
    case NET_STOPPED:
        return "stopped";
    }
    return "?";
}

char *answer_wire(const struct answer *answer)
{
    struct value *map = value_map();
    value_set(map, "result", value_str(result_name(answer->result)));
    value_set(map, "status", value_int(answer->status));
    value_set(map, "elapsed_ms", value_int(answer->elapsed_ms));
    if (answer->error[0]) {
        char *error = text_printable(answer->error, strlen(answer->error), 256);
        value_set(map, "error", value_str(error));
        free(error);
    }
    size_t len = answer->len < WIRE_BODY_MAX ? answer->len : WIRE_BODY_MAX;
    if (len && answer->len > len)
        len = text_cut(answer->body, len);
    if (len && text_is_utf8(answer->body, len)) {
        value_set(map, "body", value_strn(answer->body, len));
    } else if (len) {
        char *body = text_printable(answer->body, len, len);
        value_set(map, "body", value_str(body));
        free(body);
    }
    char *text = json_text(map);
    value_free(map);
    return text;
}

char *answer_said(const struct answer *answer)
{
    if (answer->result == NET_ANSWERED)
        return xasprintf("HTTP %ld", answer->status);
    if (!answer->error[0])
        return xstrdup("no answer");
    return text_printable(answer->error, strlen(answer->error), 200);
}
