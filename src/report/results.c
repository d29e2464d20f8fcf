#include "report/results.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"

#define CELL_TEXT_MAX ((size_t)128 << 20) // bytes of one CSV field

struct cell_rows {
    uint64_t index;
    struct value *list; // of {name, value}
};

struct results {
    const struct recipe *recipe;
    struct cell_rows *cells;
    size_t n, cap, rows;
};

struct results *results_new(const struct recipe *recipe)
{
    struct results *results = xcalloc(1, sizeof(*results));
    results->recipe = recipe;
    return results;
}

void results_free(struct results *results)
{
    if (!results)
        return;
    for (size_t i = 0; i < results->n; i++)
        value_free(results->cells[i].list);
    free(results->cells);
    free(results);
}

void results_add(struct results *results, const struct cell_report *report)
{
    if (value_count(report->rows) == 0)
        return;
    if (results->n == results->cap) {
        results->cap = results->cap ? 2 * results->cap : 64;
        results->cells = xreallocarray(results->cells, results->cap,
                                       sizeof(*results->cells));
    }
    results->cells[results->n++] =
        (struct cell_rows){report->index, value_copy(report->rows)};
    results->rows += value_count(report->rows);
}

size_t results_count(const struct results *results)
{
    return results->rows;
}

static int compare_cells(const void *a, const void *b)
{
    const struct cell_rows *left = a, *right = b;
    return (left->index > right->index) - (left->index < right->index);
}

static void sort_cells(struct results *results)
{
    if (results->n > 0)
        qsort(results->cells, results->n, sizeof(*results->cells),
              compare_cells);
}

// An axis by its name, or by "axis.name" where that would be two columns.
static char *axis_column(const char *axis)
{
    static const char *const own[] = {"cell", "index", "take", "name", "value"};
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        if (strcmp(axis, own[i]) == 0)
            return xasprintf("axis.%s", axis);
    }
    return xstrdup(axis);
}

static void set_axis(struct value *row, const char *axis,
                     const struct value *point)
{
    char *column = axis_column(axis);
    value_push(row, column, (struct pos){0, 0}, value_copy(point));
    free(column);
}

// The columns that all rows of a cell begin with.
static struct value *cell_columns(const struct recipe *recipe, uint64_t index)
{
    struct value *row = value_map();
    struct cell cell;
    struct err err;
    if (!recipe_cell(recipe, index - 1, &cell, &err))
        return row; // it ran: its recipe cannot have become wrong
    value_set(row, "cell", value_str(cell.name));
    value_set(row, "index", value_int((int64_t)cell.index));
    value_set(row, "take", value_int(cell.take));
    for (size_t i = 0; i < value_count(cell.axes); i++)
        set_axis(row, cell.axes->map.members[i].key,
                 cell.axes->map.members[i].value);
    cell_free(&cell);
    return row;
}

// --- CSV

static void write_field(struct buf *out, const char *text, size_t len)
{
    bool plain = true;
    for (size_t i = 0; i < len && plain; i++)
        plain = !strchr(",\"\r\n", text[i]) || text[i] == '\0';
    if (plain) {
        buf_add(out, text, len);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, text[i]);
    }
    buf_byte(out, '"');
}

static void write_value(struct buf *out, const struct value *v)
{
    if (v->type == VALUE_NULL)
        return;
    if (v->type == VALUE_STRING) {
        write_field(out, v->string.bytes, v->string.len);
        return;
    }
    struct buf text;
    buf_init(&text, CELL_TEXT_MAX);
    json_write(v, &text);
    write_field(out, text.data, text.len);
    out->overflow |= text.overflow;
    buf_free(&text);
}

static void write_column(const char *axis, struct buf *out)
{
    char *column = axis_column(axis);
    write_field(out, column, strlen(column));
    buf_byte(out, ',');
    free(column);
}

static void write_names(const struct recipe *recipe, struct buf *out)
{
    buf_str(out, "cell,index,take,");
    for (size_t i = 0; i < recipe->n_axes; i++) {
        for (size_t k = 0; k < recipe->axes[i].n_columns; k++)
            write_column(recipe->axes[i].columns[k].name, out);
    }
    buf_str(out, "name,value\r\n");
}

static void write_csv_cell(const struct results *results,
                           const struct cell_rows *cell, struct buf *out)
{
    struct value *columns = cell_columns(results->recipe, cell->index);
    struct buf begin;
    buf_init(&begin, CELL_TEXT_MAX);
    for (size_t i = 0; i < columns->map.n; i++) {
        write_value(&begin, columns->map.members[i].value);
        buf_byte(&begin, ',');
    }
    for (size_t i = 0; i < value_count(cell->list); i++) {
        const struct value *row = value_at(cell->list, i);
        buf_add(out, begin.data, begin.len);
        write_value(out, value_get(row, "name"));
        buf_byte(out, ',');
        write_value(out, value_get(row, "value"));
        buf_str(out, "\r\n");
    }
    out->overflow |= begin.overflow;
    buf_free(&begin);
    value_free(columns);
}

void results_csv(struct results *results, struct buf *out)
{
    sort_cells(results);
    write_names(results->recipe, out);
    for (size_t i = 0; i < results->n; i++)
        write_csv_cell(results, &results->cells[i], out);
}

// --- JSON

static void write_json_cell(const struct results *results,
                            const struct cell_rows *cell, bool first,
                            struct buf *out)
{
    struct value *row = cell_columns(results->recipe, cell->index);
    for (size_t i = 0; i < value_count(cell->list); i++) {
        const struct value *from = value_at(cell->list, i);
        value_set(row, "name", value_copy(value_get(from, "name")));
        value_set(row, "value", value_copy(value_get(from, "value")));
        buf_str(out, first && i == 0 ? "\n  " : ",\n  ");
        json_write(row, out);
    }
    value_free(row);
}

void results_json(struct results *results, struct buf *out)
{
    sort_cells(results);
    buf_byte(out, '[');
    for (size_t i = 0; i < results->n; i++)
        write_json_cell(results, &results->cells[i], i == 0, out);
    buf_str(out, "\n]\n");
}
