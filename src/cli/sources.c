#include "cli/sources.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/yaml.h"
#include "engine/files.h"
#include "recipe/defaults.h"
#include "recipe/include.h"
#include "recipe/keys.h"
#include "recipe/override.h"
#include "recipe/param.h"
#include "recipe/rows.h"

#define ROWS_BYTES_MAX CSV_BYTES_MAX // of all files of rows together

// Reads files below the recipe's folder, and of all others only `files`.
struct reader {
    const char *file, *dir; // of the recipe: as it was typed, and its folder
    const char *const *files;
    size_t left; // bytes that may still be read
    size_t n;    // files that were
    bool stop;   // there would be no end
    struct problems *problems;
    char *chain[INCLUDE_DEPTH_MAX + 1]; // real paths, from the recipe on
};

static bool is_listed(const char *const *files, const char *path)
{
    for (; files && *files; files++) {
        if (strcmp(*files, path) == 0)
            return true;
    }
    return false;
}

static bool is_elsewhere(const char *name)
{
    return strstr(name, "://") || text_starts(name, "data:");
}

// `name` as the user would have to type it here; owned.
static char *typed(const struct reader *reader, const char *name)
{
    char *dir = path_dir(reader->file);
    char *path = strcmp(dir, ".") == 0 ? xstrdup(name) : path_join(dir, name);
    free(dir);
    return path;
}

// The path to read `at` by, a text: real, or as it was listed. NULL after a
// problem.
static char *find(const struct reader *reader, const char *what,
                  const struct value *at, const char *name)
{
    struct err err;
    char *path = NULL;
    if (is_listed(reader->files, name))
        return xstrdup(name);
    if (!path_below(reader->dir, name, &path, &err))
        problem_add(reader->problems, at->pos, "'%s': %s%s", what, err.text,
                    reader->files ? "; " FILES_ELSEWHERE : "");
    else if (!path)
        problem_add(reader->problems, at->pos,
                    "'%s': there is no %s beside the recipe", what, name);
    return path;
}

// Its bytes; NULL after a problem at `at`.
static char *read_bytes(struct reader *reader, const char *what,
                        const struct value *at, const char *path, size_t *len)
{
    struct err err;
    char *bytes = file_read(path, reader->left, len, &err);
    if (!bytes)
        problem_add(reader->problems, at->pos, "'%s': %s", what, err.text);
    else
        reader->left -= *len;
    return bytes;
}

// --- include

static bool include_all(struct reader *reader, const struct value *tree,
                        int depth, struct value *base);

static const char *include_fault(struct reader *reader, int depth,
                                 const char *path)
{
    for (int i = 0; i <= depth; i++) {
        if (reader->chain[i] && strcmp(reader->chain[i], path) == 0)
            return "it includes itself";
    }
    reader->stop = depth == INCLUDE_DEPTH_MAX || reader->n == INCLUDE_FILES_MAX;
    return !reader->stop ? NULL
           : depth == INCLUDE_DEPTH_MAX
               ? "more than 8 files deep"
               : "more than 32 files, each counted as often as it is included";
}

// What the file at `path` holds, with what it includes, over `base`.
static bool include_part(struct reader *reader, const struct value *at,
                         const struct value *part, int depth,
                         struct value *base)
{
    if (!include_check_part(part, reader->problems) ||
        !include_check(part, reader->problems) ||
        !include_all(reader, part, depth, base))
        return false;
    if (include_merge(base, part))
        return true;
    problem_add(reader->problems, at->pos,
                "'include': too large: more than %d values with what is "
                "included before, or %d keys in a map",
                YAML_NODES_MAX, INCLUDE_KEYS_MAX);
    reader->stop = true;
    return false;
}

static bool include_one(struct reader *reader, const struct value *at,
                        int depth, struct value *base)
{
    const char *name = value_text(at);
    char *path = find(reader, "include", at, name);
    if (!path)
        return false;
    const char *fault = include_fault(reader, depth, path);
    if (fault)
        problem_add(reader->problems, at->pos, "'include': %s: %s", name,
                    fault);
    size_t len = 0;
    char *text = fault ? NULL : read_bytes(reader, "include", at, path, &len);
    char *shown = typed(reader, name);
    struct value *part =
        text ? yaml_read_file(text, len, problems_file(reader->problems, shown),
                              reader->problems)
             : NULL;
    free(shown);
    free(text);
    bool ok = false;
    if (part) {
        reader->n++;
        reader->chain[depth + 1] = path;
        ok = include_part(reader, at, part, depth + 1, base);
        reader->chain[depth + 1] = NULL;
    }
    value_free(part);
    free(path);
    return ok;
}

static bool include_all(struct reader *reader, const struct value *tree,
                        int depth, struct value *base)
{
    bool ok = true;
    for (size_t i = 0; i < include_count(tree); i++) {
        ok = include_one(reader, include_at(tree, i), depth, base) && ok;
        if (reader->stop || reader->problems->more > 0)
            return false;
    }
    return ok;
}

