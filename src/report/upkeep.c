#include "report/upkeep.h"

#include <inttypes.h>
#include <string.h>

#include "report/events.h"
#include "report/listing.h"
#include "report/summary.h"

#define PATH_MAX_SHOWN 300
#define NAME_MAX_SHOWN 120
#define AGAIN_MAX_SHOWN 300

static void add(const char *before, const char *text, size_t max,
                struct buf *out)
{
    if (!text)
        return;
    buf_str(out, before);
    shown_text(text, strlen(text), max, out);
}

void bytes_text(int64_t bytes, struct buf *out)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    double n = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        buf_printf(out, "%" PRId64 " byte%s", bytes, bytes == 1 ? "" : "s");
        return;
    }
    for (; n >= 999.95 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
        n /= 1000;
    buf_printf(out, "%.1f %s", n, units[unit]);
}

// --- verify

static const char *const kept_names[KEPT_STATES] = {
    [KEPT_WHOLE] = "whole",       [KEPT_MISSING] = "missing",
    [KEPT_DAMAGED] = "damaged",   [KEPT_UNREADABLE] = "unreadable",
    [KEPT_EDITED] = "edited",     [KEPT_OTHER] = "no file",
    [KEPT_ASIDE] = "set aside",   [KEPT_MENDED] = "mended",
    [KEPT_UNLISTED] = "unlisted",
};

void kept_text(const struct kept_file *file, struct buf *out)
{
    buf_printf(out, "  %-10s  ", kept_names[file->kept]);
    add("", file->path, PATH_MAX_SHOWN, out);
    if (file->kept == KEPT_UNLISTED) {
        buf_str(out, "  no row of the ledger names it\n");
        return;
    }
    const char *cell = value_get_text(file->row, "cell");
    add(file->output ? "  output of " : "  clip of ",
        cell ? cell : value_get_text(file->row, "recipe"), NAME_MAX_SHOWN, out);
    if (!file->output)
        add(", task ", value_get_text(file->row, "task_id"), NAME_MAX_SHOWN,
            out);
    add(file->kept == KEPT_ASIDE    ? ": now "
        : file->kept == KEPT_MENDED ? ": made again of "
                                    : ": ",
        file->more, PATH_MAX_SHOWN, out);
    buf_byte(out, '\n');
}

void kept_next(const struct kept_file *file, const char *again, struct buf *out)
{
    const char *before = NULL;
    switch (file->kept) {
    case KEPT_MISSING:
        before = file->output
                     ? "if the recipe still asks for it, make it again "
                       "with: "
                     : "bought, but not here: fetch it with: ";
        break;
    case KEPT_ASIDE:
        before = "fetch it anew with: ";
        break;
    case KEPT_DAMAGED:
        if (file->output)
            before = "its bytes changed, its time did not, as when a disk "
                     "fails: remove it, and make it again with: ";
        else
            buf_str(out, "set it aside, to be made again or fetched anew, "
                         "with: tarmac verify --fix");
        break;
    case KEPT_UNREADABLE:
        buf_str(out, "look at the disk and the permissions, then verify again");
        break;
    case KEPT_OTHER:
        if (!file->output)
            before = "remove what is in its place, and fetch it with: ";
        break;
    case KEPT_WHOLE:
    case KEPT_EDITED:
    case KEPT_MENDED:
    case KEPT_UNLISTED:
        break;
    }
    if (before)
        add(before, again, AGAIN_MAX_SHOWN, out);
}

struct value *kept_value(const struct kept_file *file, const char *next)
{
    static const char *const keys[] = {"recipe",  "cell",   "gateway",
                                       "task_id", "sha256", "fingerprint"};
    struct value *v = value_map();
    value_set_text(v, "event", "finding");
    value_set_text(v, "of", file->output ? "output" : "clip");
    value_set_text(v, "state", kept_names[file->kept]);
    value_set_text(v, "path", file->path);
    value_set_text(v, "detail", file->more);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        value_set_text(v, keys[i], value_get_text(file->row, keys[i]));
    if (*next)
        value_set_text(v, "next", next);
    return v;
}

static bool faults_text(const int64_t n[KEPT_STATES], const char *before,
                        struct buf *out)
{
    bool any = false;
    for (size_t i = KEPT_WHOLE + 1; i < KEPT_STATES; i++) {
        if (n[i] == 0)
            continue;
        buf_printf(out, "%s%" PRId64 " %s", any ? ", " : before, n[i],
                   kept_names[i]);
        any = true;
    }
    return any;
}

// Mended ones, and those that no row names, are told and no faults.
static bool has_faults(const int64_t n[KEPT_STATES])
{
    return n[KEPT_MISSING] || n[KEPT_DAMAGED] || n[KEPT_UNREADABLE] ||
           n[KEPT_OTHER] || n[KEPT_ASIDE];
}

void kept_end_text(const struct kept_sum *sum, struct buf *out)
{
    buf_printf(out, "%" PRId64 " clip%s", sum->clips,
               sum->clips == 1 ? "" : "s");
    if (sum->outputs > 0)
        buf_printf(out, " and %" PRId64 " output%s", sum->outputs,
                   sum->outputs == 1 ? "" : "s");
    buf_str(out, ", ");
    bytes_text(sum->bytes, out);
    if (sum->interrupted)
        buf_str(out, " read before the interruption");
    bool whole = !sum->interrupted && !has_faults(sum->clip);
    if (whole)
        buf_str(out, ": all whole");
    bool any = faults_text(sum->clip, whole ? ", " : ": ", out) || whole;
    faults_text(sum->output, any ? "; outputs: " : ": outputs: ", out);
    buf_byte(out, '\n');
}

