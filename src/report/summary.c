#include "report/summary.h"

#include <inttypes.h>
#include <string.h>

#include "data/json.h"
#include "data/value.h"

int exit_code_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return EXIT_ALL_DELIVERED;
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_RECIPE:
    case ERR_FORMAT:
        return EXIT_RECIPE;
    case ERR_GATEWAY:
        return EXIT_REFUSED;
    case ERR_NET:
        return EXIT_NOT_DELIVERED;
    case ERR_DISK:
        return EXIT_DISK;
    case ERR_DEFECT:
        return EXIT_DEFECT;
    }
    return EXIT_DEFECT;
}

// What is wrong with a request is its cell's failure, and so is what has no
// cause of ours.
int summary_code(const char *kind, enum err_kind err)
{
    if (kind && strcmp(kind, "unknown") == 0)
        return EXIT_UNKNOWN;
    if (kind && strcmp(kind, "budget") == 0)
        return EXIT_BUDGET;
    if (kind && strcmp(kind, "stopped") == 0)
        return EXIT_INTERRUPTED;
    int code = exit_code_of(err);
    return code == EXIT_ALL_DELIVERED || code == EXIT_RECIPE ? EXIT_CELLS_FAILED
                                                             : code;
}

bool summary_is_open(const struct summary *summary,
                     const struct cell_report *report)
{
    bool stopped = summary->interrupted || summary->timed_out;
    return stopped && !report->ok &&
           summary_code(report->kind, report->err) == EXIT_INTERRUPTED;
}

void summary_cell(struct summary *summary, const struct cell_report *report)
{
    if (summary_is_open(summary, report))
        return; // counted at the end, with those that were not begun
    if (!report->ok) {
        int code = summary_code(report->kind, report->err);
        summary->failed++;
        summary->unknown += code == EXIT_UNKNOWN;
        summary->over_budget += code == EXIT_BUDGET;
        summary->codes[code] = true;
        return;
    }
    summary->delivered++;
    if (!report->changed)
        summary->current++;
    for (size_t i = 0; i < report->n; i++)
        summary->edited += report->outputs[i].placed == STORE_EDITED;
}

void summary_bought(struct summary *summary, int64_t price)
{
    summary->bought++;
    summary->price += price > 0 ? price : 0;
    summary->price_unknown |= price < 0;
}

void summary_charged(struct summary *summary, int64_t asked, int64_t charge)
{
    if (asked >= 0 && charge >= 0)
        summary->price += charge - asked;
}

void summary_lacks(struct summary *summary, bool of_gateway, int64_t price)
{
    summary->lacking[of_gateway] += price > 0 ? price : 0;
}

int exit_first(const bool wanted[256])
{
    static const int order[] = {
        EXIT_INTERRUPTED, EXIT_DEFECT,       EXIT_DISK,    EXIT_USAGE,
        EXIT_REFUSED,     EXIT_RECIPE,       EXIT_UNKNOWN, EXIT_NOT_DELIVERED,
        EXIT_BUDGET,      EXIT_CELLS_FAILED,
    };
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
        if (wanted[order[i]])
            return order[i];
    return EXIT_ALL_DELIVERED;
}

int summary_exit(const struct summary *summary)
{
    if (summary->interrupted)
        return EXIT_INTERRUPTED;
    int code = exit_first(summary->codes);
    return !code && summary->failed ? EXIT_CELLS_FAILED : code;
}

void credits_text(int64_t thousandths, struct buf *out)
{
    char number[NUMBER_TEXT];
    number_text((double)thousandths / 1000, number);
    buf_printf(out, "%s credit%s", number, thousandths == 1000 ? "" : "s");
}

struct value *credits_value(int64_t thousandths)
{
    return value_real((double)thousandths / 1000);
}

void traceback_text(const char *lines, struct buf *out)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        buf_str(out, "    ");
        buf_add(out, lines, len);
        buf_byte(out, '\n');
        lines += len + (lines[len] == '\n');
    }
}

