#include "data/value.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct value *make(enum value_type type)
{
    struct value *v = xcalloc(1, sizeof(*v));
    v->type = type;
    return v;
}

struct value *value_null(void)
{
    return make(VALUE_NULL);
}

struct value *value_bool(bool b)
{
    struct value *v = make(VALUE_BOOL);
    v->boolean = b;
    return v;
}

struct value *value_int(int64_t i)
{
    struct value *v = make(VALUE_INT);
    v->integer = i;
    return v;
}

struct value *value_real(double r)
{
    assert(isfinite(r));
    struct value *v = make(VALUE_REAL);
    v->real = r;
    return v;
}

struct value *value_str(const char *s)
{
    return value_strn(s, strlen(s));
}

struct value *value_strn(const char *s, size_t len)
{
    // Its bytes stand behind it: texts are most of what is made and freed.
    struct value *v = xmalloc(sizeof(*v) + len + 1);
    *v = (struct value){.type = VALUE_STRING};
    v->string.bytes = (char *)(v + 1);
    if (len > 0)
        memcpy(v->string.bytes, s, len);
    v->string.bytes[len] = '\0';
    v->string.len = len;
    return v;
}

struct value *value_list(void)
{
    return make(VALUE_LIST);
}

struct value *value_map(void)
{
    return make(VALUE_MAP);
}

static struct value *copy_list(const struct value *v)
{
    struct value *copy = value_list();
    for (size_t i = 0; i < v->list.n; i++)
        value_add(copy, value_copy(v->list.items[i]));
    return copy;
}

static struct value *copy_map(const struct value *v)
{
    struct value *copy = value_map();
    copy->map.cap = v->map.n; // a copy seldom grows
    copy->map.members =
        v->map.n ? xreallocarray(NULL, v->map.n, sizeof(*copy->map.members))
                 : NULL;
    for (size_t i = 0; i < v->map.n; i++) {
        const struct value_member *m = &v->map.members[i];
        value_push(copy, m->key, m->pos, value_copy(m->value));
    }
    return copy;
}

struct value *value_copy(const struct value *v)
{
    struct value *copy = NULL;
    switch (v->type) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_REAL:
        copy = xmalloc(sizeof(*copy));
        *copy = *v;
        break;
    case VALUE_STRING:
        copy = value_strn(v->string.bytes, v->string.len);
        break;
    case VALUE_LIST:
        copy = copy_list(v);
        break;
    case VALUE_MAP:
        copy = copy_map(v);
        break;
    }
    copy->pos = v->pos;
    return copy;
}

void value_free(struct value *v)
{
    if (!v)
        return;
    if (v->type == VALUE_LIST) {
        for (size_t i = 0; i < v->list.n; i++)
            value_free(v->list.items[i]);
        free(v->list.items);
    } else if (v->type == VALUE_MAP) {
        for (size_t i = 0; i < v->map.n; i++) {
            free(v->map.members[i].key);
            value_free(v->map.members[i].value);
        }
        free(v->map.members);
    }
    free(v);
}

void value_set_pos(struct value *v, struct pos pos)
{
    v->pos = pos;
    for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
        value_set_pos(v->list.items[i], pos);
    for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++) {
        v->map.members[i].pos = pos;
        value_set_pos(v->map.members[i].value, pos);
    }
}

static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 4;
    return xreallocarray(items, *cap, size);
}

void value_add(struct value *list, struct value *item)
{
    assert(list->type == VALUE_LIST);
    list->list.items = grow(list->list.items, list->list.n, &list->list.cap,
                            sizeof(*list->list.items));
    list->list.items[list->list.n++] = item;
}

static struct value_member *find(const struct value *map, const char *key)
{
    if (!map || map->type != VALUE_MAP)
        return NULL;
    for (size_t i = 0; i < map->map.n; i++) {
        if (strcmp(map->map.members[i].key, key) == 0)
            return &map->map.members[i];
    }
    return NULL;
}

void value_push(struct value *map, const char *key, struct pos pos,
                struct value *item)
{
    assert(map->type == VALUE_MAP);
    map->map.members = grow(map->map.members, map->map.n, &map->map.cap,
                            sizeof(*map->map.members));
    map->map.members[map->map.n++] = (struct value_member){
        .key = xstrdup(key),
        .pos = pos,
        .value = item,
    };
}

struct value *value_set(struct value *map, const char *key, struct value *item)
{
    struct value_member *m = find(map, key);
    if (!m) {
        value_push(map, key, (struct pos){0, 0}, item);
    } else if (m->value != item) {
        value_free(m->value);
        m->value = item;
    }
    return item;
}

void value_put(struct value *map, const struct value_member *from)
{
    struct value_member *m = find(map, from->key);
    if (!m) {
        value_push(map, from->key, from->pos, value_copy(from->value));
        return;
    }
    value_free(m->value);
    m->value = value_copy(from->value);
    m->pos = from->pos;
}

void value_set_text(struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(map, key, value_str(text));
}

