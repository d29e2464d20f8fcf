// The value tree: what YAML, JSON and Lua tables become, the one thing that
// crosses between rooms. A tree owns its children; a parent frees them.
//
//     struct value *m = value_map();
//     value_set(m, "seconds", value_int(5));
//     const struct value *v = value_get(m, "seconds");
//     value_free(m);

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_REAL, // finite
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
};

struct pos {
    int line, col; // from 1; 0: not from a file
    int file;      // which of several, see problems_file(); 0: the first
};

struct value {
    enum value_type type;
    struct pos pos;
    union {
        bool boolean;
        int64_t integer;
        double real;
        struct {
            char *bytes; // `len` bytes and a NUL; may hold NUL bytes inside;
                         // in the same block as the value
            size_t len;
        } string;
        struct {
            struct value **items;
            size_t n, cap;
        } list;
        struct {
            struct value_member *members; // in order of insertion
            size_t n, cap;
        } map;
    };
};

struct value_member {
    char *key; // no NUL inside
    struct pos pos;
    struct value *value;
};

struct value *value_null(void);
struct value *value_bool(bool b);
struct value *value_int(int64_t i);
struct value *value_real(double r); // must be finite
struct value *value_str(const char *s);
struct value *value_strn(const char *s, size_t len);
struct value *value_list(void);
struct value *value_map(void);
struct value *value_copy(const struct value *v);
void value_free(struct value *v); // NULL is fine
// Of `v`, and of all that is in it.
void value_set_pos(struct value *v, struct pos pos);

void value_add(struct value *list, struct value *item); // takes `item`
// Set or replace; takes `item`, copies `key`. Returns `item`.
struct value *value_set(struct value *map, const char *key, struct value *item);
// The same of a text; NULL is left out.
void value_set_text(struct value *map, const char *key, const char *text);
// The same for a reader that looks for duplicates itself: `key` is not looked
// up, so that a large map is not built in quadratic time.
void value_push(struct value *map, const char *key, struct pos pos,
                struct value *item);
// A copy of a member of another map, position and all, instead of the one of
// its key.
void value_put(struct value *map, const struct value_member *from);
bool value_remove(struct value *map, const char *key);

// Dotted: "motion.x" makes the map "motion" when missing (or not a map). Takes
// and returns `item`.
struct value *value_set_path(struct value *map, const char *path,
                             struct value *item);
const struct value *value_get_path(const struct value *map, const char *path);

// NULL when `map` is not a map, or has no such key.
const struct value *value_get(const struct value *map, const char *key);
// The map that stands there; NULL when none does. To write into, where `map`
// is.
struct value *value_get_map(const struct value *map, const char *key);
const struct value *value_at(const struct value *list, size_t i); // or NULL
size_t value_count(const struct value *v); // of a list or map; else 0

// The members of `map` by the bytes of their keys, equal keys in order of
// insertion; value_count() of them. The array is the caller's, what it points
// at is not.
const struct value_member **value_sorted(const struct value *map);

// Readers that never fail: NULL or `fallback` where the type is another one.
const char *value_text(const struct value *v); // NULL unless a string w/o NUL
bool value_number(const struct value *v, double *out); // INT or REAL
int64_t value_integer(const struct value *v, int64_t fallback);
bool value_truth(const struct value *v, bool fallback);
const char *value_get_text(const struct value *map, const char *key);

// Same type and content, INT and REAL of the same number included; the order
// of a map's keys does not matter.
bool value_equal(const struct value *a, const struct value *b);

const char *value_type_name(enum value_type type); // "a string", "a list" …
