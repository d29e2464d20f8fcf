// A lock that somebody hands us: every mistake with its place.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "report/lock_inside.h"

#define FILES_MAX 1000
#define SHOWN_MAX 60

static const char *const keys_of_lock[] = {"tarmac_lock", "recipe", "given",
                                           "cells"};
static const char *const keys_of_entry[] = {"output",  "file",        "gateway",
                                            "dialect", "fingerprint", "task_id",
                                            "failed",  "sha256"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check_keys(const struct value *map, const char *const *known,
                       size_t n, struct problems *problems)
{
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_member *m = &map->map.members[i];
        bool found = false;
        for (size_t k = 0; k < n && !found; k++)
            found = strcmp(m->key, known[k]) == 0;
        if (found)
            continue;
        const char *near = text_nearest(m->key, known, n);
        char *shown = text_printable(m->key, strlen(m->key), SHOWN_MAX);
        problem_add(problems, m->pos, "unknown key '%s'%s%s%s", shown,
                    near ? " (did you mean '" : "", near ? near : "",
                    near ? "'?)" : "");
        free(shown);
    }
}

// --- entries
static void want(const struct value *map, const char *key, const char *what,
                 struct problems *problems)
{
    const struct value *v = value_get(map, key);
    problem_add(problems, v ? v->pos : map->pos, "'%s' is %s%s", key, what,
                v ? "" : ", and it is missing");
}

// A text, or NULL: where it must be there, or is another thing, a problem.
static const char *text_of(const struct value *map, const char *key, bool must,
                           struct problems *problems)
{
    const struct value *v = value_get(map, key);
    const char *text = value_text(v);
    bool good = text && lock_takes(text);
    if ((v || must) && !good)
        want(map, key, "a text on one line", problems);
    return good ? text : NULL;
}

static const char *hash_of(const struct value *map, const char *key, bool must,
                           struct problems *problems)
{
    const struct value *v = value_get(map, key);
    const char *text = value_text(v);
    bool good = text && hash_is_hex(text);
    if ((v || must) && !good)
        want(map, key, "64 hex digits", problems);
    return good ? text : NULL;
}

static bool read_entry(const struct value *map, struct lock_entry *e,
                       struct problems *problems)
{
    size_t errors = problems->errors;
    if (map->type != VALUE_MAP) {
        problem_add(problems, map->pos,
                    "a cell's entry is a map, and this is %s",
                    value_type_name(map->type));
        return false;
    }
    check_keys(map, keys_of_entry, COUNT(keys_of_entry), problems);
    int64_t file = value_integer(value_get(map, "file"), 1);
    if (file < 1 || file > FILES_MAX)
        want(map, "file", "a number from 1", problems);
    *e = (struct lock_entry){
        .output = text_of(map, "output", false, problems),
        .gateway = text_of(map, "gateway", true, problems),
        .dialect = text_of(map, "dialect", true, problems),
        .fingerprint = hash_of(map, "fingerprint", true, problems),
        .task_id = text_of(map, "task_id", false, problems),
        .file = (int)file,
        .sha256 = hash_of(map, "sha256", false, problems),
        .failed = text_of(map, "failed", false, problems),
    };
    if (problems->errors == errors && !e->task_id && !e->failed)
        problem_add(problems, map->pos,
                    "'task_id' is missing: which task is it?");
    return problems->errors == errors;
}

static bool same(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

// One purchase is one task, wherever it stands; one output is one file.
static void check_twice(const struct lock *lock, const struct lock_entry *e,
                        struct pos pos, struct problems *problems)
{
    const struct lock_entry *other = lock_find(lock, e->fingerprint);
    if (other &&
        (!same(other->task_id, e->task_id) || !same(other->failed, e->failed) ||
         !same(other->gateway, e->gateway)))
        problem_add(problems, pos,
                    "purchase %.12s stands here twice, and not the same",
                    e->fingerprint);
    const struct lock_cell *cell = lock->current;
    for (size_t i = 0; cell && e->output && i < cell->n; i++) {
        const struct lock_entry *have = cell->entries[i];
        if (!same(have->output, e->output) || have->file != e->file)
            continue;
        problem_add(problems, pos, "this cell has two of this output");
        return;
    }
}

static void read_cell(struct lock *lock, const struct value_member *m,
                      struct problems *problems)
{
    if (m->value->type != VALUE_LIST) {
        problem_add(problems, m->value->pos,
                    "a cell is a list of entries, and this is %s",
                    value_type_name(m->value->type));
        return;
    }
    if (!lock_takes(m->key))
        problem_add(problems, m->pos, "a cell's name has no such characters");
    lock_add_cell(lock, m->key);
    for (size_t i = 0; i < value_count(m->value); i++) {
        const struct value *map = value_at(m->value, i);
        struct lock_entry e;
        if (!read_entry(map, &e, problems))
            continue;
        check_twice(lock, &e, map->pos, problems);
        lock_add(lock, &e);
    }
}

// --- the file
static bool check_format(const struct value *tree, struct problems *problems)
{
    const struct value *v = value_get(tree, "tarmac_lock");
    struct pos pos = v ? v->pos : tree->pos;
    if (!v)
        problem_add(problems, pos,
                    "this is no lock: it has no 'tarmac_lock: %d'",
                    LOCK_FORMAT);
    else if (v->type != VALUE_INT || v->integer < 1)
        problem_add(problems, pos, "'tarmac_lock' is the number %d",
                    LOCK_FORMAT);
    else if (v->integer > LOCK_FORMAT)
        problem_add(problems, pos,
                    "this lock has format %lld, and this tarmac reads %d: a "
                    "newer tarmac wrote it",
                    (long long)v->integer, LOCK_FORMAT);
    else
        return true;
    return false;
}

static void check_given(const struct value *given, struct problems *problems)
{
    if (given && given->type != VALUE_LIST)
        problem_add(problems, given->pos, "'given' is a list of texts");
    for (size_t i = 0; given && i < value_count(given); i++)
        if (!value_text(value_at(given, i)))
            problem_add(problems, value_at(given, i)->pos,
                        "'given' is a list of texts");
}

static struct lock *read_tree(const struct value *tree,
                              struct problems *problems)
{
    if (!check_format(tree, problems))
        return NULL;
    const struct value *given = value_get(tree, "given");
    const struct value *cells = value_get(tree, "cells");
    const char *recipe = text_of(tree, "recipe", true, problems);
    check_keys(tree, keys_of_lock, COUNT(keys_of_lock), problems);
    check_given(given, problems);
    if (!cells || cells->type != VALUE_MAP)
        want(tree, "cells", "a map of cells", problems);
    if (problems->errors > 0)
        return NULL;
    struct lock *lock = lock_new(recipe, given);
    for (size_t i = 0; i < value_count(cells); i++)
        read_cell(lock, &cells->map.members[i], problems);
    if (problems->errors == 0)
        return lock;
    lock_free(lock);
    return NULL;
}

struct lock *lock_read(const char *text, size_t len, struct problems *problems)
{
    struct value *tree = yaml_read(text, len, problems);
    if (!tree)
        return NULL;
    struct lock *lock = NULL;
    if (tree->type == VALUE_MAP)
        lock = read_tree(tree, problems);
    else
        problem_add(problems, tree->pos, "a lock is a map, and this is %s",
                    value_type_name(tree->type));
    value_free(tree);
    return lock;
}
