#include "engine/part.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/json.h"

#define DIGITS_MAX 18 // which no int64_t overflows with

void part_free(struct part_facts *facts)
{
    free(facts->url);
    free(facts->etag);
    free(facts->modified);
    *facts = (struct part_facts){0};
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

// --- the note
char *part_note(const struct part_facts *facts, const struct part_owner *owner)
{
    struct value *note = value_map();
    value_set(note, "attempt", value_int(owner->attempt));
    value_set(note, "n", value_int(owner->n));
    value_set_text(note, "task", owner->task_id);
    value_set_text(note, "boot", owner->boot);
    value_set_text(note, "url", facts->url);
    value_set_text(note, "etag", facts->etag);
    value_set_text(note, "modified", facts->modified);
    value_set(note, "total", value_int(facts->total));
    char *text = json_text(note);
    value_free(note);
    return text;
}

bool part_noted(const char *text, size_t len, const struct part_owner *owner,
                struct part_facts *facts)
{
    struct value *note = json_read(text, len, JSON_STRICT, NULL);
    const char *url = value_get_text(note, "url");
    int64_t total = value_integer(value_get(note, "total"), 0);
    bool theirs =
        value_integer(value_get(note, "attempt"), -1) == owner->attempt &&
        value_integer(value_get(note, "n"), -1) == owner->n &&
        same(value_get_text(note, "task"), owner->task_id) &&
        same(value_get_text(note, "boot"), owner->boot) && url && total > 0;
    *facts = (struct part_facts){0};
    if (theirs)
        *facts = (struct part_facts){
            .url = xstrdup(url),
            .etag = xstrdup(value_get_text(note, "etag")),
            .modified = xstrdup(value_get_text(note, "modified")),
            .total = total};
    value_free(note);
    return theirs;
}

// --- the request
int64_t part_start(const struct part_facts *facts, int64_t size)
{
    bool fits = size > PART_OVERLAP && size <= facts->total;
    return fits ? size - PART_OVERLAP : 0;
}

// A weak ETag does not promise the same bytes.
static bool is_strong(const char *etag)
{
    size_t len = etag ? strlen(etag) : 0;
    if (len < 2 || etag[0] != '"' || etag[len - 1] != '"')
        return false;
    for (size_t i = 1; i < len - 1; i++)
        if ((unsigned char)etag[i] <= ' ' || etag[i] == '"' || etag[i] == 0x7f)
            return false;
    return true;
}

void part_ask(struct part_ask *ask, const struct part_facts *facts,
              const char *url, int64_t from)
{
    ask->n = 0;
    if (from <= 0)
        return;
    snprintf(ask->range, sizeof(ask->range), "bytes=%" PRId64 "-", from);
    ask->headers[ask->n++] = (struct net_header){"Range", ask->range};
    // Elsewhere the same bytes may have another name, and what is there is
    // compared anyway.
    if (is_strong(facts->etag) && same(url, facts->url))
        ask->headers[ask->n++] = (struct net_header){"If-Range", facts->etag};
}

// --- the answer
// Digits at *s, moved past.
static bool number(const char **s, int64_t *out)
{
    int digits = 0;
    *out = 0;
    for (; isdigit((unsigned char)**s); (*s)++, digits++) {
        if (digits == DIGITS_MAX)
            return false;
        *out = *out * 10 + (**s - '0');
    }
    return digits > 0;
}

// "bytes 100-199/200"
static bool read_range(const char *text, int64_t *first, int64_t *total)
{
    static const char unit[] = "bytes ";
    int64_t last;
    if (!text || strncasecmp(text, unit, sizeof(unit) - 1) != 0)
        return false;
    const char *s = text + sizeof(unit) - 1;
    bool whole = number(&s, first) && *s++ == '-' && number(&s, &last) &&
                 *s++ == '/' && number(&s, total) && *s == '\0';
    return whole && *first <= last && last < *total;
}

// We ask for none, and undo none: a range of it is not one of the clip.
static bool is_encoded(const struct net_response *response)
{
    const char *encoding = net_response_header(response, "content-encoding");
    return encoding && *encoding && strcasecmp(encoding, "identity") != 0;
}

static bool renamed(const struct part_facts *facts,
                    const struct net_response *response)
{
    const char *etag = net_response_header(response, "etag");
    const char *modified = net_response_header(response, "last-modified");
    if (etag && facts->etag)
        return strcmp(etag, facts->etag) != 0;
    return modified && facts->modified &&
           strcmp(modified, facts->modified) != 0;
}

enum part_offer part_offered(const struct part_facts *facts, int64_t from,
                             const struct net_response *response)
{
    int64_t first, total;
    if (response->status == 200)
        return PART_WHOLE;
    if (from <= 0)
        return PART_NONE;
    const char *range = net_response_header(response, "content-range");
    bool rest = response->status == 206 && !is_encoded(response) &&
                read_range(range, &first, &total) && first == from &&
                total == facts->total && !renamed(facts, response);
    return rest ? PART_REST : PART_OTHER;
}

void part_learn(struct part_facts *facts, const char *url,
                const struct net_response *response)
{
    const char *length = net_response_header(response, "content-length");
    // In chunks, the length that is said is not the one that counts.
    bool plain = !is_encoded(response) &&
                 !net_response_header(response, "transfer-encoding");
    int64_t total = 0;
    part_free(facts);
    if (!length || !plain || !number(&length, &total) || *length)
        return;
    facts->url = xstrdup(url);
    facts->etag = xstrdup(net_response_header(response, "etag"));
    facts->modified = xstrdup(net_response_header(response, "last-modified"));
    facts->total = total;
}
