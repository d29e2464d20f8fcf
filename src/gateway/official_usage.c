// Runway's own API: what was spent, by day and model.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/official.h"
#include "gateway/official_answer.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define DAYS_USUAL 30
#define DAYS_MAX 90

struct span {
    int64_t from_ms, to_ms;
};

// "2026-11-21" of the calendar, at its begin.
static bool read_day(const char *text, int64_t *ms)
{
    int year, month, day, end = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 ||
        text[end] != '\0' || end != 10)
        return false;
    struct tm tm = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    *ms = (int64_t)timegm(&tm) * 1000;
    return tm.tm_mon == month - 1 && tm.tm_mday == day && year > 1970;
}

// NULL, or what is wrong.
static const char *read_span(const struct value *body, struct span *out)
{
    const char *from = value_get_text(body, "startDate");
    const char *to = value_get_text(body, "beforeDate");
    int64_t today = clock_wall_ms(&clock_system) / DAY_MS * DAY_MS;
    out->from_ms = today - DAYS_USUAL * DAY_MS;
    if (from && !read_day(from, &out->from_ms))
        return "startDate: expected a day as 2026-11-21";
    out->to_ms = out->from_ms + DAYS_USUAL * DAY_MS;
    if (to && !read_day(to, &out->to_ms))
        return "beforeDate: expected a day as 2026-11-21";
    if (out->to_ms < out->from_ms)
        return "beforeDate: comes before startDate";
    if (out->to_ms > out->from_ms + DAYS_MAX * DAY_MS)
        return "beforeDate: at most 90 days after startDate";
    return NULL;
}

struct telling {
    struct value *models, *results;
};

static void add_model(struct value *models, const char *model)
{
    for (size_t i = 0; i < value_count(models); i++)
        if (strcmp(value_text(value_at(models, i)), model) == 0)
            return;
    value_add(models, value_str(model));
}

// The entries of a day, which is the latest, or a new one.
static struct value *credits_of(struct value *results, const char *day)
{
    size_t n = value_count(results);
    struct value *last = n > 0 ? results->list.items[n - 1] : NULL;
    if (!last || strcmp(value_get_text(last, "date"), day) != 0) {
        last = value_map();
        value_set(last, "date", value_str(day));
        value_set(last, "usedCredits", value_list());
        value_add(results, last);
    }
    return last->map.members[1].value;
}

static void add_used(void *arg, const char *day, const char *model,
                     int64_t thousandths)
{
    const struct telling *t = arg;
    add_model(t->models, model);
    struct value *entry = value_map();
    value_set(entry, "model", value_str(model));
    value_set(entry, "amount", official_credits(thousandths));
    value_add(credits_of(t->results, day), entry);
}

static void tell(const struct routes *r, struct net_call *call,
                 struct span span)
{
    struct err err = {.kind = ERR_NONE};
    struct value *v = value_map();
    struct telling t = {value_set(v, "models", value_list()),
                        value_set(v, "results", value_list())};
    if (tasks_used(r->tasks, "official", span.from_ms, span.to_ms, add_used, &t,
                   &err)) {
        answer_json(call, 200, v);
        return;
    }
    value_free(v);
    official_error(r, call, 500, err.text);
}

void official_usage(struct routes *r, const struct route *route,
                    struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    const struct value *table = wire_official(r->wire);
    struct schema_issues issues = {.n = 0};
    struct err err;
    struct span span;
    size_t len;
    const char *body = net_call_body(call, &len);
    struct value *v =
        len > 0 ? json_read(body, len, JSON_STRICT, &err) : value_map();
    const char *why = v ? read_span(v, &span) : err.text;
    if (v && !schema_check(value_get_path(table, "schemas.OfficialUsage"),
                           value_get(table, "schemas"), v, &issues))
        official_invalid(r, call, &issues);
    else if (why)
        official_error(r, call, 400, why);
    else
        tell(r, call, span);
    schema_issues_clear(&issues);
    value_free(v);
}
