#include "engine/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "net/delay.h"

#define WIRE_BODY_MAX (64u << 10)
#define KEY_MIN 8 // a shorter one keeps no secret, and is part of many words
#define BETWEEN_SECRETS " \t;,"

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
    answer->error = response->error[0] ? xstrdup(response->error) : NULL;
    answer->elapsed_ms = response->elapsed_ms;
    answer->barred = response->barred;
}

// How many bytes of `text` spell the key, as it is or as JSON writes it ("\/");
// 0: it does not begin here.
static size_t spells(const char *text, size_t len, const char *key)
{
    size_t i = 0;
    for (; *key; key++) {
        if (i + 1 < len && text[i] == '\\' && text[i + 1] == *key)
            i++;
        if (i == len || text[i] != *key)
            return 0;
        i++;
    }
    return i;
}

// In place: never longer, since what stands for the key is one byte a byte.
static size_t hide(char *text, size_t len, const char *key)
{
    size_t hidden = 0;
    for (size_t i = 0; i < len;) {
        size_t n = spells(text + i, len - i, key);
        memset(text + i, '*', n);
        hidden += n;
        i += n ? n : 1;
    }
    return hidden;
}

void answer_hide(struct answer *answer, const char *key)
{
    if (!key || strlen(key) < KEY_MIN)
        return;
    hide(answer->body, answer->len, key);
    if (answer->error)
        hide(answer->error, strlen(answer->error), key);
    for (size_t i = 0; i < value_count(answer->headers); i++) {
        struct value_member *member = &answer->headers->map.members[i];
        char *text = xstrdup(value_text(member->value));
        if (text && hide(text, strlen(text), key)) {
            value_free(member->value);
            member->value = value_str(text);
        }
        free(text);
    }
}

static bool is_secret(const char *header)
{
    static const char *const parts[] = {"auth",    "cookie", "credential",
                                        "key",     "passw",  "secret",
                                        "session", "sign",   "token"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcasestr(header, parts[i]))
            return true;
    return false;
}

void answer_hide_headers(struct answer *answer, const struct value *headers)
{
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *member = &headers->map.members[i];
        const char *text = value_text(member->value);
        if (!text || !is_secret(member->key))
            continue;
        answer_hide(answer, text);
        // "Basic …" and each of several cookies, which may come back alone.
        char *rest = xstrdup(text), *at = NULL;
        for (char *word = strtok_r(rest, BETWEEN_SECRETS, &at); word;
             word = strtok_r(NULL, BETWEEN_SECRETS, &at))
            answer_hide(answer, word);
        free(rest);
    }
}

void answer_free(struct answer *answer)
{
    value_free(answer->headers);
    free(answer->body);
    free(answer->error);
    *answer = (struct answer){0};
}

const struct answer answer_none;

struct answer *answer_renew(const struct answer **answer)
{
    answer_drop(answer);
    struct answer *new = xcalloc(1, sizeof(*new));
    *answer = new;
    return new;
}

void answer_drop(const struct answer **answer)
{
    struct answer *old = (struct answer *)*answer;
    *answer = &answer_none;
    if (!old || old == &answer_none)
        return;
    answer_free(old);
    free(old);
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

int64_t answer_retry_after(const struct answer *answer, int64_t wall_ms)
{
    return net_retry_after(answer_header(answer, "retry-after"),
                           answer_header(answer, "date"), wall_ms);
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
    if (answer->error) {
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
    if (!answer->error)
        return xstrdup("no answer");
    return text_printable(answer->error, strlen(answer->error), 200);
}
