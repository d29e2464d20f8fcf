#include "cli/ratings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/ratings_rows.h"
#include "data/json.h"
#include "data/yaml.h"

#define ENDING ".ratings.yaml"
#define SHAPES_MAX 16
#define VALUE_BYTES_MAX (64u << 20) // a value as JSON

// A row, by what it has of the recipe's axes.
struct rated {
    char key[HASH_HEX];
    const struct rating_row *row;
};

// Rows that tell the same columns of a recipe's axes. A row that lacks one,
// which was added to the recipe later, is of all its points.
struct shape {
    bool *tells; // each of ratings->columns
    struct rated *rated;
    size_t n;
};

struct place {
    size_t axis; // of the recipe
    const struct column *column;
    char (*points)[HASH_HEX]; // what they hold
};

struct ratings {
    struct recipe_ratings table;
    const struct recipe *recipe;
    char *none;
    struct value *tree;
    struct rating_row *rows;
    size_t n_rows;
    struct place *columns; // all of them, axis after axis
    size_t n_columns;
    struct shape shapes[SHAPES_MAX];
    size_t n_shapes;
    struct value rating, verdict; // as they were asked for last
};

// --- which cell a row is of

static void hash_value(const struct value *v, char out[HASH_HEX])
{
    struct buf text;
    buf_init(&text, VALUE_BYTES_MAX);
    json_canonical(v, &text);
    hash_bytes(text.data, text.len, out);
    buf_free(&text);
}

static void list_columns(struct ratings *ratings)
{
    const struct recipe *recipe = ratings->recipe;
    size_t n = 0;
    for (size_t a = 0; a < recipe->n_axes; a++)
        n += recipe->axes[a].n_columns;
    ratings->columns = xcalloc(n + 1, sizeof(*ratings->columns));
    for (size_t a = 0; a < recipe->n_axes; a++) {
        const struct axis *axis = &recipe->axes[a];
        for (size_t c = 0; c < axis->n_columns; c++) {
            struct place *place = &ratings->columns[ratings->n_columns++];
            place->axis = a;
            place->column = &axis->columns[c];
            place->points = xcalloc(axis->n_all + 1, sizeof(*place->points));
            for (size_t p = 0; p < axis->n_all; p++)
                hash_value(axis->columns[c].points[p], place->points[p]);
        }
    }
}

static void key_begin(struct hash **hash, const struct ratings *ratings,
                      int take)
{
    // Where the recipe has no takes, a row of any is meant.
    char *text = xasprintf("%d", ratings->recipe->sweep.takes > 1 ? take : 0);
    *hash = hash_new();
    hash_add(*hash, text, strlen(text));
    free(text);
}

static void key_of_row(const struct ratings *ratings, const struct shape *shape,
                       const struct rating_row *row, char key[HASH_HEX])
{
    struct hash *hash;
    key_begin(&hash, ratings, row->take);
    for (size_t i = 0; i < ratings->n_columns; i++) {
        char hex[HASH_HEX];
        if (!shape->tells[i])
            continue;
        hash_value(value_get(row->axes, ratings->columns[i].column->name), hex);
        hash_add(hash, hex, strlen(hex));
    }
    hash_end(hash, key);
}

static void key_of_cell(const struct ratings *ratings,
                        const struct shape *shape, const size_t *points,
                        int take, char key[HASH_HEX])
{
    struct hash *hash;
    key_begin(&hash, ratings, take);
    for (size_t i = 0; i < ratings->n_columns; i++) {
        const struct place *place = &ratings->columns[i];
        if (shape->tells[i])
            hash_add(hash, place->points[points[place->axis]], HASH_HEX - 1);
    }
    hash_end(hash, key);
}

// What `row` has of the recipe's columns; false: nothing. Of a zip group its
// number counts only where its columns are not told: they are what it holds.
static bool look_at(const struct ratings *ratings, const struct rating_row *row,
                    bool *tells)
{
    bool any = ratings->n_columns == 0, whole = false;
    for (size_t i = ratings->n_columns; i-- > 0;) {
        const struct place *place = &ratings->columns[i];
        const struct axis *axis = &ratings->recipe->axes[place->axis];
        bool is_number =
            axis->n_columns > 1 && place->column == &axis->columns[0];
        tells[i] = value_get(row->axes, place->column->name) != NULL &&
                   !(is_number && whole);
        any |= tells[i];
        whole = !is_number && axis->n_columns > 1 && (whole || tells[i]);
        if (place->column == &axis->columns[0])
            whole = false;
    }
    return any;
}

