#include "recipe/retry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/key_sets.h"
#include "recipe/keys.h"

#define COUNT_MAX 10

static const struct key retry_keys[] = {
    {"count", KEY_ANY},
    {"kinds", KEY_ANY},
};
const struct key_set keys_of_retry = {
    .where = " in retry",
    .keys = retry_keys,
    .n = sizeof(retry_keys) / sizeof(retry_keys[0]),
};

// What becomes of a task that was bought and brings no clip.
static const char *const kinds[RETRY_KINDS] = {"failed", "moderation",
                                               "no_output", "forgotten"};

const char *const *retry_kinds(void)
{
    return kinds;
}

static bool names(const char *const *list, size_t n, const char *kind)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], kind) == 0)
            return true;
    return false;
}

static void read_count(struct recipe_retry *retry, const struct value *map,
                       struct problems *problems)
{
    const struct value *v = key_get(map, "count");
    if (!v) {
        problem_add(problems, map->pos,
                    "'count' in retry is missing: how often at most, from 1 "
                    "to %d",
                    COUNT_MAX);
        return;
    }
    int64_t count = value_integer(v, 0);
    if (v->type == VALUE_INT && count >= 1 && count <= COUNT_MAX) {
        retry->count = (int)count;
        return;
    }
    char *found = key_shown(v);
    problem_add(problems, v->pos,
                "'count' in retry takes a whole number from 1 to %d, found %s",
                COUNT_MAX, found);
    free(found);
}

static void read_kind(struct recipe_retry *retry, const struct value *v,
                      struct problems *problems)
{
    const char *kind = value_text(v);
    for (size_t i = 0; kind && i < RETRY_KINDS; i++) {
        if (strcmp(kind, kinds[i]) != 0)
            continue;
        if (!names(retry->kinds, retry->n_kinds, kind))
            retry->kinds[retry->n_kinds++] = kinds[i];
        return;
    }
    char *found = key_shown(v);
    char *hint = key_hint(kind ? kind : "", kinds, RETRY_KINDS);
    problem_add(problems, v->pos,
                "%s in retry's kinds is no kind of failure of a bought task%s",
                found, hint);
    free(hint);
    free(found);
}

static void read_kinds(struct recipe_retry *retry, const struct value *map,
                       struct problems *problems)
{
    const struct value *list = key_get(map, "kinds");
    if (!list)
        return;
    if (list->type != VALUE_LIST || value_count(list) == 0) {
        char *found = key_shown(list);
        problem_add(problems, list->pos,
                    "'kinds' in retry takes a list such as [moderation, "
                    "failed], found %s",
                    found);
        free(found);
        return;
    }
    for (size_t i = 0; i < value_count(list); i++)
        read_kind(retry, value_at(list, i), problems);
}

void retry_read(struct recipe *recipe, const struct value *tree,
                struct problems *problems)
{
    const struct value *map = key_get(tree, "retry");
    if (!map || map->type != VALUE_MAP ||
        !keys_check(map, &keys_of_retry, problems))
        return;
    read_count(&recipe->retry, map, problems);
    read_kinds(&recipe->retry, map, problems);
}

bool retry_has(const struct recipe_retry *retry, const char *kind)
{
    if (strcmp(kind, "cancelled") == 0)
        return false;
    if (retry->n_kinds == 0)
        return true;
    bool known = names(kinds, RETRY_KINDS, kind);
    return names(retry->kinds, retry->n_kinds, known ? kind : "failed");
}
