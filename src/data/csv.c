#include "data/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/yaml_bytes.h"

#define SHOWN 40 // bytes of a text from the file in a message

struct csv {
    const char *at, *end;
    struct pos pos; // of `at`
    struct problems *problems;
    struct value *columns;
    size_t width, rows;
    bool stop; // no point in going on
};

static bool at_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' || *csv->at == '\r';
}

static void step(struct csv *csv)
{
    size_t len = text_utf8(csv->at, (size_t)(csv->end - csv->at), NULL);
    bool pair =
        *csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n';
    bool ends = *csv->at == '\n' || *csv->at == '\r';
    csv->at += pair ? 2 : len;
    csv->pos.line += ends;
    csv->pos.col = ends ? 1 : csv->pos.col + 1;
}

static void fail(struct csv *csv, struct pos pos, const char *text)
{
    problem_add(csv->problems, pos, "%s", text);
    csv->stop = true;
}

// From the quote on to behind its fellow; two of them are one.
static void read_quoted(struct csv *csv, struct buf *out)
{
    struct pos begin = csv->pos;
    step(csv);
    for (;;) {
        const char *from = csv->at;
        if (from == csv->end) {
            fail(csv, begin, "the quote that begins here does not end");
            return;
        }
        step(csv);
        bool quote = *from == '"';
        if (quote && (csv->at == csv->end || *csv->at != '"'))
            break;
        if (quote)
            step(csv);
        buf_add(out, from, quote ? 1 : (size_t)(csv->at - from));
    }
    if (!at_line_end(csv) && *csv->at != ',')
        fail(csv, csv->pos,
             "behind a field in quotes comes a comma or the line's end; a "
             "quote inside of one is written twice");
}

// To the comma or the line's end, without the spaces around it.
static void read_plain(struct csv *csv, struct buf *out)
{
    const char *from = csv->at;
    while (!at_line_end(csv) && *csv->at != ',' && !csv->stop) {
        if (*csv->at == '"')
            fail(csv, csv->pos,
                 "a quote inside of a field: put the whole field in quotes, "
                 "and write this one twice");
        step(csv);
    }
    size_t len = (size_t)(csv->at - from);
    while (len > 0 && from[len - 1] == ' ')
        len--;
    buf_add(out, from, len);
}

// The field at `at`, and the comma behind it; `more`: another one follows.
static struct value *read_field(struct csv *csv, bool *more)
{
    struct buf text;
    buf_init(&text, CSV_BYTES_MAX);
    while (csv->at < csv->end && *csv->at == ' ')
        step(csv);
    struct pos pos = csv->pos;
    bool quoted = csv->at < csv->end && *csv->at == '"';
    if (quoted)
        read_quoted(csv, &text);
    else
        read_plain(csv, &text);
    struct value *v = text.len == 0 && !quoted
                          ? value_null()
                          : value_strn(text.len ? text.data : "", text.len);
    v->pos = pos;
    buf_free(&text);
    *more = csv->at < csv->end && *csv->at == ',';
    if (*more)
        step(csv);
    return v;
}

static void check_name(struct csv *csv, const struct value *name)
{
    const char *text = value_text(name);
    if (!text || !*text) {
        problem_add(csv->problems, name->pos, "this column has no name");
    } else if (value_get(csv->columns, text)) {
        char *shown = text_printable(text, strlen(text), SHOWN);
        problem_add(csv->problems, name->pos,
                    "the column '%s' is there already", shown);
        free(shown);
    } else if (csv->width == CSV_COLUMNS_MAX) {
        problem_add(csv->problems, name->pos, "more than %d columns",
                    CSV_COLUMNS_MAX);
        csv->stop = true;
    }
}

static void read_header(struct csv *csv)
{
    for (bool more = true; more && !csv->stop;) {
        struct value *name = read_field(csv, &more);
        size_t before = csv->problems->errors;
        if (!csv->stop)
            check_name(csv, name);
        if (csv->problems->errors == before && !csv->stop)
            value_push(csv->columns, value_text(name), name->pos, value_list());
        csv->width++;
        value_free(name);
    }
    const char *only =
        csv->columns->map.n == 1 ? csv->columns->map.members[0].key : "";
    if (csv->width == 1 && strpbrk(only, ";\t"))
        fail(csv, csv->columns->map.members[0].pos,
             "the columns are separated by commas; this file has another mark "
             "between them");
}

static void read_row(struct csv *csv)
{
    struct pos pos = csv->pos;
    size_t n = 0;
    for (bool more = true; more && !csv->stop; n++) {
        struct value *v = read_field(csv, &more);
        if (n < csv->columns->map.n)
            value_add(csv->columns->map.members[n].value, v);
        else
            value_free(v);
    }
    if (csv->stop)
        return;
    if (n != csv->width)
        problem_add(csv->problems, pos,
                    "this row has %zu field%s, and the header has %zu", n,
                    n == 1 ? "" : "s", csv->width);
    if (++csv->rows > CSV_ROWS_MAX) {
        problem_add(csv->problems, pos, "more than %d rows", CSV_ROWS_MAX);
        csv->stop = true;
    } else if (csv->rows * csv->width > CSV_FIELDS_MAX) {
        problem_add(csv->problems, pos, "more than %d fields in all",
                    CSV_FIELDS_MAX);
        csv->stop = true;
    }
}

static void read_lines(struct csv *csv)
{
    bool header = false;
    while (csv->at < csv->end && !csv->stop) {
        if (at_line_end(csv)) { // an empty line says nothing
            step(csv);
            continue;
        }
        size_t before = csv->problems->errors;
        if (header)
            read_row(csv);
        else
            read_header(csv);
        // Without its columns no row means anything.
        csv->stop |= !header && csv->problems->errors > before;
        header = true;
        if (csv->at < csv->end && !csv->stop)
            step(csv);
    }
    if (!csv->stop && csv->rows == 0)
        problem_add(csv->problems, (struct pos){1, 1, csv->pos.file},
                    header ? "a header line and no rows below it"
                           : "the file is empty");
}

struct value *csv_read(const char *text, size_t len, int file,
                       struct problems *problems)
{
    struct pos begin = {1, 1, file};
    size_t before = problems->errors;
    if (len > CSV_BYTES_MAX) {
        problem_add(problems, begin, "too large: more than %u bytes",
                    CSV_BYTES_MAX);
        return NULL;
    }
    bool mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    struct csv csv = {
        .at = text + (mark ? 3 : 0),
        .end = text + len,
        .pos = begin,
        .problems = problems,
    };
    if (!yaml_bytes_check(csv.at, (size_t)(csv.end - csv.at), file, problems))
        return NULL;
    csv.columns = value_map();
    csv.columns->pos = begin;
    read_lines(&csv);
    if (problems->errors == before)
        return csv.columns;
    value_free(csv.columns);
    return NULL;
}