bool sources_include(struct value **tree, const char *file, const char *dir,
                     struct problems *problems)
{
    if ((*tree)->type != VALUE_MAP || !value_get(*tree, "include"))
        return true;
    if (!include_check(*tree, problems))
        return false;
    struct reader reader = {
        .file = file,
        .dir = dir,
        .left = YAML_BYTES_MAX,
        .problems = problems,
        .chain = {realpath(file, NULL)},
    };
    struct value *base = value_map();
    base->pos = (*tree)->pos;
    bool ok = include_all(&reader, *tree, 0, base);
    if (ok && !include_merge(base, *tree)) {
        problem_add(problems, value_get(*tree, "include")->pos,
                    "'include': too large: more than %d values in all, or %d "
                    "keys in a map",
                    YAML_NODES_MAX, INCLUDE_KEYS_MAX);
        ok = false;
    }
    if (ok) {
        value_free(*tree);
        *tree = base;
    } else {
        value_free(base);
    }
    free(reader.chain[0]);
    return ok;
}

// --- the command line

static void add_param(struct sources *sources, struct recipe_param param)
{
    sources->params = xreallocarray(sources->params, sources->n_params + 1,
                                    sizeof(*sources->params));
    sources->params[sources->n_params++] = param;
}

static void keep_name(struct sources *sources, const char *name)
{
    sources->names = xreallocarray(sources->names, sources->n_names + 1,
                                   sizeof(*sources->names));
    sources->names[sources->n_names++] = (char *)name;
}

static bool names_gateway(const char *word)
{
    const char *name = word + (word[0] == '~');
    char *first = xstrndup(name, strcspn(name, ".="));
    bool is = strcmp(first, "gateway") == 0 || strcmp(first, "gateways") == 0;
    free(first);
    return is;
}

// The words behind the recipe: those of gateways, or the others. Returns the
// command line's number among the files; 0: there were none.
static int read_words(struct value *tree, const struct options *options,
                      bool gateways, struct sources *sources,
                      struct problems *problems)
{
    int file = 0;
    for (size_t i = 1; i < options->n_words; i++) {
        const char *word = options->words[i];
        struct recipe_param param;
        if (!override_is(word) || names_gateway(word) != gateways)
            continue;
        file = problems_file(problems, "command line");
        if (override_apply(tree, word, file, &param, problems) !=
            OVERRIDE_PARAM)
            continue;
        keep_name(sources, param.name);
        add_param(sources, param);
    }
    return file;
}

// The gateway's defaults lie below what the command line says, and it says
// which gateway that is.
static int read_given(struct value *tree, const struct options *options,
                      struct sources *sources, struct problems *problems)
{
    for (size_t i = 0; i < options->n_params; i++)
        add_param(sources, options->params[i]);
    read_words(tree, options, true, sources, problems);
    const char *gateway = value_get_text(tree, "gateway");
    defaults_apply(tree, options->gateway ? options->gateway
                         : gateway        ? gateway
                                          : "local");
    return read_words(tree, options, false, sources, problems);
}

// A file that was given lies where the user is, not beside the recipe.
static void read_files(const struct value *tree, struct sources *sources)
{
    sources->files = xcalloc(sources->n_params + 1, sizeof(char *));
    for (size_t i = 0; i < sources->n_params; i++) {
        struct recipe_param *param = &sources->params[i];
        if (!param_is_file(tree, param->name) || !*param->value ||
            is_elsewhere(param->value))
            continue;
        char *path = path_absolute(param->value);
        sources->files[sources->n_files++] = path;
        param->value = path;
    }
}

void sources_check_file(const char *dir, const char *const *files,
                        const char *field, const struct value *v,
                        struct problems *problems)
{
    const char *name = value_text(v);
    bool given = name && is_listed(files, name);
    if (!name || is_elsewhere(name) || (!given && strstr(name, "${")))
        return;
    struct err err;
    char *path = NULL;
    if (given)
        path = realpath(name, NULL);
    else if (!path_below(dir, name, &path, &err)) {
        problem_add(problems, v->pos, "'%s': %s; %s", field, err.text,
                    files ? FILES_ELSEWHERE : "put a copy there");
        return;
    }
    int fd = path ? file_open(path, NULL, &err) : -1;
    if (!path && given)
        problem_add(problems, v->pos, "'%s': there is no %s", field, name);
    else if (!path)
        problem_add(problems, v->pos,
                    "'%s': there is no %s beside the recipe; a file lies "
                    "there or below, or is a URL",
                    field, name);
    else if (fd < 0)
        problem_add(problems, v->pos, "'%s': %s", field, err.text);
    if (fd >= 0)
        close(fd);
    free(path);
}

// --- files of rows

