#include "cli/ratings_rows.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/ratings.h"
#include "recipe/keys.h"
#include "recipe/recipe.h"

static const struct key file_keys[] = {
    {"tarmac_ratings", KEY_ANY},
    {"recipe", KEY_ANY},
    {"cells", KEY_ANY},
};
static const struct key_set keys_of_file = {
    .where = "",
    .keys = file_keys,
    .n = sizeof(file_keys) / sizeof(*file_keys),
};

static const struct key row_keys[] = {
    {"name", KEY_ANY},   {"axes", KEY_MAP},    {"take", KEY_ANY},
    {"rating", KEY_ANY}, {"verdict", KEY_ANY}, {"note", KEY_ANY},
};
static const struct key_set keys_of_row = {
    .where = " of a rated cell",
    .keys = row_keys,
    .n = sizeof(row_keys) / sizeof(*row_keys),
};

// A whole number of `row`, `*out` where it is not there.
static void read_whole(const struct value *row, const char *key, int min,
                       int max, int *out, struct problems *problems)
{
    const struct value *v = value_get(row, key);
    if (!v)
        return;
    if (v->type == VALUE_INT && v->integer >= min && v->integer <= max) {
        *out = (int)v->integer;
        return;
    }
    char *found = key_shown(v);
    problem_add(problems, v->pos,
                "'%s' takes a whole number from %d to %d, found %s", key, min,
                max, found);
    free(found);
}

static const char *read_verdict(const struct value *row,
                                struct problems *problems)
{
    static const char *const verdicts[] = {"", "keep", "reject"};
    const struct value *v = value_get(row, "verdict");
    const char *text = value_text(v);
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
        if (text && strcmp(text, verdicts[i]) == 0)
            return verdicts[i];
    }
    if (v) {
        char *found = key_shown(v);
        problem_add(problems, v->pos,
                    "'verdict' takes \"keep\", \"reject\" or \"\", found %s",
                    found);
        free(found);
    }
    return "";
}

static void read_row(const struct value *v, struct rating_row *row,
                     struct problems *problems)
{
    *row = (struct rating_row){.take = 1, .verdict = ""};
    if (!keys_check(v, &keys_of_row, problems))
        return;
    row->axes = value_get(v, "axes");
    if (!row->axes)
        problem_add(problems, v->pos,
                    "'axes' is missing: it says which cell is rated");
    read_whole(v, "take", 1, RECIPE_TAKES_MAX, &row->take, problems);
    read_whole(v, "rating", 0, RATINGS_MOST, &row->rating, problems);
    row->verdict = read_verdict(v, problems);
}

// Whether it is a file of ratings at all, and not a newer one.
static bool check_format(const struct value *tree, struct problems *problems)
{
    const struct value *v = value_get(tree, "tarmac_ratings");
    if (!v) {
        problem_add(problems, tree->pos,
                    "these are no ratings: 'tarmac_ratings: %d' is missing",
                    RATINGS_FORMAT);
        return false;
    }
    if (v->type == VALUE_INT && v->integer == RATINGS_FORMAT)
        return true;
    char *found = key_shown(v);
    if (v->type == VALUE_INT && v->integer > RATINGS_FORMAT)
        problem_add(problems, v->pos,
                    "ratings of format %s, which a newer tarmac wrote; this "
                    "one reads format %d",
                    found, RATINGS_FORMAT);
    else
        problem_add(problems, v->pos, "'tarmac_ratings' takes %d, found %s",
                    RATINGS_FORMAT, found);
    free(found);
    return false;
}

struct rating_row *ratings_rows(const struct value *tree, size_t *n,
                                struct problems *problems)
{
    size_t before = problems->errors;
    *n = 0;
    if (!check_format(tree, problems) ||
        !keys_check(tree, &keys_of_file, problems))
        return NULL;
    const struct value *cells = value_get(tree, "cells");
    if (cells && cells->type != VALUE_LIST && cells->type != VALUE_NULL) {
        char *found = key_shown(cells);
        problem_add(problems, cells->pos,
                    "'cells' takes a list of rated cells, found %s", found);
        free(found);
    }
    size_t count = value_count(cells);
    struct rating_row *rows = xcalloc(count + 1, sizeof(*rows));
    if (cells && cells->type == VALUE_LIST) {
        for (; *n < count; ++*n)
            read_row(cells->list.items[*n], &rows[*n], problems);
    }
    if (problems->errors == before)
        return rows;
    free(rows);
    return NULL;
}
