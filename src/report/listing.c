#include "report/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "report/summary.h"

#define NAME_MAX_SHOWN 120
#define REASON_MAX_SHOWN 300
#define MOMENT_MOST (INT64_C(1) << 60)

// --- small spellings

void age_text(int64_t ms, struct buf *out)
{
    static const struct {
        int64_t ms, below;
        const char *unit;
    } units[] = {
        {1000, 120 * 1000, "s"},
        {60 * 1000, 120 * 60 * 1000, "min"},
        {3600 * 1000, 48 * 3600 * 1000LL, "h"},
        {24 * 3600 * 1000, INT64_MAX, "days"},
    };
    size_t i = 0;
    while (ms >= units[i].below && i + 1 < sizeof(units) / sizeof(*units))
        i++;
    buf_printf(out, "%" PRId64 " %s", ms > 0 ? ms / units[i].ms : 0,
               units[i].unit);
}

void moment_text(int64_t wall_ms, struct buf *out)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[64];
    if (gmtime_r(&seconds, &tm) &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        buf_str(out, text);
    else
        buf_printf(out, "%" PRId64 " ms", wall_ms);
}

static const char *escape_of(char c)
{
    switch (c) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

void shown_text(const char *text, size_t len, size_t max, struct buf *out)
{
    struct buf flat;
    buf_init(&flat, 2 * max);
    size_t at = 0;
    for (; at < len && flat.len < max; at++) {
        const char *escape = escape_of(text[at]);
        if (escape)
            buf_str(&flat, escape);
        else
            buf_byte(&flat, text[at]);
    }
    char *shown = text_printable(flat.data, flat.len, max);
    buf_str(out, shown);
    if (at < len)
        buf_printf(out, "… (%zu more bytes)", len - at);
    free(shown);
    buf_free(&flat);
}

bool price_text(const struct value *row, const char *before, struct buf *out)
{
    double credits;
    if (!value_number(value_get(row, "credits"), &credits))
        return false;
    buf_str(out, before);
    credits_text((int64_t)(credits * 1000 + 0.5), out);
    return true;
}

static void add_text(const struct value *row, const char *key,
                     const char *before, size_t max, struct buf *out)
{
    const char *text = value_get_text(row, key);
    if (!text)
        return;
    buf_str(out, before);
    shown_text(text, strlen(text), max, out);
}

// None is so far from another that the time between them has no number.
static int64_t moment_of(const struct value *row, const char *key)
{
    int64_t v = value_integer(value_get(row, key), 0);
    return v > MOMENT_MOST ? MOMENT_MOST : v < -MOMENT_MOST ? -MOMENT_MOST : v;
}

// --- runs

const char *run_course_name(enum run_course course)
{
    switch (course) {
    case RUN_ENDED:
        return "ended";
    case RUN_GOES_ON:
        return "running";
    case RUN_DIED:
        return "died";
    }
    return "died";
}

static const char *outcome(int64_t code)
{
    switch (code) {
    case EXIT_ALL_DELIVERED:
        return "done";
    case EXIT_USAGE:
        return "not begun";
    case EXIT_CELLS_FAILED:
        return "some failed";
    case EXIT_NOT_DELIVERED:
        return "unfinished";
    case EXIT_UNKNOWN:
        return "unknown";
    case EXIT_BUDGET:
        return "budget";
    case EXIT_REFUSED:
        return "refused";
    case EXIT_DISK:
        return "disk";
    case EXIT_INTERRUPTED:
        return "stopped";
    default:
        return "broken";
    }
}

void listing_run(const struct value *row, enum run_course course,
                 const char *again, int64_t now_ms, struct buf *out)
{
    int64_t code = value_integer(value_get(row, "exit"), EXIT_DEFECT);
    int64_t began = moment_of(row, "started_ms");
    buf_printf(out, "  %-12s",
               course == RUN_ENDED ? outcome(code) : run_course_name(course));
    add_text(row, "recipe", "", NAME_MAX_SHOWN, out);
    buf_str(out, "  ");
    age_text(now_ms - began, out);
    buf_str(out, " ago");
    if (course == RUN_ENDED) {
        buf_str(out, ", took ");
        age_text(moment_of(row, "ended_ms") - began, out);
        if (code != EXIT_ALL_DELIVERED)
            buf_printf(out, ", exit %" PRId64, code);
    }
    buf_str(out, "  ");
    shown_text(again, strlen(again), REASON_MAX_SHOWN, out);
    buf_byte(out, '\n');
}

// --- totals

static int64_t all_of(const struct ledger_totals *totals)
{
    int64_t sum = 0;
    for (size_t i = 0; i < LEDGER_STATES; i++)
        sum += totals->purchases[i];
    return sum;
}

void listing_totals(const struct ledger_totals *totals, struct buf *out)
{
    int64_t all = all_of(totals);
    if (all == 0) {
        buf_str(out, "no purchases yet\n");
        return;
    }
    buf_printf(out, "%" PRId64 " purchase%s", all, all == 1 ? "" : "s");
    const char *before = ": ";
    for (size_t i = 0; i < LEDGER_STATES; i++) {
        if (totals->purchases[i] == 0)
            continue;
        buf_printf(out, "%s%" PRId64 " %s", before, totals->purchases[i],
                   attempt_state_name((enum attempt_state)i));
        before = ", ";
    }
    buf_byte(out, '\n');
    credits_text(totals->spent, out);
    buf_str(out, " spent");
    if (totals->reserved > 0) {
        buf_str(out, ", ");
        credits_text(totals->reserved, out);
        buf_str(out, " reserved by open purchases");
    }
    if (totals->unknown > 0) {
        buf_str(out, ", ");
        credits_text(totals->unknown, out);
        buf_str(out, " perhaps spent by unknown ones");
    }
    if (totals->unpriced > 0)
        buf_printf(out, "; %" PRId64 " without a known price",
                   totals->unpriced);
    buf_byte(out, '\n');
}

static void set_credits(struct value *map, const char *key, int64_t thousandths)
{
    value_set(map, key, credits_value(thousandths));
}

struct value *listing_totals_value(const struct ledger_totals *totals)
{
    struct value *v = value_map();
    value_set(v, "event", value_str("totals"));
    struct value *counts = value_set(v, "purchases", value_map());
    for (size_t i = 0; i < LEDGER_STATES; i++)
        if (totals->purchases[i] != 0)
            value_set(counts, attempt_state_name((enum attempt_state)i),
                      value_int(totals->purchases[i]));
    set_credits(v, "spent", totals->spent);
    set_credits(v, "reserved", totals->reserved);
    set_credits(v, "unknown", totals->unknown);
    value_set(v, "unpriced", value_int(totals->unpriced));
    return v;
}

// --- attempts

void listing_attempt(const struct value *row, int64_t now_ms, struct buf *out)
{
    const char *state = value_get_text(row, "state");
    buf_printf(out, "  %-12s", state ? state : "");
    add_text(row, value_get(row, "cell") ? "cell" : "recipe", "",
             NAME_MAX_SHOWN, out);
    add_text(row, "gateway", "  ", NAME_MAX_SHOWN, out);
    if (!price_text(row, "  ", out))
        buf_str(out, "  price unknown");
    buf_str(out, "  ");
    int64_t ended = moment_of(row, "ended_ms");
    age_text(now_ms - (ended ? ended : moment_of(row, "created_ms")), out);
    add_text(row, "task_id", "  ", NAME_MAX_SHOWN, out);
    buf_byte(out, '\n');
    const char *kind = value_get_text(row, "kind");
    const char *reason = value_get_text(row, "reason");
    if (!kind && !reason)
        return;
    buf_printf(out, "  %-12s", "");
    add_text(row, "kind", "", NAME_MAX_SHOWN, out);
    add_text(row, "reason", kind ? ": " : "", REASON_MAX_SHOWN, out);
    buf_byte(out, '\n');
}

void listing_event(const struct value *row, struct buf *out)
{
    const char *what = value_get_text(row, "what");
    moment_text(moment_of(row, "at_ms"), out);
    buf_printf(out, "  %-11s  ", what ? what : "");
    add_text(row, value_get(row, "cell") ? "cell" : "recipe", "",
             NAME_MAX_SHOWN, out);
    add_text(row, "gateway", "  ", NAME_MAX_SHOWN, out);
    price_text(row, "  ", out);
    add_text(row, "task_id", "  ", NAME_MAX_SHOWN, out);
    // Of a run, as long as its id must be to name it elsewhere.
    const char *run = value_get_text(row, "run");
    if (run && what && text_starts(what, "run "))
        buf_printf(out, "  %.8s", run);
    if (value_get(row, "exit"))
        buf_printf(out, "  exit %" PRId64, moment_of(row, "exit"));
    add_text(row, "kind", "  ", NAME_MAX_SHOWN, out);
    add_text(row, "reason", ": ", REASON_MAX_SHOWN, out);
    buf_byte(out, '\n');
}

void listing_next(const char *state, const char *again, struct buf *out)
{
    bool retries = strstr(again, "--retry-failed") != NULL;
    const char *more = retries ? "" : " --retry-failed";
    if (strcmp(state, "open") == 0)
        buf_printf(out,
                   "the run is gone, its purchases are not: go on with: %s",
                   again);
    else if (strcmp(state, "unknown") == 0)
        buf_printf(out,
                   "may have been bought, and is never sent again by itself; "
                   "settle it with tarmac settle, or look for its answer with: "
                   "%s",
                   again);
    else if (strcmp(state, "refused") == 0)
        buf_printf(out,
                   "nothing was bought; when the reason is mended, run again: "
                   "%s",
                   again);
    else if (strcmp(state, "failed") == 0)
        buf_printf(out, "never bought again by itself; buy it again with: %s%s",
                   again, more);
    else if (strcmp(state, "forgotten") == 0)
        buf_printf(out,
                   "the service took it and no longer knows it; buy it again "
                   "with: %s%s",
                   again, more);
}