// The text that `file: "${name}"` stands for; NULL after a problem.
static const char *param_text(const struct value *tree, const struct value *at,
                              const struct sources *sources,
                              struct problems *problems)
{
    const char *text = value_text(at), *value = NULL;
    size_t len = strlen(text);
    char *name = NULL;
    if (len > 3 && text_starts(text, "${") && text[len - 1] == '}')
        name = xstrndup(text + 2, len - 3);
    const struct value *params = value_get(tree, "params");
    const struct value *entry = name ? value_get(params, name) : NULL;
    if (entry)
        value = value_text(
            entry->type == VALUE_MAP ? value_get(entry, "default") : entry);
    for (size_t i = 0; entry && i < sources->n_params; i++) {
        if (strcmp(sources->params[i].name, name) == 0)
            value = sources->params[i].value;
    }
    if (!value || strstr(value, "${"))
        problem_add(problems, at->pos,
                    "'file' takes a path, or one param as in \"${shots}\", "
                    "found \"%s\"",
                    text);
    free(name);
    return value && !strstr(value, "${") ? value : NULL;
}

static bool ends(const char *name, const char *with)
{
    size_t len = strlen(name), n = strlen(with);
    return len > n && strcasecmp(name + len - n, with) == 0;
}

// The group that the bytes of a file hold; NULL after a problem.
static struct value *parse(const char *name, const char *bytes, size_t len,
                           int file, struct problems *problems)
{
    struct value *zip = NULL;
    if (ends(name, ".csv")) {
        struct value *columns = csv_read(bytes, len, file, problems);
        return columns ? rows_of_csv(columns) : NULL;
    }
    struct value *list = yaml_read_file(bytes, len, file, problems);
    if (list)
        zip = rows_of_list(list, problems);
    value_free(list);
    return zip;
}

static struct value *read_rows(struct reader *reader, const struct value *at,
                               const char *name)
{
    char *path = NULL;
    if (!ends(name, ".csv") && !ends(name, ".yaml") && !ends(name, ".yml"))
        problem_add(reader->problems, at->pos,
                    "'file': rows stand in a .csv or a .yaml file, found %s",
                    name);
    else
        path = find(reader, "file", at, name);
    size_t len = 0;
    char *bytes = path ? read_bytes(reader, "file", at, path, &len) : NULL;
    char *shown = typed(reader, name);
    struct value *zip =
        bytes ? parse(name, bytes, len, problems_file(reader->problems, shown),
                      reader->problems)
              : NULL;
    free(shown);
    free(bytes);
    free(path);
    return zip;
}

static void read_axis(struct reader *reader, const struct value *tree,
                      const struct sources *sources, struct value_member *axis)
{
    const struct value *at = rows_file(axis->value);
    const char *text = value_text(at);
    if (!text || axis->value->map.n > 1) {
        problem_add(reader->problems, axis->value->pos,
                    "a file of rows is {file: shots.csv}, and nothing beside "
                    "it");
        return;
    }
    const char *name = strstr(text, "${")
                           ? param_text(tree, at, sources, reader->problems)
                           : text;
    struct value *zip = name ? read_rows(reader, at, name) : NULL;
    if (!zip)
        return;
    struct pos pos = axis->value->pos;
    value_free(axis->value);
    axis->value = zip;
    zip->pos = pos;
}

static bool read_axes(struct value *tree, const char *file, const char *dir,
                      const struct sources *sources, struct problems *problems)
{
    size_t before = problems->errors;
    const struct value *sweep = value_get(tree, "sweep");
    struct reader reader = {
        .file = file,
        .dir = dir,
        .files = (const char *const *)sources->files,
        .left = ROWS_BYTES_MAX,
        .problems = problems,
    };
    for (size_t i = 0; i < value_count(sweep) && sweep->type == VALUE_MAP;
         i++) {
        if (rows_file(sweep->map.members[i].value))
            read_axis(&reader, tree, sources, &sweep->map.members[i]);
    }
    return problems->errors == before;
}

bool sources_read(struct value **tree, const char *file, const char *dir,
                  const struct options *options, struct sources *sources,
                  struct problems *problems)
{
    *sources = (struct sources){0};
    if (!sources_include(tree, file, dir, problems))
        return false;
    if ((*tree)->type != VALUE_MAP)
        return true; // which is said where it is read
    int words = read_given(*tree, options, sources, problems);
    read_files(*tree, sources);
    // A wrong word hides nothing, but without its rows no axis means anything.
    bool whole = read_axes(*tree, file, dir, sources, problems);
    if (whole && words)
        override_check(*tree, words, problems);
    sources->no_rows = !whole;
    return whole;
}

void sources_free(struct sources *sources)
{
    for (size_t i = 0; i < sources->n_files; i++)
        free(sources->files[i]);
    for (size_t i = 0; i < sources->n_names; i++)
        free(sources->names[i]);
    free(sources->files);
    free(sources->names);
    free(sources->params);
    *sources = (struct sources){0};
}
