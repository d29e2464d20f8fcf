#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/chosen.h"
#include "cli/fill.h"
#include "cli/folder.h"
#include "cli/keep.h"
#include "cli/load.h"
#include "cli/montage.h"
#include "cli/page_file.h"
#include "cli/upkeep.h"
#include "data/json.h"
#include "report/events.h"
#include "report/gallery.h"
#include "report/summary.h"
#include "report/upkeep.h"
#include "ui/display.h"

#define FOLDER "report"
#define CELL_BYTES_MAX ((size_t)64 << 20)
#define LINE_BYTES_MAX 1024

struct report {
    const struct options *options;
    struct chosen chosen;
    struct folder folder;
    struct page_file page;
    struct fill fill;
    char *shown;        // the folder, as a person finds it
    int64_t cells, all; // that are told of, and that the run has
};

// --- the page

static const char *text_of(const struct value *map, const char *key)
{
    const char *text = value_get_text(map, key);
    return text ? text : "";
}

// A clip that is nowhere says so.
static void look_for_clips(struct report *report, struct value *cell)
{
    const struct value *clips = value_get(cell, "clips");
    for (size_t i = 0; i < value_count(clips); i++) {
        struct value *clip = clips->list.items[i];
        if (!fill_add(&report->fill, text_of(clip, "sha256"),
                      text_of(clip, "ext"),
                      value_integer(value_get(clip, "bytes"), -1)))
            value_set(clip, "missing", value_bool(true));
    }
}

static void on_cell(void *arg, const struct value *row)
{
    struct report *report = arg;
    struct value *cell = value_copy(row);
    struct buf line;
    buf_init(&line, CELL_BYTES_MAX);
    look_for_clips(report, cell);
    buf_str(&line, report->cells++ ? ",\n" : "\n");
    json_write(cell, &line);
    if (line.overflow && !report->page.failed) {
        report->page.failed = true;
        report->page.why = EFBIG;
    }
    page_file_add(&report->page, line.data, line.len);
    buf_free(&line);
    value_free(cell);
}

// When a run was over nothing in its page says when the page was made: the same
// ledger gives the same bytes.
static struct value *read_head(struct gallery *gallery, struct err *err)
{
    struct value *head =
        gallery_head(gallery, clock_wall_ms(&clock_system), err);
    if (head && !value_truth(value_get(value_get(head, "run"), "alive"), false))
        value_remove(head, "made_ms");
    return head;
}

static bool write_cells(struct report *report, struct gallery *gallery,
                        struct err *err)
{
    struct value *head = read_head(gallery, err);
    if (!head)
        return false;
    report->all = value_integer(value_get(value_get(head, "run"), "cells"), 0);
    struct buf line;
    buf_init(&line, CELL_BYTES_MAX);
    buf_str(&line, "{\"head\":");
    json_write(head, &line);
    buf_str(&line, ",\"cells\":[");
    page_file_add(&report->page, line.data, line.len);
    buf_free(&line);
    value_free(head);
    bool ok = gallery_cells(gallery, 0, on_cell, report, err);
    page_file_add(&report->page, "\n]}\n", 4);
    return ok;
}

static bool write_page(struct report *report, struct err *err)
{
    struct chosen *chosen = &report->chosen;
    struct gallery *gallery =
        gallery_new(chosen->ledger, chosen->state.dir, chosen_id(chosen), err);
    if (!gallery)
        return false;
    page_file_begin(&report->page, report->folder.page);
    bool ok = gallery_hold(gallery, err) && write_cells(report, gallery, err);
    gallery_free(gallery);
    if (!page_file_end(&report->page) && ok)
        ok = err_errno(err, ERR_DISK, "cannot write %s/index.html",
                       report->shown);
    return ok;
}

// --- the folder

static bool open_folder(struct report *report, struct err *err)
{
    const struct state *state = &report->chosen.state;
    const char *out = report->options->out;
    if (out) {
        report->shown = xstrdup(out);
        return folder_open(&report->folder, out, true, err);
    }
    char *below = path_join(FOLDER, chosen_recipe(&report->chosen));
    char *path = path_join(state->root, below);
    report->shown = upkeep_shown(state, below);
    bool ok = (path_is_safe(below) ||
               err_set(err, ERR_USAGE,
                       "the run's recipe has a name that no folder has: name "
                       "one with --out DIR")) &&
              keep_folder(state, FOLDER, err) &&
              folder_open(&report->folder, path, false, err);
    free(path);
    free(below);
    return ok;
}