static void set_counts(struct value *v, const char *key,
                       const int64_t n[KEPT_STATES])
{
    struct value *counts = value_set(v, key, value_map());
    for (size_t i = 0; i < KEPT_STATES; i++)
        if (n[i] > 0)
            value_set(counts, kept_names[i], value_int(n[i]));
}

struct value *kept_end_value(const struct kept_sum *sum)
{
    struct value *v = value_map();
    value_set_text(v, "event", "end");
    value_set(v, "exit", value_int(kept_exit(sum)));
    value_set(v, "bytes", value_int(sum->bytes));
    set_counts(v, "clips", sum->clip);
    set_counts(v, "outputs", sum->output);
    return v;
}

int kept_exit(const struct kept_sum *sum)
{
    if (sum->interrupted)
        return EXIT_INTERRUPTED;
    if (sum->clip[KEPT_UNREADABLE] || sum->clip[KEPT_OTHER] ||
        sum->output[KEPT_UNREADABLE] || sum->output[KEPT_DAMAGED])
        return EXIT_DISK;
    if (sum->clip[KEPT_MISSING] || sum->clip[KEPT_DAMAGED] ||
        sum->clip[KEPT_ASIDE])
        return EXIT_NOT_DELIVERED;
    return EXIT_ALL_DELIVERED;
}

// --- prune

static const struct {
    const char *name, *why;
} kinds[PRUNE_KINDS] = {
    [PRUNE_FRAMES] = {"frames", "pictures cut from clips, cut again when "
                                "they are needed"},
    [PRUNE_PARTS] = {"parts", "downloads of clips that are whole in the store"},
    [PRUNE_BAD] = {"bad", "damaged copies of clips that are whole in the "
                          "store"},
    [PRUNE_RUNS] = {"runs", "locks of dead runs; what they noted is in the "
                            "ledger"},
    [PRUNE_GATEWAY] = {"gateway", "the built-in gateway's copies of clips that "
                                  "are whole in store and output"},
};

static int64_t total(const struct prune_sum *sum, int64_t *bytes)
{
    int64_t files = 0;
    *bytes = 0;
    for (size_t i = 0; i < PRUNE_KINDS; i++) {
        files += sum->of[i].files;
        *bytes += sum->of[i].bytes;
    }
    return files;
}

void prune_text(const struct prune_sum *sum, struct buf *out)
{
    int64_t bytes, files = total(sum, &bytes);
    for (size_t i = 0; i < PRUNE_KINDS; i++) {
        if (sum->of[i].files == 0)
            continue;
        buf_printf(out, "  %-8s %6" PRId64 " file%-2s ", kinds[i].name,
                   sum->of[i].files, sum->of[i].files == 1 ? "" : "s");
        struct buf size;
        buf_init(&size, 64);
        bytes_text(sum->of[i].bytes, &size);
        buf_printf(out, "%10s  %s\n", size.data, kinds[i].why);
        buf_free(&size);
    }
    if (files == 0) {
        buf_str(out, sum->interrupted ? "interrupted; nothing was deleted\n"
                                      : "nothing to delete\n");
        return;
    }
    bytes_text(bytes, out);
    buf_printf(out, " in %" PRId64 " file%s", files, files == 1 ? "" : "s");
    if (sum->deleted)
        buf_str(out, " deleted");
    if (sum->interrupted)
        buf_str(out, ", then interrupted");
    else if (!sum->deleted)
        buf_printf(out, "; delete with: tarmac prune --delete%s%s",
                   sum->older ? " --older " : "", sum->older ? sum->older : "");
    buf_byte(out, '\n');
}

struct value *prune_end_value(const struct prune_sum *sum)
{
    int64_t bytes, files = total(sum, &bytes);
    struct value *v = value_map();
    value_set_text(v, "event", "end");
    value_set(v, "files", value_int(files));
    value_set(v, "bytes", value_int(bytes));
    value_set(v, "stay", value_int(sum->stay));
    value_set(v, "deleted", value_bool(sum->deleted));
    value_set(v, "interrupted", value_bool(sum->interrupted));
    return v;
}

void prune_file_text(const char *path, int64_t bytes, bool stays,
                     struct buf *out)
{
    buf_str(out, stays ? "  stays  " : "  ");
    add("", path, PATH_MAX_SHOWN, out);
    buf_str(out, "  ");
    bytes_text(bytes, out);
    buf_str(out, stays ? "  no row of the ledger names it: it may be a clip "
                         "that was paid\n"
                       : "\n");
}

struct value *prune_file_value(enum prune_kind kind, const char *path,
                               int64_t bytes, bool stays, bool deleted)
{
    struct value *v = value_map();
    value_set_text(v, "event", stays ? "stays" : "prune");
    value_set_text(v, "kind", stays ? "store" : kinds[kind].name);
    value_set_text(v, "path", path);
    value_set(v, "bytes", value_int(bytes));
    if (!stays)
        value_set(v, "deleted", value_bool(deleted));
    value_set_text(v, "why",
                   stays ? "no row of the ledger names it" : kinds[kind].why);
    return v;
}
