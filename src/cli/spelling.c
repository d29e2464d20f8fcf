#include "cli/spelling.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

// "--gateway NAME    buy there", "-v, --verbose     every step".
void spelling_of(struct spelling *spelling, const struct option_line *line)
{
    *spelling = (struct spelling){0};
    const char *at = line->line;
    while (*at == '-') {
        bool is_name = text_starts(at, "--");
        size_t len = strcspn(at, " ,=");
        char *word = xstrndup(at + 1 + is_name, len - 1 - is_name);
        if (is_name)
            spelling->name = word;
        else
            spelling->letter = word;
        at += len;
        if (text_starts(at, ", "))
            at += 2;
    }
    if (at[0] == ' ' && at[1] != ' ') {
        size_t len = strcspn(++at, " ");
        spelling->value = xstrndup(at, len);
        at += len;
    }
    at += strspn(at, " ");
    spelling->help = xstrndup(at, strcspn(at, "\n"));
}

void spelling_free(struct spelling *spelling)
{
    free(spelling->letter);
    free(spelling->name);
    free(spelling->value);
    free(spelling->help);
    *spelling = (struct spelling){0};
}

bool command_takes(const struct command *command,
                   const struct option_line *line)
{
    // The built-in service reads options of its own.
    return command->run && !(line->bit & ~command->options);
}

enum words command_words(const struct command *command)
{
    const char *arguments = command->arguments;
    if (strstr(arguments, "FILE"))
        return WORDS_FILE;
    if (strstr(arguments, "RECIPE"))
        return WORDS_RECIPE;
    size_t plain = strspn(arguments, "[]|abcdefghijklmnopqrstuvwxyz");
    if (plain > 0 && arguments[plain] == '\0')
        return WORDS_CHOICE;
    return strchr("[\"", arguments[0]) ? WORDS_NONE : WORDS_FILE;
}

bool command_has_fields(const struct command *command)
{
    return strstr(command->arguments, "=VALUE") &&
           !strstr(command->arguments, "RECIPE\xe2\x80\xa6");
}

char *command_choices(const struct command *command)
{
    const char *from = command->arguments + strspn(command->arguments, "[");
    char *words = xstrndup(from, strcspn(from, "]"));
    for (char *c = words; *c; c++)
        *c = *c == '|' ? ' ' : *c;
    return words;
}