// --- what is told

static int64_t bytes_of(const struct report *report)
{
    return report->fill.bytes + report->page.size;
}

static void say_json(const struct report *report, const char *index)
{
    struct value *v = value_map();
    value_set(v, "event", value_str("report"));
    value_set(v, "path", value_str(index));
    value_set(v, "run", value_str(chosen_id(&report->chosen)));
    value_set(v, "cells", value_int(report->cells));
    value_set(v, "clips", value_int((int64_t)report->fill.clips.n));
    value_set(v, "bytes", value_int(bytes_of(report)));
    value_set(v, "missing", value_int((int64_t)report->fill.missing));
    event_say(v);
}

static void say_lacks(const struct fill *fill)
{
    if (fill->missing > 0)
        log_warn(
            "%zu clip%s not in the store, and the page says so; look with: "
            "tarmac verify",
            fill->missing, fill->missing == 1 ? " is" : "s are");
    if (fill->without > 0)
        log_warn("%zu clip%s without a picture until played: %s", fill->without,
                 fill->without == 1 ? " is" : "s are", fill->why);
}

static void say(const struct report *report)
{
    char *index = path_join(report->shown, "index.html");
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    say_lacks(&report->fill);
    if (report->options->json) {
        say_json(report, index);
    } else {
        bool part = report->cells < report->all;
        int64_t all = part ? report->all : report->cells;
        if (part)
            buf_printf(&line, "the first %lld of ", (long long)report->cells);
        buf_printf(&line, "%lld cell%s, %zu clip%s, ", (long long)all,
                   all == 1 ? "" : "s", report->fill.clips.n,
                   report->fill.clips.n == 1 ? "" : "s");
        bytes_text(bytes_of(report), &line);
        log_info("%s; open it in a browser, or copy the folder", line.data);
        printf("%s\n", index);
    }
    buf_free(&line);
    free(index);
}

// --- all of it

static bool write_report(struct report *report, struct err *err)
{
    const struct options *options = report->options;
    report->fill.state = &report->chosen.state;
    report->fill.folder = &report->folder;
    report->fill.live =
        display_choose(options->json, options->plain) == DISPLAY_LIVE;
    if (!open_folder(report, err) || !write_page(report, err) ||
        !fill_run(&report->fill, err))
        return false;
    return report->fill.interrupted ||
           folder_publish(&report->folder, &report->fill.clips,
                          &report->fill.posters, !report->fill.copied, err);
}

static int end(struct report *report, bool ok, const struct err *err)
{
    struct err told = *err;
    if (!ok && err->kind == ERR_DISK && report->shown)
        err_set(&told, ERR_DISK,
                "%s; %s is as it was: mend that and type it again", err->text,
                report->shown);
    if (!ok)
        return load_say_err(&told, report->options->json);
    if (!report->fill.interrupted) {
        say(report);
        return EXIT_ALL_DELIVERED;
    }
    log_warn("stopped: %s is as it was; type it again, and it goes on",
             report->shown);
    return EXIT_INTERRUPTED;
}

int report_command(const struct options *options)
{
    if (options->n_words > 1) {
        log_error("report takes one run, one recipe or none, for example: "
                  "tarmac report recipes/orbit.yaml");
        return EXIT_USAGE;
    }
    if (!options->montage && (options->columns || options->at)) {
        log_error("%s is of a montage; add, for example: --montage sheet.jpg",
                  options->columns ? "--columns" : "--at");
        return EXIT_USAGE;
    }
    struct report report = {
        .options = options,
        .folder = {.dir = -1, .page = -1, .clips = -1, .posters = -1}};
    struct err err = {0};
    int code = chosen_read(&report.chosen, options,
                           options->n_words ? options->words[0] : NULL);
    if (code == EXIT_ALL_DELIVERED && options->montage) {
        code = montage_make(options, &report.chosen);
    } else if (code == EXIT_ALL_DELIVERED) {
        bool ok = write_report(&report, &err);
        folder_close(&report.folder);
        code = end(&report, ok, &err);
    }
    fill_free(&report.fill);
    free(report.shown);
    chosen_free(&report.chosen);
    return code;
}
