// What accounted() of a module returned, field by field.

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/dialect.h"

#define BALANCE_MAX 9e12 // credits, so that thousandths fit
#define COUNT_MAX 1000000000
#define MODELS_MAX 1000
#define NAME_MAX_BYTES 128

static const struct value *member(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    return v && v->type != VALUE_NULL ? v : NULL;
}

// A table, of either sort, without other names than these.
static bool has_only(const struct value *v, const char *one, const char *two)
{
    bool ok = v && (v->type == VALUE_MAP ||
                    (v->type == VALUE_LIST && value_count(v) == 0));
    for (size_t i = 0; ok && i < value_count(v); i++) {
        const char *key = v->map.members[i].key;
        ok = strcmp(key, one) == 0 || strcmp(key, two) == 0;
    }
    return ok;
}

// -1: not said.
static bool take_count(const struct value *map, const char *key, int64_t *n)
{
    const struct value *v = member(map, key);
    *n = value_integer(v, -1);
    return !v || (*n >= 0 && *n <= COUNT_MAX);
}

static bool is_name(const char *s)
{
    size_t len = strlen(s);
    bool plain = len > 0 && len <= NAME_MAX_BYTES;
    for (size_t i = 0; i < len; i++)
        plain &= s[i] > ' ' && s[i] <= '~';
    return plain;
}

static bool take_model(const struct value_member *from,
                       struct dialect_model *model, struct err *err)
{
    const struct value *v = from->value;
    struct dialect_model read;
    if (!is_name(from->key))
        return err_set(err, ERR_RECIPE, "models: a name that is none");
    if (!has_only(v, "in_flight", "left_today") ||
        !take_count(v, "in_flight", &read.in_flight) ||
        !take_count(v, "left_today", &read.left_today))
        return err_set(err, ERR_RECIPE,
                       "models: '%s': a table of in_flight and left_today, "
                       "whole numbers, is needed",
                       from->key);
    read.name = xstrdup(from->key);
    *model = read;
    return true;
}

static bool take_models(const struct value *models,
                        struct dialect_account *account, struct err *err)
{
    size_t n = value_count(models);
    bool none = !models || (n == 0 && models->type == VALUE_LIST);
    if ((!none && models->type != VALUE_MAP) || n > MODELS_MAX)
        return err_set(err, ERR_RECIPE,
                       "models: a table from at most %d names is needed",
                       MODELS_MAX);
    account->models = xcalloc(n ? n : 1, sizeof(*account->models));
    for (; account->n < n; account->n++)
        if (!take_model(&models->map.members[account->n],
                        &account->models[account->n], err))
            return false;
    return true;
}

static bool take_balance(const struct value *v, int64_t *balance,
                         struct err *err)
{
    double credits;
    if (!v)
        return true;
    if (!value_number(v, &credits) || !(credits >= 0) || credits > BALANCE_MAX)
        return err_set(err, ERR_RECIPE,
                       "balance: a number of credits is needed");
    *balance = (int64_t)floor(credits * 1000);
    return true;
}

bool dialect_check_account(const struct value *v,
                           struct dialect_account *account, struct err *err)
{
    *account = (struct dialect_account){.balance = -1};
    if (!v || v->type == VALUE_NULL)
        return true;
    if (!has_only(v, "balance", "models"))
        return err_set(err, ERR_RECIPE,
                       "a table of balance and models is needed");
    if (!take_balance(member(v, "balance"), &account->balance, err) ||
        !take_models(member(v, "models"), account, err)) {
        dialect_account_free(account);
        return false;
    }
    account->read = true;
    return true;
}
