#include "gateway/official_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/answer.h"

static void set_docs(const struct routes *r, struct net_call *call,
                     struct value *v)
{
    char *url = xasprintf("http://%s/openapi.json", routes_host(r, call));
    value_set(v, "docUrl", value_str(url));
    free(url);
}

void official_error(const struct routes *r, struct net_call *call,
                    unsigned status, const char *text)
{
    struct value *v = value_map();
    value_set(v, "error", value_str(text));
    set_docs(r, call, v);
    answer_json(call, status, v);
}

static struct value *issue_value(const struct schema_issue *issue)
{
    struct value *v = value_map();
    value_set(v, "code", value_str(issue->code));
    value_set(v, "path", value_copy(issue->path));
    value_set(v, "message", value_str(issue->message));
    if (issue->has_limit) {
        bool big = strcmp(issue->code, "too_big") == 0;
        value_set(v, big ? "maximum" : "minimum", value_real(issue->limit));
        value_set(v, "inclusive", value_bool(true));
    }
    return v;
}

void official_invalid(const struct routes *r, struct net_call *call,
                      const struct schema_issues *issues)
{
    struct value *list = value_list();
    for (size_t i = 0; i < issues->n; i++)
        value_add(list, issue_value(&issues->all[i]));
    struct value *v = value_map();
    value_set(v, "error", value_str("Validation of body failed"));
    value_set(v, "issues", list);
    set_docs(r, call, v);
    answer_json(call, 400, v);
}

bool official_version_ok(const struct routes *r, struct net_call *call)
{
    const struct value *header = value_get(wire_official(r->wire), "header");
    const char *name = value_get_text(header, "name");
    const char *want = value_get_text(header, "value");
    const char *found = net_call_header(call, name);
    if (found && strcmp(found, want) == 0)
        return true;
    char *text = xasprintf("The header %s is %s: send %s", name,
                           found ? "another version" : "missing", want);
    official_error(r, call, 400, text);
    free(text);
    return false;
}

struct value *official_credits(int64_t thousandths)
{
    if (thousandths % 1000 == 0)
        return value_int(thousandths / 1000);
    return value_real((double)thousandths / 1000);
}
