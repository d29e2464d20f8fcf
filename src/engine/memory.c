// What the script of a cell asked for in an earlier run. Given the same, it is
// to ask for the same; what differs by chance would be paid for, and nobody
// would know which of the two a name stands for.

#include "engine/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/fingerprint.h"

#define SHOWN_MAX 60  // bytes of a value in a message
#define WORDS_MAX 200 // bytes of words that one more may follow

// --- what differs, for people
static char *shown(const struct value *v)
{
    char *text = v ? json_text(v) : xstrdup("nothing");
    char *cut = text_printable(text, strlen(text), SHOWN_MAX);
    free(text);
    return cut;
}

static char *field_differs(const char *name, const struct value *now,
                           const struct value *then)
{
    char *is = shown(now), *was = shown(then);
    char *text = xasprintf("%s is %s and was %s", name, is, was);
    free(is);
    free(was);
    return text;
}

static char *difference(const struct value *now, const struct value *then)
{
    for (size_t i = 0; i < value_count(now); i++) {
        const struct value_member *m = &now->map.members[i];
        const struct value *old = value_get(then, m->key);
        if (!old || !value_equal(m->value, old))
            return field_differs(m->key, m->value, old);
    }
    bool map = then && then->type == VALUE_MAP;
    for (size_t i = 0; map && i < value_count(then); i++) {
        const struct value_member *m = &then->map.members[i];
        if (!value_get(now, m->key))
            return field_differs(m->key, NULL, m->value);
    }
    return xstrdup("its take is another");
}

// Against what the ledger has of the earlier one; it may never have got there.
static char *what_differs(struct engine *engine, const struct value *named,
                          const char *fingerprint)
{
    struct purchase_row row;
    bool found = false;
    if (!ledger_find(engine->config.ledger, fingerprint, &row, &found, NULL) ||
        !found)
        return xstrdup("it was another request");
    struct value *then =
        json_read(row.request, strlen(row.request), JSON_LENIENT, NULL);
    char *text = difference(named, then);
    value_free(then);
    purchase_row_free(&row);
    return text;
}

static bool diverged(struct engine *engine, const struct order *order,
                     const struct checked *checked, const char *fingerprint,
                     struct err *err)
{
    char *what = what_differs(engine, checked->named, fingerprint);
    order->memory->diverged = true;
    err_set(err, ERR_RECIPE,
            "the script asks for something else than in an earlier run, though "
            "recipe, script and params are the same (call %s: %s); it was not "
            "bought; what it asks for may depend on params, cell and clips "
            "only: mend the script, or change the recipe if this is meant",
            order->path, what);
    free(what);
    return false;
}

// --- calls
static struct ledger_call call_of(const struct order *order)
{
    return (struct ledger_call){.context = order->memory->context,
                                .cell = order->memory->cell,
                                .path = order->path};
}

static struct call_row row_of(const struct order *order,
                              const struct checked *checked)
{
    struct call_row row = {0};
    fingerprint_make(order->gateway->identity, order->route, order->request,
                     order->take, row.asked);
    if (order->inputs)
        snprintf(row.inputs, sizeof(row.inputs), "%s", order->inputs);
    memcpy(row.fingerprint, checked->fingerprint, HASH_HEX);
    return row;
}

bool memory_check(struct engine *engine, const struct order *order,
                  const struct checked *checked, bool *news, struct err *err)
{
    struct call_memory *memory = order->memory;
    *news = false;
    if (!memory || !engine->config.ledger)
        return true;
    struct ledger_call call = call_of(order);
    struct call_row was, is = row_of(order, checked);
    bool found;
    if (!ledger_find_call(engine->config.ledger, &call, &was, &found, err))
        return false;
    *news = !found || memcmp(&was, &is, sizeof(is)) != 0;
    if (!*news)
        return true;
    bool same = found && strcmp(was.fingerprint, is.fingerprint) == 0;
    if (found && strcmp(was.inputs, is.inputs) != 0)
        memory->changed = true; // a module
    else if (found && !same && strcmp(was.asked, is.asked) == 0)
        memory->changed = true; // what a file holds
    return !found || same || memory->changed ||
           diverged(engine, order, checked, was.fingerprint, err);
}

