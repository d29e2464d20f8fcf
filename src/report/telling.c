#include "report/telling.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "report/embed.h"
#include "report/manifest.h"

#define LEFT_OUT "(left out)"
#define TEXT_MAX ((size_t)1 << 20)
#define SPACES " \t\r\n\"'<>" // what ends an address, as embed_may_say() has it
#define NAME_CHARS                                                             \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-"

// --- messages

static bool is_place(const char *chunk)
{
    return (chunk[0] == '/' && chunk[1]) || text_starts(chunk, "~/") ||
           text_starts(chunk, "file:") || text_starts(chunk, "data:");
}

// A place may stand behind a bracket, or behind a name.
static bool may_say(const char *chunk)
{
    const char *inner = chunk + strspn(chunk, "([{");
    const char *equals = strchr(inner, '=');
    return embed_may_say(inner) && !is_place(inner) &&
           !(equals && is_place(equals + 1));
}

static void say_chunk(const char *at, size_t len, struct buf *out)
{
    size_t told = len;
    while (told > 0 && strchr(":.,;)]}", at[told - 1]))
        told--;
    char *chunk = xstrndup(at, told);
    if (may_say(chunk))
        buf_add(out, at, told);
    else
        buf_str(out, LEFT_OUT);
    buf_add(out, at + told, len - told);
    free(chunk);
}

char *telling_text(const char *text)
{
    struct buf out;
    if (!text)
        return NULL;
    buf_init(&out, TEXT_MAX);
    while (*text) {
        size_t len = strcspn(text, SPACES);
        say_chunk(text, len, &out);
        text += len;
        len = strspn(text, SPACES);
        buf_add(&out, text, len);
        text += len;
    }
    return buf_take(&out);
}

// --- command lines

// "--only=", "-p": what stands before the value in the same word.
static size_t option_len(const char *word)
{
    if (text_starts(word, "--")) {
        const char *equals = strchr(word, '=');
        return equals ? (size_t)(equals - word) + 1 : strlen(word);
    }
    return word[0] == '-' && word[1] ? 2 : 0;
}

// NAME=VALUE, and not "take==2".
static bool is_setting(const char *word)
{
    size_t len = strspn(word, NAME_CHARS);
    return len > 0 && word[len] == '=' && word[len + 1] != '=';
}

static struct value *word_told(const char *word, const struct value *secrets)
{
    struct value *v = value_str(word);
    struct value *told;
    if (is_setting(word)) {
        struct value *list = value_list();
        value_add(list, v);
        struct value *words = manifest_words(list, secrets);
        told = value_copy(value_at(words, 0));
        value_free(words);
        value_free(list);
    } else {
        told = manifest_told(v, NULL);
        value_free(v);
    }
    return told;
}

struct value *telling_words(const struct value *words,
                            const struct value *secrets, bool *whole)
{
    struct value *list = value_list();
    *whole = true;
    for (size_t i = 0; i < value_count(words); i++) {
        const char *word = value_text(value_at(words, i));
        if (!word)
            continue;
        size_t n = option_len(word);
        struct value *told = word_told(word + n, secrets);
        char *text = xasprintf("%.*s%s", (int)n, word, value_text(told));
        *whole = *whole && strcmp(text, word) == 0;
        value_add(list, value_str(text));
        free(text);
        value_free(told);
    }
    return list;
}
