// Any bytes as a file of rows: what is accepted makes a sweep, or is refused
// with words.

#include <string.h>

#include "base/text.h"
#include "data/csv.h"
#include "fuzz.h"
#include "recipe/recipe.h"
#include "recipe/rows.h"

// All columns have a text or null for every row.
static void check_columns(const struct value *columns)
{
    size_t n = columns->map.members[0].value->list.n;
    MUST(n > 0 && n <= CSV_ROWS_MAX);
    MUST(columns->map.n <= CSV_COLUMNS_MAX);
    for (size_t i = 0; i < columns->map.n; i++) {
        const struct value *list = columns->map.members[i].value;
        MUST(columns->map.members[i].key[0]);
        MUST(list->list.n == n);
        for (size_t k = 0; k < n; k++) {
            const struct value *v = list->list.items[k];
            MUST(v->type == VALUE_NULL || v->type == VALUE_STRING);
            MUST(v->pos.line > 0 && v->pos.col > 0 && v->pos.file == 1);
        }
    }
}

static void check_sweep(struct value *columns, struct problems *problems)
{
    struct value *tree = value_map();
    value_set(tree, "tarmac", value_int(1));
    value_set_path(tree, "sweep.rows", rows_of_csv(columns));
    struct recipe *recipe = recipe_read(tree, NULL, problems);
    MUST(!recipe == (problems->errors > 0));
    recipe_free(recipe);
    value_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems;
    struct buf said;
    problems_init(&problems, "r.yaml");
    struct value *columns = csv_read(
        (const char *)data, size, problems_file(&problems, "s.csv"), &problems);
    MUST(!columns == (problems.errors > 0));
    if (columns) {
        check_columns(columns);
        check_sweep(columns, &problems);
    }
    buf_init(&said, 1 << 20);
    problems_write(&problems, &said);
    MUST(text_is_utf8(said.data ? said.data : "", said.len));
    buf_free(&said);
    problems_free(&problems);
    return 0;
}