static struct shape *shape_of(struct ratings *ratings, const bool *tells)
{
    size_t bytes = ratings->n_columns * sizeof(*tells);
    for (size_t i = 0; i < ratings->n_shapes; i++) {
        if (memcmp(ratings->shapes[i].tells, tells, bytes) == 0)
            return &ratings->shapes[i];
    }
    if (ratings->n_shapes == SHAPES_MAX)
        return NULL;
    struct shape *shape = &ratings->shapes[ratings->n_shapes++];
    shape->tells = xcalloc(ratings->n_columns + 1, sizeof(*tells));
    memcpy(shape->tells, tells, bytes);
    shape->rated = xcalloc(ratings->n_rows, sizeof(*shape->rated));
    return shape;
}

// Of one cell's the highest rating first, then the first of the file.
static int by_key(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order == 0)
        order = (x->row->rating < y->row->rating) -
                (x->row->rating > y->row->rating);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static bool file_rows(struct ratings *ratings, struct pos pos,
                      struct problems *problems)
{
    bool ok = true;
    bool *tells = xcalloc(ratings->n_columns + 1, sizeof(*tells));
    for (size_t i = 0; ok && i < ratings->n_rows; i++) {
        const struct rating_row *row = &ratings->rows[i];
        if (!look_at(ratings, row, tells))
            continue;
        struct shape *shape = shape_of(ratings, tells);
        ok = shape != NULL;
        if (!ok)
            problem_add(problems, pos,
                        "the cells tell more than %d different sets of the "
                        "recipe's axes",
                        SHAPES_MAX);
        if (!ok)
            break;
        struct rated *rated = &shape->rated[shape->n++];
        rated->row = row;
        key_of_row(ratings, shape, row, rated->key);
    }
    for (size_t i = 0; i < ratings->n_shapes; i++)
        qsort(ratings->shapes[i].rated, ratings->shapes[i].n,
              sizeof(struct rated), by_key);
    free(tells);
    return ok;
}

// --- asking