static const char *next_step(int code)
{
    switch (code) {
    case EXIT_USAGE:
        return "Another run is in the way; when it has ended, run again";
    case EXIT_CELLS_FAILED:
        return "The failed cells are told above; nothing else is owed.";
    case EXIT_NOT_DELIVERED:
        return "Paid clips are still on their way; fetch them with";
    case EXIT_UNKNOWN:
        return "Some purchases may or may not have been made; they are never "
               "sent again by themselves. Settle them with tarmac settle, or "
               "look for their answers with";
    case EXIT_BUDGET:
        return "The budget is reached; raise it, then run again";
    case EXIT_REFUSED:
        return "The gateway refused; when that is mended, run again";
    case EXIT_DISK:
        return "The disk or the ledger is in the way; when that is mended, run "
               "again";
    case EXIT_INTERRUPTED:
        return "Nothing is lost; go on with";
    default:
        return NULL;
    }
}

static void bought_text(const struct summary *summary, struct buf *out)
{
    if (summary->bought == 0 && summary->unknown == 0)
        buf_str(out, "; nothing was bought");
    if (summary->bought > 0) {
        buf_printf(out, "; %" PRIu64 " bought", summary->bought);
        buf_str(out, summary->price_unknown ? ", price unknown" : " for ");
        if (!summary->price_unknown)
            credits_text(summary->price, out);
    }
    if (summary->unknown > 0)
        buf_printf(out, "; %" PRIu64 " may have been bought", summary->unknown);
}

static void budget_text(const struct summary *summary, struct buf *out)
{
    static const char *const budgets[] = {"limits.budget",
                                          "the gateway's budget"};
    if (!summary->over_budget)
        return;
    bool one = summary->over_budget == 1;
    buf_printf(out, "%" PRIu64 " cell%s not bought", summary->over_budget,
               one ? "" : "s");
    for (size_t i = 0; i < 2; i++) {
        char number[NUMBER_TEXT];
        number_text((double)(summary->spent[i] + summary->lacking[i]) / 1000,
                    number);
        if (summary->lacking[i] > 0)
            buf_printf(out, "; %s: %s would be needed for %s", budgets[i],
                       number, one ? "it" : "all of them");
    }
    buf_byte(out, '\n');
}

void summary_text(const struct summary *summary, const char *again,
                  struct buf *out)
{
    buf_printf(out, "%" PRIu64 " of %" PRIu64 " cell%s delivered",
               summary->delivered, summary->cells,
               summary->cells == 1 ? "" : "s");
    if (summary->current == summary->delivered && summary->current > 0)
        buf_str(out, ", all up to date already");
    else if (summary->current > 0)
        buf_printf(out, ", %" PRIu64 " of them up to date already",
                   summary->current);
    if (summary->failed)
        buf_printf(out, ", %" PRIu64 " not", summary->failed);
    if (summary->unfinished)
        buf_printf(out, ", %" PRIu64 " still open", summary->unfinished);
    bought_text(summary, out);
    buf_byte(out, '\n');
    if (summary->edited)
        buf_printf(out,
                   "%" PRIu64 " output%s changed since and left alone; move "
                   "%s away to have the clip again\n",
                   summary->edited, summary->edited == 1 ? " was" : "s were",
                   summary->edited == 1 ? "it" : "them");
    budget_text(summary, out);
    int code = summary_exit(summary);
    bool time_is_over = summary->timed_out && summary->unfinished;
    if (time_is_over &&
        (code == EXIT_CELLS_FAILED || code == EXIT_NOT_DELIVERED)) {
        buf_printf(out, "limits.run_timeout is over; go on with: %s\n", again);
        return;
    }
    const char *next = next_step(code);
    if (!next)
        return;
    if (code == EXIT_CELLS_FAILED)
        buf_printf(out, "%s\n", next);
    else
        buf_printf(out, "%s: %s\n", next, again);
}
