#include "report/progress.h"

#include <inttypes.h>

#include "report/listing.h"
#include "report/summary.h"

bool progress_left(const struct progress *progress, struct buf *out)
{
    if (progress->left_ms < 0 || progress->paused)
        return false;
    buf_str(out, "about ");
    age_text(progress->left_ms + 999, out);
    buf_str(out, " left");
    return true;
}

void progress_text(const struct progress *progress, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " of %" PRIu64 " cell%s", progress->delivered,
               progress->cells, progress->cells == 1 ? "" : "s");
    if (progress->running)
        buf_printf(out, ", %" PRIu64 " running", progress->running);
    if (progress->failed)
        buf_printf(out, ", %" PRIu64 " failed", progress->failed);
    buf_str(out, "; ");
    credits_text(progress->price, out);
    if (progress->paused)
        buf_str(out, "; paused");
    struct buf left;
    buf_init(&left, 256);
    if (progress_left(progress, &left))
        buf_printf(out, "; %s", left.data);
    buf_free(&left);
}

static void set_count(struct value *v, const char *key, uint64_t n)
{
    value_set(v, key, value_int((int64_t)n));
}

static void set_credits(struct value *v, const char *key, int64_t thousandths)
{
    value_set(v, key, credits_value(thousandths));
}

struct value *progress_event(const struct progress *progress)
{
    struct value *v = value_map();
    value_set(v, "event", value_str("progress"));
    set_count(v, "cells", progress->cells);
    set_count(v, "delivered", progress->delivered);
    set_count(v, "failed", progress->failed);
    set_count(v, "running", progress->running);
    set_count(v, "queued", progress->queued);
    if (progress->paused)
        value_set(v, "paused", value_bool(true));
    set_credits(v, "credits", progress->price);
    if (progress->has_money) {
        set_credits(v, "spent", progress->spent);
        set_credits(v, "reserved", progress->reserved);
        set_credits(v, "unknown", progress->unknown);
    }
    if (progress->budget >= 0)
        set_credits(v, "budget", progress->budget);
    if (progress->left_ms >= 0 && !progress->paused)
        value_set(v, "eta_s", value_int((progress->left_ms + 999) / 1000));
    return v;
}
