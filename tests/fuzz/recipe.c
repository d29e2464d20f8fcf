// Any bytes as a recipe: read, checked against the reverse dialect's fields,
// its first cells made. What is accepted must then hold for every cell.

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "data/yaml.h"
#include "fuzz.h"
#include "recipe/recipe.h"
#include "script/expr.h"

#define CELLS 8 // of the front, and as many of the end
#define JSON_BYTES_MAX (256u << 20)

static const struct field_table *reverse_fields(void)
{
    const struct dialect *d = reverse();
    return d->fields(d->ctx, "generate");
}

// What is hashed and sent reads back as it was.
static void check_json(const struct value *v)
{
    struct buf text;
    struct err err;
    buf_init(&text, JSON_BYTES_MAX);
    json_canonical(v, &text);
    MUST(!text.overflow);
    struct value *again = json_read(text.data, text.len, JSON_LENIENT, &err);
    MUST(again);
    struct buf twice;
    buf_init(&twice, JSON_BYTES_MAX);
    json_canonical(again, &twice);
    MUST(twice.len == text.len && !memcmp(twice.data, text.data, text.len));
    value_free(again);
    buf_free(&twice);
    buf_free(&text);
}

// A cell of an accepted recipe can be made, the same each time, and its name
// stays below the outputs' folder.
static void check_cell(const struct recipe *recipe, uint64_t i)
{
    struct cell cell, again;
    struct err err;
    if (!recipe_cell(recipe, i, &cell, &err)) {
        MUST(err.text[0]);
        return;
    }
    MUST(path_is_safe(cell.name));
    MUST(text_is_utf8(cell.name, strlen(cell.name)));
    check_json(cell.request);
    check_json(cell.vars);
    MUST(cell.index == i + 1);
    MUST(recipe_cell(recipe, i, &again, &err));
    MUST(strcmp(cell.name, again.name) == 0);
    MUST(value_equal(cell.request, again.request));
    cell_free(&again);
    cell_free(&cell);
}

static void check_cells(const struct recipe *recipe)
{
    uint64_t n = recipe_cells(recipe);
    MUST(n > 0);
    for (uint64_t i = 0; i < n; i++) {
        if (i == CELLS && n > 2 * CELLS)
            i = n - CELLS;
        check_cell(recipe, i);
    }
}

// The walk gives the same cells, in the same order.
static void check_walk(const struct recipe *recipe)
{
    struct err err;
    struct cell cell, alone;
    bool more = true;
    struct recipe_walk *walk = recipe_walk_new(recipe, NULL, &err);
    MUST(walk && recipe_walk_cells(walk) == recipe_cells(recipe));
    for (uint64_t i = 0; i < CELLS && more; i++) {
        bool made = recipe_walk_next(walk, &cell, &more, &err);
        MUST(more == (i < recipe_cells(recipe)));
        if (!more)
            break;
        MUST(made == recipe_cell(recipe, i, &alone, &err));
        MUST(cell.index == i + 1);
        MUST(!made || (value_equal(cell.request, alone.request) &&
                       strcmp(cell.name, alone.name) == 0));
        if (made)
            cell_free(&alone);
        cell_free(&cell);
    }
    recipe_walk_free(walk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems;
    struct buf said;
    problems_init(&problems, "r.yaml");
    struct value *tree = yaml_read((const char *)data, size, &problems);
    MUST(!tree == (problems.errors > 0));
    if (tree) {
        struct exprs *exprs = exprs_new();
        struct recipe_given given = {.exprs = exprs_table(exprs)};
        struct recipe *recipe = recipe_read(tree, &given, &problems);
        MUST(!recipe == (problems.errors > 0));
        if (recipe) {
            recipe_check(recipe, reverse_fields(), &problems);
            check_cells(recipe);
            check_walk(recipe);
        } else {
            recipe_check_tree(tree, reverse_fields(), &problems);
        }
        recipe_free(recipe);
        exprs_free(exprs);
    }
    value_free(tree);
    buf_init(&said, 1 << 20);
    problems_write(&problems, &said);
    MUST(text_is_utf8(said.data, said.len));
    buf_free(&said);
    problems_free(&problems);
    return 0;
}
