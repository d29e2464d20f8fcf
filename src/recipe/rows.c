#include "recipe/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/csv.h"
#include "data/yaml.h"
#include "recipe/fields.h"
#include "recipe/keys.h"

const struct value *rows_file(const struct value *axis)
{
    return axis && axis->type == VALUE_MAP ? value_get(axis, "file") : NULL;
}

static struct value *zip_of(struct value *columns)
{
    struct value *zip = value_map();
    zip->pos = columns->pos;
    value_push(zip, "zip", columns->pos, columns);
    return zip;
}

struct value *rows_of_csv(struct value *columns)
{
    for (size_t i = 0; i < columns->map.n; i++) {
        struct value *list = columns->map.members[i].value;
        list->pos = columns->map.members[i].pos;
        if (field_is_text(columns->map.members[i].key))
            continue;
        for (size_t k = 0; k < list->list.n; k++) {
            struct value *text = list->list.items[k];
            if (!value_text(text))
                continue;
            struct value *v = yaml_scalar(value_text(text));
            v->pos = text->pos;
            list->list.items[k] = v;
            value_free(text);
        }
    }
    return zip_of(columns);
}

static void check_row(const struct value *row, const struct value *first,
                      struct problems *problems)
{
    if (row->type != VALUE_MAP) {
        char *found = key_shown(row);
        problem_add(problems, row->pos,
                    "a row is a map of fields and variables, found %s", found);
        free(found);
        return;
    }
    for (size_t i = 0; i < value_count(first); i++) {
        const char *key = first->map.members[i].key;
        if (value_get(row, key))
            continue;
        char *shown = key_printable(key);
        problem_add(problems, row->pos,
                    "this row has no '%s', which the first one has; say '%s: "
                    "null' where it is not set",
                    shown, shown);
        free(shown);
    }
    for (size_t i = 0; i < row->map.n; i++) {
        const struct value_member *member = &row->map.members[i];
        if (value_get(first, member->key))
            continue;
        char *shown = key_printable(member->key);
        problem_add(problems, member->pos,
                    "'%s' is not in the first row: all have the same keys",
                    shown);
        free(shown);
    }
}

struct value *rows_of_list(const struct value *list, struct problems *problems)
{
    size_t before = problems->errors;
    const struct value *first = value_at(list, 0);
    if (!first || list->list.n > CSV_ROWS_MAX || value_count(first) == 0 ||
        value_count(first) > CSV_COLUMNS_MAX)
        problem_add(problems, list->pos,
                    "a file of rows is a list of 1 to %d maps of 1 to %d keys "
                    "each",
                    CSV_ROWS_MAX, CSV_COLUMNS_MAX);
    else
        for (size_t i = 0; i < list->list.n; i++)
            check_row(list->list.items[i], first, problems);
    if (problems->errors != before)
        return NULL;
    struct value *columns = value_map();
    columns->pos = list->pos;
    for (size_t c = 0; c < first->map.n; c++) {
        struct value *column = value_list();
        column->pos = first->map.members[c].pos;
        for (size_t i = 0; i < list->list.n; i++)
            value_add(column, value_copy(value_get(list->list.items[i],
                                                   first->map.members[c].key)));
        value_push(columns, first->map.members[c].key, column->pos, column);
    }
    return zip_of(columns);
}