static void on_noted(void *arg, const struct err *err)
{
    struct engine *engine = arg;
    engine->pending--;
    if (err)
        log_warn("what a script asks for could not be noted: %s", err->text);
}

void memory_note(struct engine *engine, const struct order *order,
                 const struct checked *checked)
{
    if (engine->config.dry)
        return;
    struct ledger_call call = call_of(order);
    struct call_row row = row_of(order, checked);
    engine->pending++;
    ledger_set_call(engine->config.ledger, &call, &row, on_noted, engine);
}

// --- outcomes
// The words that a cell was told of one purchase, in this run.
struct told {
    struct told *next, **link; // of the engine
    struct told *of_cell;      // the next one
    char *key;
    char *words; // "timeout delivered"
};

static void told_free(struct told *told)
{
    *told->link = told->next;
    if (told->next)
        told->next->link = told->link;
    free(told->key);
    free(told->words);
    free(told);
}

void memory_free(struct engine *engine)
{
    while (engine->told)
        told_free(engine->told);
    index_free(&engine->by_told);
}

void engine_forget(struct engine *engine, struct call_memory *memory)
{
    while (memory->told) {
        struct told *told = memory->told;
        memory->told = told->of_cell;
        index_remove(&engine->by_told, told->key);
        told_free(told);
    }
}

static struct told *told_of(struct engine *engine, struct call_memory *memory,
                            const struct purchase *p)
{
    char *key = xasprintf("%s\n%s", p->fingerprint, memory->cell);
    struct told *told = index_get(&engine->by_told, key);
    if (!told) {
        told = xcalloc(1, sizeof(*told));
        told->key = xstrdup(key);
        told->words = xstrdup("");
        told->of_cell = memory->told;
        memory->told = told;
        told->link = &engine->told;
        told->next = engine->told;
        if (told->next)
            told->next->link = &told->next;
        engine->told = told;
        index_set(&engine->by_told, key, told);
    }
    free(key);
    return told;
}

// Saying the same once more is no news: how often a script asks depends on the
// clock. Nor is what no longer fits. False: the words are as before.
static bool add_word(struct told *told, const char *word)
{
    const char *last = strrchr(told->words, ' ');
    last = last ? last + 1 : told->words;
    if (strcmp(last, word) == 0 || strlen(told->words) >= WORDS_MAX)
        return false;
    char *more =
        xasprintf("%s%s%s", told->words, *told->words ? " " : "", word);
    free(told->words);
    told->words = more;
    return true;
}

static bool begins_with(const char *words, const char *first)
{
    size_t len = strlen(first);
    return strncmp(words, first, len) == 0 &&
           (words[len] == 0 || words[len] == ' ');
}

void engine_told(struct engine *engine, struct call_memory *memory,
                 const struct purchase *purchase, const char *outcome)
{
    struct ledger *ledger = engine->config.ledger;
    char *was = NULL;
    struct err err;
    if (!memory || !ledger)
        return;
    struct told *told = told_of(engine, memory, purchase);
    if (!add_word(told, outcome))
        return;
    if (!ledger_find_outcome(ledger, memory->context, memory->cell,
                             purchase->fingerprint, &was, &err)) {
        log_warn("%s", err.text);
        return;
    }
    bool as_then = was && begins_with(was, told->words);
    bool longer = was && begins_with(told->words, was); // it was cut short
    memory->changed = memory->changed || (was && !as_then && !longer);
    free(was);
    if (as_then || engine->config.dry)
        return;
    engine->pending++;
    ledger_set_outcome(ledger, memory->context, memory->cell,
                       purchase->fingerprint, told->words, on_noted, engine);
}
