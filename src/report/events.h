// A run as JSON, one object a line, for programs. Owned values.

#pragma once

#include "data/value.h"
#include "report/summary.h"

// {"event":"cell","index":1,"name":"orbit/x0_r0","ok":true,"outputs":[{"path":…,
//  "placed":"written","task_id":…,"sha256":…,"clip_sha256":…,"seconds":…,"width":…,"height":…}]}
// or {"event":"cell",…,"ok":false,"error":{"kind":…,"message":…,"task_id":…,
//  "traceback":[…]}}
struct value *event_cell(const struct cell_report *report);

// {"event":"purchase","cell":…,"state":"running","task_id":…,"progress":0.5}
struct value *event_purchase(const struct purchase *purchase);

// {"event":"warning","message":…}
struct value *event_message(const char *event, const char *message);

// Add "traceback":["s.lua:3: in upvalue 'f'",…] to an error; nothing for NULL.
void event_traceback(struct value *error, const char *lines);

// {"event":…} and the members of `row`.
struct value *event_row(const char *event, const struct value *row);

// Print an event as one line on stdout, at once; frees it.
void event_say(struct value *event);

// {"event":"end","exit":0,"cells":9,"delivered":9,…}
struct value *event_end(const struct summary *summary);