bool value_remove(struct value *map, const char *key)
{
    struct value_member *m = find(map, key);
    if (!m)
        return false;
    free(m->key);
    value_free(m->value);
    struct value_member *end = map->map.members + map->map.n--;
    memmove(m, m + 1, (size_t)(end - (m + 1)) * sizeof(*m));
    return true;
}

struct value *value_set_path(struct value *map, const char *path,
                             struct value *item)
{
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        char *key = xstrndup(path, (size_t)(dot - path));
        struct value_member *m = find(map, key);
        bool there = m && m->value->type == VALUE_MAP;
        map = there ? m->value : value_set(map, key, value_map());
        free(key);
        path = dot + 1;
    }
    return value_set(map, path, item);
}

const struct value *value_get_path(const struct value *map, const char *path)
{
    const char *dot;
    while (map && (dot = strchr(path, '.'))) {
        char *key = xstrndup(path, (size_t)(dot - path));
        map = value_get(map, key);
        free(key);
        path = dot + 1;
    }
    return value_get(map, path);
}

const struct value *value_get(const struct value *map, const char *key)
{
    const struct value_member *m = find(map, key);
    return m ? m->value : NULL;
}

struct value *value_get_map(const struct value *map, const char *key)
{
    struct value *v = (struct value *)value_get(map, key);
    return v && v->type == VALUE_MAP ? v : NULL;
}

const struct value *value_at(const struct value *list, size_t i)
{
    bool there = list && list->type == VALUE_LIST && i < list->list.n;
    return there ? list->list.items[i] : NULL;
}

size_t value_count(const struct value *v)
{
    if (!v)
        return 0;
    return v->type == VALUE_LIST  ? v->list.n
           : v->type == VALUE_MAP ? v->map.n
                                  : 0;
}

static int by_key(const void *a, const void *b)
{
    const struct value_member *const *ma = a, *const *mb = b;
    int order = strcmp((*ma)->key, (*mb)->key);
    // Of one array: their addresses are the order of insertion.
    return order ? order : (*ma > *mb) - (*ma < *mb);
}

const struct value_member **value_sorted(const struct value *map)
{
    size_t n = map->type == VALUE_MAP ? map->map.n : 0;
    const struct value_member **sorted =
        xreallocarray(NULL, n, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = &map->map.members[i];
    if (n > 1)
        qsort(sorted, n, sizeof(*sorted), by_key);
    return sorted;
}

const char *value_text(const struct value *v)
{
    if (!v || v->type != VALUE_STRING)
        return NULL;
    return memchr(v->string.bytes, 0, v->string.len) ? NULL : v->string.bytes;
}

bool value_number(const struct value *v, double *out)
{
    if (v && v->type == VALUE_INT)
        *out = (double)v->integer;
    else if (v && v->type == VALUE_REAL)
        *out = v->real;
    else
        return false;
    return true;
}

// Whether `r` is an integer that fits; 2^63 itself does not.
static bool integral(double r, int64_t *out)
{
    if (!(r >= -0x1p63 && r < 0x1p63) || r != floor(r))
        return false;
    *out = (int64_t)r;
    return true;
}

int64_t value_integer(const struct value *v, int64_t fallback)
{
    int64_t i = fallback;
    if (v && v->type == VALUE_INT)
        return v->integer;
    if (v && v->type == VALUE_REAL)
        integral(v->real, &i);
    return i;
}

bool value_truth(const struct value *v, bool fallback)
{
    return v && v->type == VALUE_BOOL ? v->boolean : fallback;
}

const char *value_get_text(const struct value *map, const char *key)
{
    return value_text(value_get(map, key));
}

static bool lists_equal(const struct value *a, const struct value *b)
{
    if (a->list.n != b->list.n)
        return false;
    for (size_t i = 0; i < a->list.n; i++) {
        if (!value_equal(a->list.items[i], b->list.items[i]))
            return false;
    }
    return true;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
    if (a->map.n != b->map.n)
        return false;
    const struct value_member **ma = value_sorted(a), **mb = value_sorted(b);
    bool equal = true;
    for (size_t i = 0; equal && i < a->map.n; i++)
        equal = strcmp(ma[i]->key, mb[i]->key) == 0 &&
                value_equal(ma[i]->value, mb[i]->value);
    free(ma);
    free(mb);
    return equal;
}

static bool mixed_equal(const struct value *integer, const struct value *real)
{
    int64_t i;
    return integer->type == VALUE_INT && real->type == VALUE_REAL &&
           integral(real->real, &i) && i == integer->integer;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return mixed_equal(a, b) || mixed_equal(b, a);
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_REAL:
        return a->real == b->real;
    case VALUE_STRING:
        return a->string.len == b->string.len &&
               memcmp(a->string.bytes, b->string.bytes, a->string.len) == 0;
    case VALUE_LIST:
        return lists_equal(a, b);
    case VALUE_MAP:
        return maps_equal(a, b);
    }
    return false;
}

const char *value_type_name(enum value_type type)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",       [VALUE_BOOL] = "true or false",
        [VALUE_INT] = "an integer",  [VALUE_REAL] = "a number",
        [VALUE_STRING] = "a string", [VALUE_LIST] = "a list",
        [VALUE_MAP] = "a map",
    };
    return names[type];
}
