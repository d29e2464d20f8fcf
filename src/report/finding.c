#include "report/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/events.h"
#include "report/listing.h"
#include "report/summary.h"

#define TEXT_MAX_SHOWN 2000
#define LINE_BYTES_MAX (16u << 10)

const char *finding_level_name(enum finding_level level)
{
    switch (level) {
    case FINDING_OK:
        return "ok";
    case FINDING_WARNING:
        return "warning";
    case FINDING_ERROR:
        return "error";
    }
    return "error";
}

static const char *color_of(enum finding_level level)
{
    switch (level) {
    case FINDING_OK:
        return "\033[32m";
    case FINDING_WARNING:
        return "\033[33m";
    case FINDING_ERROR:
        return "\033[31m";
    }
    return "";
}

void finding_text(const struct finding *finding, bool color, struct buf *out)
{
    buf_printf(out, "%s%-8s%s", color ? color_of(finding->level) : "",
               finding_level_name(finding->level), color ? "\033[0m" : "");
    buf_str(out, finding->subject);
    if (finding->name) {
        buf_byte(out, ' ');
        shown_text(finding->name, strlen(finding->name), TEXT_MAX_SHOWN, out);
    }
    buf_str(out, ": ");
    shown_text(finding->text, strlen(finding->text), TEXT_MAX_SHOWN, out);
    buf_byte(out, '\n');
}

struct value *finding_value(const struct finding *finding)
{
    struct value *v = value_map();
    value_set(v, "event", value_str("finding"));
    value_set(v, "level", value_str(finding_level_name(finding->level)));
    value_set(v, "subject", value_str(finding->subject));
    if (finding->name)
        value_set(v, "name", value_str(finding->name));
    value_set(v, "message", value_str(finding->text));
    return v;
}

void finding_say(struct findings *findings, const struct finding *finding)
{
    findings->n[finding->level]++;
    if (finding->level == FINDING_ERROR)
        findings->codes[finding->code & 0xff] = true;
    if (findings->json) {
        event_say(finding_value(finding));
        return;
    }
    struct buf out;
    buf_init(&out, LINE_BYTES_MAX);
    finding_text(finding, findings->color, &out);
    fputs(out.data, stdout);
    fflush(stdout); // what comes next may take long
    buf_free(&out);
}

int findings_exit(const struct findings *findings)
{
    return exit_first(findings->codes);
}

void findings_end(const struct findings *findings)
{
    uint64_t errors = findings->n[FINDING_ERROR];
    uint64_t warnings = findings->n[FINDING_WARNING];
    if (findings->json) {
        struct value *v = value_map();
        value_set(v, "event", value_str("end"));
        value_set(v, "exit", value_int(findings_exit(findings)));
        value_set(v, "errors", value_int((int64_t)errors));
        value_set(v, "warnings", value_int((int64_t)warnings));
        event_say(v);
    } else if (errors + warnings == 0) {
        puts("nothing is wrong; nothing was bought");
    } else {
        printf("%" PRIu64 " error%s, %" PRIu64 " warning%s; nothing was "
               "bought\n",
               errors, errors == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
    }
}
