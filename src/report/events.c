#include "report/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"

static const char *placed_name(enum store_placed placed)
{
    switch (placed) {
    case STORE_PLACED:
        return "written";
    case STORE_CURRENT:
        return "current";
    case STORE_EDITED:
        return "edited";
    case STORE_FAILED:
        return "failed";
    }
    return "failed";
}

static struct value *output_value(const struct cell_output *output)
{
    const struct clip_row *clip = purchase_clip(output->purchase, output->clip);
    struct value *v = value_map();
    value_set_text(v, "path", output->shown);
    value_set_text(v, "placed", placed_name(output->placed));
    value_set_text(v, "task_id", purchase_task_id(output->purchase));
    value_set_text(v, "sha256",
                   output->sha256[0] ? output->sha256 : clip->sha256);
    value_set_text(v, "clip_sha256", clip->sha256);
    value_set(v, "seconds", value_real(clip->seconds));
    value_set(v, "width", value_int(clip->width));
    value_set(v, "height", value_int(clip->height));
    value_set(v, "bytes", value_int(clip->size));
    return v;
}

void event_traceback(struct value *error, const char *lines)
{
    if (!lines)
        return;
    struct value *list = value_set(error, "traceback", value_list());
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        char *line = xstrndup(lines, len);
        value_add(list, value_str(line));
        free(line);
        lines += len + (lines[len] == '\n');
    }
}

struct value *event_cell(const struct cell_report *report)
{
    struct value *v = value_map();
    value_set_text(v, "event", "cell");
    value_set(v, "index", value_int((int64_t)report->index));
    value_set_text(v, "name", report->name);
    value_set(v, "ok", value_bool(report->ok));
    if (report->n > 0) {
        struct value *list = value_set(v, "outputs", value_list());
        for (size_t i = 0; i < report->n; i++)
            value_add(list, output_value(&report->outputs[i]));
    }
    if (!report->ok) {
        struct value *error = value_set(v, "error", value_map());
        value_set_text(error, "kind", report->kind);
        value_set_text(error, "message", report->message);
        value_set_text(error, "task_id", report->task_id);
        event_traceback(error, report->traceback);
    }
    return v;
}

struct value *event_purchase(const struct purchase *purchase)
{
    struct value *v = value_map();
    value_set_text(v, "event", "purchase");
    value_set_text(v, "cell", purchase_cell(purchase));
    value_set_text(v, "gateway", purchase_gateway(purchase)->name);
    value_set_text(v, "state", attempt_state_name(purchase_state(purchase)));
    value_set_text(v, "task_id", purchase_task_id(purchase));
    if (purchase_progress(purchase) >= 0)
        value_set(v, "progress", value_real(purchase_progress(purchase)));
    return v;
}

struct value *event_message(const char *event, const char *message)
{
    struct value *v = value_map();
    value_set_text(v, "event", event);
    value_set_text(v, "message", message);
    return v;
}

struct value *event_row(const char *event, const struct value *row)
{
    struct value *v = value_map();
    value_set_text(v, "event", event);
    for (size_t i = 0; i < value_count(row); i++)
        value_set(v, row->map.members[i].key,
                  value_copy(row->map.members[i].value));
    return v;
}

struct value *event_end(const struct summary *summary)
{
    struct value *v = value_map();
    value_set_text(v, "event", "end");
    value_set(v, "exit", value_int(summary_exit(summary)));
    value_set(v, "cells", value_int((int64_t)summary->cells));
    value_set(v, "delivered", value_int((int64_t)summary->delivered));
    value_set(v, "current", value_int((int64_t)summary->current));
    value_set(v, "failed", value_int((int64_t)summary->failed));
    value_set(v, "unfinished", value_int((int64_t)summary->unfinished));
    value_set(v, "edited", value_int((int64_t)summary->edited));
    value_set(v, "bought", value_int((int64_t)summary->bought));
    if (!summary->price_unknown)
        value_set(v, "credits", credits_value(summary->price));
    return v;
}

void event_say(struct value *event)
{
    char *text = json_text(event);
    puts(text);
    fflush(stdout);
    free(text);
    value_free(event);
}