// The first row of `key`, or NULL.
static const struct rating_row *find(const struct shape *shape, const char *key)
{
    size_t low = 0, high = shape->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(shape->rated[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < shape->n && strcmp(shape->rated[low].key, key) == 0)
        return shape->rated[low].row;
    return NULL;
}

static const struct value *get(const void *ctx, const char *name,
                               const size_t *points, int take)
{
    struct ratings *ratings = (struct ratings *)ctx;
    const struct rating_row *best = NULL;
    for (size_t i = 0; i < ratings->n_shapes; i++) {
        char key[HASH_HEX];
        const struct shape *shape = &ratings->shapes[i];
        key_of_cell(ratings, shape, points, take, key);
        const struct rating_row *row = find(shape, key);
        if (row && (!best || row->rating > best->rating))
            best = row;
    }
    const char *verdict = best ? best->verdict : "";
    ratings->rating =
        (struct value){.type = VALUE_INT, .integer = best ? best->rating : 0};
    ratings->verdict = (struct value){
        .type = VALUE_STRING, .string = {(char *)verdict, strlen(verdict)}};
    return strcmp(name, "rating") == 0 ? &ratings->rating : &ratings->verdict;
}

const struct recipe_ratings *ratings_table(const struct ratings *ratings)
{
    return ratings ? &ratings->table : NULL;
}

void ratings_free(struct ratings *ratings)
{
    if (!ratings)
        return;
    for (size_t i = 0; i < ratings->n_shapes; i++) {
        free(ratings->shapes[i].tells);
        free(ratings->shapes[i].rated);
    }
    for (size_t i = 0; i < ratings->n_columns; i++)
        free(ratings->columns[i].points);
    free(ratings->columns);
    free(ratings->rows);
    free(ratings->none);
    value_free(ratings->tree);
    free(ratings);
}

// --- reading

static struct value *read_tree(const char *path, int file,
                               struct problems *problems, struct err *err)
{
    size_t len;
    char *text = file_read(path, YAML_LARGE * YAML_BYTES_MAX, &len, err);
    struct value *tree =
        text ? yaml_read_large(text, len, file, problems) : NULL;
    if (!text)
        err->kind = ERR_RECIPE;
    free(text);
    return tree;
}

bool ratings_are_named_so(const char *file)
{
    return text_stem(path_base(file), ENDING) > 0;
}

bool ratings_check(const char *file, struct problems *problems, struct err *err)
{
    size_t n;
    err->kind = ERR_NONE;
    struct value *tree = read_tree(file, 0, problems, err);
    struct rating_row *rows = tree ? ratings_rows(tree, &n, problems) : NULL;
    bool ok = rows != NULL;
    free(rows);
    value_free(tree);
    return ok;
}

static void say_whose(const struct ratings *ratings, struct problems *problems)
{
    const struct value *v = value_get(ratings->tree, "recipe");
    const char *name = value_text(v);
    if (!name || strcmp(name, ratings->recipe->name) == 0)
        return;
    char *shown = text_printable(name, strlen(name), 60);
    problem_warn(problems, v->pos, "these are ratings of %s, not of %s", shown,
                 ratings->recipe->name);
    free(shown);
}

static bool read_file(struct ratings *ratings, const char *path,
                      struct problems *problems, struct err *err)
{
    struct pos pos = {.file = problems_file(problems, path)};
    ratings->tree = read_tree(path, pos.file, problems, err);
    if (!ratings->tree)
        return false;
    ratings->rows = ratings_rows(ratings->tree, &ratings->n_rows, problems);
    if (!ratings->rows)
        return false;
    say_whose(ratings, problems);
    list_columns(ratings);
    return file_rows(ratings, pos, problems);
}

// Whether the recipe has this name itself.
static bool is_own(const struct recipe *recipe, const char *name)
{
    for (size_t a = 0; a < recipe->n_axes; a++) {
        for (size_t c = 0; c < recipe->axes[a].n_columns; c++) {
            if (strcmp(recipe->axes[a].columns[c].name, name) == 0)
                return true;
        }
    }
    return value_get(recipe->params, name) ||
           value_get(recipe->request, name) != NULL;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

// Whether `text` has `name` as a word. In a string it is none; what that costs
// is a file that is read in vain.
static bool has_word(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        bool begins = at == text || (!is_letter(at[-1]) && at[-1] != '.');
        if (begins && !is_letter(at[len]))
            return true;
    }
    return false;
}

static bool is_asked_for(const struct options *options,
                         const struct recipe *recipe, struct problems *problems)
{
    static const char *const names[] = {"rating", "verdict"};
    bool asked = false;
    for (size_t i = 0; options->only && i < 2; i++) {
        if (!has_word(options->only, names[i]))
            continue;
        if (!is_own(recipe, names[i]))
            asked = true;
        else if (options->ratings)
            problem_warn(problems, (struct pos){0},
                         "'%s' is the recipe's own: --ratings does not set it",
                         names[i]);
    }
    return asked || options->ratings;
}

static char *say_none(const char *path)
{
    if (path)
        return xasprintf("no ratings: export them from the report's page as "
                         "%s, or name them with --ratings FILE",
                         path);
    return xstrdup("no ratings: name them with --ratings FILE");
}

bool ratings_read(const struct options *options, const struct recipe *recipe,
                  const char *file, struct ratings **ratings,
                  struct problems *problems, struct err *err)
{
    *ratings = NULL;
    // All cells would be bought where a few are meant.
    if (options->ratings && !options->only)
        return err_set(err, ERR_USAGE,
                       "--ratings is for --only, such as --only 'rating >= 4'");
    if (!is_asked_for(options, recipe, problems))
        return true;
    char *path = options->ratings ? xstrdup(options->ratings)
                 : file           ? load_beside(file, ENDING)
                                  : NULL;
    struct ratings *read = xcalloc(1, sizeof(*read));
    *ratings = read;
    read->recipe = recipe;
    bool ok = true;
    if (options->ratings || (path && path_exists(path)))
        ok = read_file(read, path, problems, err);
    else
        read->none = say_none(path);
    read->table = (struct recipe_ratings){read, get, read->none};
    free(path);
    return ok;
}
