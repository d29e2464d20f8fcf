#include "cli/named.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "ledger/list.h"
#include "report/events.h"
#include "report/showing.h"

#define PREFIX_MIN 6 // fewer characters name nothing
#define NEAR_PREFIX 4
#define MATCHES_MAX 10
#define WORD_MAX_SHOWN 200
#define TEXT_BYTES_MAX (1u << 20)

static void on_match(void *arg, const struct value *row)
{
    struct named *named = arg;
    value_add(named->matches, value_copy(row));
}

static bool match(struct named *named, const char *word, bool prefix,
                  struct err *err)
{
    return ledger_match(named->ledger, word, prefix, MATCHES_MAX + 1, on_match,
                        named, err);
}

static bool any(const struct named *named)
{
    return value_count(named->matches) > 0;
}

// --- the purchase that a word names

static bool match_file(struct named *named, struct err *err)
{
    char *path = path_absolute(named->word);
    size_t len = strlen(named->state->root);
    bool ok = true;
    if (strncmp(path, named->state->root, len) == 0 && path[len] == '/')
        ok = ledger_match_output(named->ledger, path + len + 1, on_match, named,
                                 err);
    char sha256[HASH_HEX];
    if (ok && !any(named) && path_exists(path) && !path_is_dir(path))
        ok = hash_file(path, sha256, NULL, err) &&
             match(named, sha256, false, err);
    free(path);
    return ok;
}

bool named_look(struct named *named, struct err *err)
{
    if (!match(named, named->word, false, err))
        return false;
    if (!any(named) && !match_file(named, err))
        return false;
    return any(named) || strlen(named->word) < PREFIX_MIN ||
           path_exists(named->word) || match(named, named->word, true, err);
}

// --- no purchase, or several

static void say_matches(const struct named *named)
{
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    size_t n = value_count(named->matches);
    for (size_t i = 0; i < n && i < MATCHES_MAX; i++) {
        const struct value *row = value_at(named->matches, i);
        if (named->options->json) {
            struct value *v = event_row("match", row);
            value_remove(v, "purchase"); // means nothing outside
            event_say(v);
        } else {
            showing_match(row, &out);
        }
    }
    if (n > MATCHES_MAX && !named->options->json)
        buf_str(&out, "  … and more\n");
    fputs(out.data, stderr);
    buf_free(&out);
}

int named_fail(const struct named *named, const struct err *err)
{
    return load_say_err(err, named->options->json);
}

int named_mistake(struct named *named, const char *format)
{
    struct err err;
    char *word =
        text_printable(named->word, strlen(named->word), WORD_MAX_SHOWN);
    err_set(&err, ERR_USAGE, "%s %s", word, format);
    free(word);
    int code = named_fail(named, &err);
    say_matches(named);
    return code;
}

static int say_none(struct named *named)
{
    struct err err;
    if (path_exists(named->word))
        return named_mistake(named,
                             "is no clip that was bought here; nothing in "
                             "the ledger has its content");
    size_t len = strlen(named->word);
    if (len > NEAR_PREFIX) {
        char *start = xstrndup(named->word, text_cut(named->word, NEAR_PREFIX));
        if (*start) // it is cut where a character begins
            match(named, start, true, &err);
        free(start);
    }
    if (any(named))
        return named_mistake(named,
                             "is no task_id, fingerprint, sha256 or output "
                             "that the ledger knows; these begin alike:");
    return named_mistake(
        named, len < PREFIX_MIN
                   ? "names nothing: give a task_id, a fingerprint or a sha256 "
                     "(6 characters or more of it), or an output's path"
                   : "is no task_id, fingerprint, sha256 or output that the "
                     "ledger knows; see: tarmac status");
}

int named_find(struct named *named, const struct value **row)
{
    struct err err;
    *row = NULL;
    if (!any(named) && !named_look(named, &err))
        return named_fail(named, &err);
    if (!any(named))
        return say_none(named);
    if (value_count(named->matches) > 1)
        return named_mistake(named, "is not one purchase but several; name "
                                    "one by its fingerprint:");
    *row = value_at(named->matches, 0);
    return EXIT_ALL_DELIVERED;
}
